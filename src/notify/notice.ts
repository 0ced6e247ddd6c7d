/** What is told: one router, the state it came to, and why. */
import type { Cause } from "../vrrp/event.ts";
import type { State } from "../vrrp/state.ts";

export interface News {
  readonly router: string;
  readonly state: State;
  /** Absent when only the state is known: the process that saw the transition has died. */
  readonly from?: State;
  readonly cause: Cause;
  readonly detail: string;
  /** When it came to that state, or was first seen in it: milliseconds since 1970. */
  readonly at: number;
}

/** As it is delivered: with what is known of the director at that moment. */
export interface Notice extends News {
  readonly cluster: string;
  readonly director: string;
  readonly priority?: number;
}

/** A line of JSON with such a detail fits into one atomic write to a FIFO (PIPE_BUF, 4096 bytes). */
const DETAIL_LIMIT = 500;

/** A detail that stays one line, in an environment variable too. */
export function plainDetail(detail: string): string {
  return detail.replaceAll(/\p{Cc}/gu, " ").slice(0, DETAIL_LIMIT);
}
