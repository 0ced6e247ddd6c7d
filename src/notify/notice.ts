/** What is told: of what, the state it came to, and why. */
import type { Cause } from "../vrrp/event.ts";
import type { ServiceCause } from "./cause.ts";
import type { NotifyState, Subject } from "./subject.ts";

export interface News {
  readonly subject: Subject;
  readonly state: NotifyState;
  /** Absent when only the state is known: the process that saw the transition has died. Of routers alone. */
  readonly from?: NotifyState;
  readonly cause: Cause | ServiceCause;
  readonly detail: string;
  /** When it came to that state, or was first seen in it: milliseconds since 1970. */
  readonly at: number;
}

/** As it is delivered: with what is known at that moment. */
export interface Notice extends News {
  readonly cluster: string;
  readonly director: string;
  /** Of the director in the router. */
  readonly priority?: number;
  /** Of the server, with its port. */
  readonly address?: string;
}

/** A line of JSON with such a detail fits into one atomic write to a FIFO (PIPE_BUF, 4096 bytes). */
const DETAIL_LIMIT = 500;

/** A detail that stays one line, in an environment variable too. */
export function plainDetail(detail: string): string {
  return detail.replaceAll(/\p{Cc}/gu, " ").slice(0, DETAIL_LIMIT);
}
