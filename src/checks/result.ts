/** What one check found out. The names are stable: events, status and metrics carry them. */
import type { Duration } from "../net/time.ts";

/** The real server failed the check. */
export const FAILURES = {
  refused: "nothing listens on the port: RST, or ICMP port unreachable",
  unreachable: "no way to the server: no route, no answer to ARP or NDP, ICMP unreachable",
  timeout: "no verdict within the timeout of the check",
  reset: "the server broke the connection off with RST",
  closed: "the server closed the connection before its answer was complete",
  "bad-status": "the HTTP status is none of those wanted",
  "body-mismatch": "the body does not contain the wanted text",
  "body-too-large": "the body is longer than the check reads",
  "protocol-error": "the answer is not HTTP",
  "bad-weight": "the weight that the answer asks for is none",
  "exit-status": "the script ended with a failure",
  killed: "the script was ended by a signal",
} as const;

export type FailureReason = keyof typeof FAILURES;

/** The check never got as far as the server: it says nothing about it, and counts for nothing. */
export const PROBLEMS = {
  "no-descriptor": "this process or system has no file descriptor left (EMFILE, ENFILE)",
  "no-local-address": "no local address or port to speak from (EADDRNOTAVAIL, EADDRINUSE)",
  "no-memory": "the kernel has no memory for a socket (ENOMEM, ENOBUFS)",
  "not-permitted": "this host forbids the connection: a packet filter, or a missing right (EPERM, EACCES)",
  "bad-request": "the request cannot be sent as it is written",
  unsafe: "somebody else than root could change the script that root would run",
  "no-such-user": "the script's user or group does not exist",
  "not-started": "the script could not be started",
  cancelled: "the check was called off",
} as const;

export type LocalProblem = keyof typeof PROBLEMS;

export interface CheckPassed {
  readonly kind: "passed";
  /** From the first step to the verdict. */
  readonly latency: Duration;
  /**
   * What the server asks for, 0 … 65535, where the check can tell: it counts before the file's. `unchanged`: whatever it
   * asked for last.
   */
  readonly weight?: number | "unchanged";
}

export interface CheckFailed {
  readonly kind: "failed";
  readonly reason: FailureReason;
  /** The status, the errno, the phase: for people. */
  readonly detail: string;
}

export interface CheckNotRun {
  readonly kind: "not-run";
  readonly problem: LocalProblem;
  readonly detail: string;
}

export type CheckResult = CheckPassed | CheckFailed | CheckNotRun;
