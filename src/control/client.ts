/** Asks the daemon over its control socket. */
import { request } from "node:http";
import type { z } from "zod";
import { errorShape } from "./shapes.ts";

/** An answer with 10,000 servers has about 4 MB. */
const ANSWER_BYTES = 64 * 1_048_576;

export interface Question<T> {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly shape: z.ZodType<T>;
  /** For the whole answer. */
  readonly deadlineMs: number;
}

type Reply<T> =
  | { readonly kind: "answer"; readonly body: T }
  /** Nobody listens, or no answer came in time. */
  | { readonly kind: "away"; readonly reason: string }
  /** There is a daemon, but this is no answer to the question. */
  | { readonly kind: "failed"; readonly reason: string };

export async function ask<T>(socketPath: string, question: Question<T>): Promise<Reply<T>> {
  try {
    return understand(await exchange(socketPath, question), question.shape);
  } catch (error) {
    return { kind: "away", reason: describe(socketPath, error, question.deadlineMs) };
  }
}

function exchange(socketPath: string, { method, path, deadlineMs }: Question<unknown>): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(deadlineMs);
    const outgoing = request({ socketPath, method, path, signal, agent: false }, (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on("data", (part: Buffer) => {
        size += part.length;
        if (size > ANSWER_BYTES) response.destroy(new Error(`an answer of more than ${ANSWER_BYTES} bytes`));
        parts.push(part);
      });
      response.once("error", reject);
      response.once("end", () => resolve(Buffer.concat(parts).toString()));
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
}

function understand<T>(text: string, shape: z.ZodType<T>): Reply<T> {
  const json = parseJson(text);
  const body = shape.safeParse(json);
  if (body.success) return { kind: "answer", body: body.data };
  const error = errorShape.safeParse(json);
  const reason = error.success
    ? error.data.error
    : "an answer of another shape: the daemon has another version than this command";
  return { kind: "failed", reason };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describe(socketPath: string, error: unknown, deadlineMs: number): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return `no daemon: there is no ${socketPath}`;
    case "ECONNREFUSED":
      return `no daemon listens on ${socketPath}`;
    case "EACCES":
      return `no access to ${socketPath}: try as root`;
    case "ABORT_ERR":
    case 23:
      return `no answer on ${socketPath} within ${deadlineMs / 1_000} s`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
