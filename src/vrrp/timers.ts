/** A router's timers: a table of named deadlines. A change of state rewrites deadlines, never callbacks. */
import type { Instant } from "../net/time.ts";

/** In the order in which timers that expired together are served. */
const TIMERS = [
  "advert",
  "down",
  "listen",
  "release",
  "leave",
  "announce",
  "refresh",
  "presence",
  "retry",
] as const;
export type TimerName = (typeof TIMERS)[number];

/** They judge the silence of others: not before all that came in until then has been read. */
const SILENCES: ReadonlySet<TimerName> = new Set(["down", "listen", "leave"]);

export interface Deadline {
  readonly at: Instant;
  /** It judges the silence of others. */
  readonly silence: boolean;
}

export class Timers {
  readonly #deadlines = new Map<TimerName, Instant>();
  /** Asked for after every packet, of every router: known until a deadline changes. */
  #next: { readonly deadline: Deadline | undefined } | undefined;

  arm(name: TimerName, at: Instant | undefined): void {
    this.#next = undefined;
    if (at === undefined) this.#deadlines.delete(name);
    else this.#deadlines.set(name, at);
  }

  at(name: TimerName): Instant | undefined {
    return this.#deadlines.get(name);
  }

  clear(): void {
    this.#next = undefined;
    this.#deadlines.clear();
  }

  /** The first timer due by `now`, disarmed. @param heardUntil all that was received by then is known */
  expire(now: Instant, heardUntil: Instant): { readonly name: TimerName; readonly at: Instant } | undefined {
    for (const name of TIMERS) {
      const at = this.#deadlines.get(name);
      if (at !== undefined && at <= (SILENCES.has(name) ? heardUntil : now)) {
        this.arm(name, undefined);
        return { name, at };
      }
    }
    return undefined;
  }

  next(): Deadline | undefined {
    this.#next ??= { deadline: this.#earliest() };
    return this.#next.deadline;
  }

  #earliest(): Deadline | undefined {
    let first: { name: TimerName; at: Instant } | undefined;
    for (const [name, at] of this.#deadlines) if (first === undefined || at < first.at) first = { name, at };
    return first === undefined ? undefined : { at: first.at, silence: SILENCES.has(first.name) };
  }
}
