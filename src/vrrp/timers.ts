/** A router's timers: a table of named deadlines. A change of state rewrites deadlines, never callbacks. */
import { earliest, type Instant } from "../net/time.ts";

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

export class Timers {
  readonly #deadlines = new Map<TimerName, Instant>();
  /** Asked for after every packet, of every router: known until a deadline changes. */
  #next: { readonly at: Instant | undefined } | undefined;

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

  next(): Instant | undefined {
    this.#next ??= { at: earliest(this.#deadlines.values()) };
    return this.#next.at;
  }
}
