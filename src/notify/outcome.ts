/** What became of one delivery. */

/** Why nothing arrived. */
export const NOTIFY_FAILURES = {
  unsafe: "somebody else than root could change what would be run or written",
  "no-such-user": "the user or the group does not exist",
  "not-started": "the program could not be started",
  "exit-status": "the script ended with a failure",
  killed: "the script was ended by a signal",
  timeout: "it took too long",
  "not-written": "the FIFO could not be opened or written",
  "not-sent": "no answer came to the request",
  "bad-status": "the answer was no success (2xx)",
} as const;

export type NotifyFailure = keyof typeof NOTIFY_FAILURES;

interface DeliveryFailed {
  readonly kind: "failed";
  readonly reason: NotifyFailure;
  readonly detail: string;
  /** What the script or the server said about it: the end of it. */
  readonly output: string;
  /** Of a script that ended by itself, with another one than 0. */
  readonly status?: number;
}

export type DeliveryOutcome =
  | { readonly kind: "delivered" }
  /** Nobody reads the FIFO now: no failure, the line waits. */
  | { readonly kind: "no-reader" }
  | DeliveryFailed;

export function undelivered(reason: NotifyFailure, detail: string, output = ""): DeliveryFailed {
  return { kind: "failed", reason, detail, output };
}
