/** From what net and undici throw to what a check result says. */
import type { CheckFailed, CheckNotRun, FailureReason, LocalProblem } from "../checks/result.ts";

/** errno names, and the codes of undici and its HTTP parser that mean something of their own. */
const FAILURE_CODES: ReadonlyMap<string, FailureReason> = new Map([
  ["ECONNREFUSED", "refused"],
  ["ENETUNREACH", "unreachable"],
  ["EHOSTUNREACH", "unreachable"],
  ["EHOSTDOWN", "unreachable"],
  ["ENETDOWN", "unreachable"],
  ["ETIMEDOUT", "timeout"],
  ["ECONNRESET", "reset"],
  ["ECONNABORTED", "reset"],
  ["EPIPE", "reset"],
  ["UND_ERR_SOCKET", "closed"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "closed"],
]);

const PROBLEM_CODES: ReadonlyMap<string, LocalProblem> = new Map([
  ["EMFILE", "no-descriptor"],
  ["ENFILE", "no-descriptor"],
  ["EADDRNOTAVAIL", "no-local-address"],
  ["EADDRINUSE", "no-local-address"],
  ["ENOMEM", "no-memory"],
  ["ENOBUFS", "no-memory"],
  ["EPERM", "not-permitted"],
  ["EACCES", "not-permitted"],
  ["UND_ERR_INVALID_ARG", "bad-request"],
  ["ERR_SOCKET_BAD_PORT", "bad-request"],
]);

export function failed(reason: FailureReason, detail: string): CheckFailed {
  return { kind: "failed", reason, detail };
}

/** What is unknown counts as nonsense from the server: a check never passes in doubt. */
export function resultOf(error: unknown): CheckFailed | CheckNotRun {
  const code = codeOf(error);
  const detail = describe(error, code);
  const problem = PROBLEM_CODES.get(code);
  if (problem !== undefined) return { kind: "not-run", problem, detail };
  return failed(FAILURE_CODES.get(code) ?? "protocol-error", detail);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

function describe(error: unknown, code: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return code === "" || message.includes(code) ? message : `${message} (${code})`;
}
