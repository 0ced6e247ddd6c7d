/**
 * The HTTP check: one request, one answer (RFC 9112), judged by status and body. No redirect is followed.
 *
 * Each check has a client and a connection of its own: a kept connection would pass while new ones are refused.
 */
import { Client, type Dispatcher } from "undici";
import type { CheckFailed, CheckResult } from "../checks/result.ts";
import type { HttpCheck } from "../checks/settings.ts";
import type { CheckTarget } from "../checks/target.ts";
import { familyOf } from "../net/ip.ts";
import { attempt, type Progress } from "./attempt.ts";
import { failed } from "./failure.ts";
import { openSocket, resetSocket } from "./socket.ts";

/** Bytes of status line and headers together. */
const HEADER_LIMIT = 16_384;
/** Of what a server says, in a verdict. */
const DETAIL_LENGTH = 60;

/** Never rejects. */
export function probeHttp(
  target: CheckTarget,
  settings: HttpCheck,
  signal?: AbortSignal,
): Promise<CheckResult> {
  return attempt(settings.timeout, signal, async (limit, progress) => {
    const connection = new Connection(target, limit, progress);
    try {
      const response = await connection.client.request({ ...requestOf(target, settings), signal: limit });
      return (
        statusFailure(response.statusCode, settings) ??
        (await bodyFailure(response.body, settings, progress)) ??
        weightIn(response.headers, settings)
      );
    } finally {
      await connection.close();
    }
  });
}

/** undici's client over a socket that we open and close ourselves. */
class Connection {
  readonly client: Client;
  #closeSocket = () => {};

  constructor(target: CheckTarget, limit: AbortSignal, progress: Progress) {
    this.client = new Client(originOf(target), {
      connect: (_options, callback) => {
        openSocket(target, limit).then(
          (socket) => {
            progress.phase = "waiting for the answer";
            this.#closeSocket = () => resetSocket(socket);
            callback(null, socket);
          },
          (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
        );
      },
      pipelining: 1,
      maxHeaderSize: HEADER_LIMIT,
      // The attempt's own deadline rules; these would only be less exact.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  async close(): Promise<void> {
    this.#closeSocket();
    await this.client.destroy();
  }
}

function originOf(target: CheckTarget): string {
  return `http://${authorityOf(target)}`;
}

function authorityOf({ address, port }: CheckTarget): string {
  return familyOf(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

function requestOf(target: CheckTarget, settings: HttpCheck): Dispatcher.RequestOptions {
  return {
    method: settings.method,
    path: settings.path,
    headers: { host: settings.host ?? authorityOf(target), ...settings.headers },
    reset: true, // Connection: close
  };
}

function statusFailure(status: number, settings: HttpCheck): CheckFailed | undefined {
  const wanted = settings.status.some(({ from, to }) => from <= status && status <= to);
  return wanted ? undefined : failed("bad-status", `status ${status}`);
}

const HIGHEST_WEIGHT = 65_535;

/** Who does not ask for a weight has that of the file. */
function weightIn(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  { weightHeader }: HttpCheck,
): CheckFailed | { readonly weight?: number } {
  const said = weightHeader === undefined ? undefined : headers[weightHeader.toLowerCase()];
  if (said === undefined) return {};
  const text = String(said).trim();
  const weight = /^\d{1,5}$/.test(text) ? Number(text) : undefined;
  if (weight !== undefined && weight <= HIGHEST_WEIGHT) return { weight };
  return failed("bad-weight", `${weightHeader}: ${text.slice(0, DETAIL_LENGTH)}`);
}

/** Reads the body to its end: an answer that breaks off is none. */
async function bodyFailure(
  body: AsyncIterable<unknown>,
  { contains, maxBody }: HttpCheck,
  progress: Progress,
): Promise<CheckFailed | undefined> {
  progress.phase = "reading the body";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.length;
    if (size > maxBody) return failed("body-too-large", `more than ${maxBody} bytes`);
    if (contains !== undefined) text += decoder.decode(chunk, { stream: true });
  }
  if (contains === undefined || (text + decoder.decode()).includes(contains)) return undefined;
  return failed("body-mismatch", `"${contains}" is not in the ${size} bytes of the body`);
}
