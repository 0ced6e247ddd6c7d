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
  "will",
] as const;
export type TimerName = (typeof TIMERS)[number];

const PLACES = {
  advert: 0,
  down: 1,
  listen: 2,
  release: 3,
  leave: 4,
  announce: 5,
  refresh: 6,
  presence: 7,
  retry: 8,
  will: 9,
} as const satisfies Readonly<Record<TimerName, number>>;

/** They judge the silence of others: not before all that came in until then has been read. */
const SILENCES: ReadonlySet<TimerName> = new Set(["down", "listen", "leave"]);
/** And that of the kernel: not before what it has said until then has been read. */
const JUDGEMENTS: ReadonlySet<TimerName> = new Set([...SILENCES, "presence"]);

export interface Deadline {
  readonly at: Instant;
  /** The silence of others is over, or it is time for our own advert, whatever they have said. */
  readonly awaits: "silence" | "speech" | "anything";
}

export class Timers {
  /** In the order of `TIMERS`. */
  #deadlines = unarmed();
  /** Asked for after every packet, of every router: known until a deadline changes. */
  #next: Deadline | undefined;
  #isKnown = false;

  arm(name: TimerName, at: Instant | undefined): void {
    this.#isKnown = false;
    this.#deadlines[PLACES[name]] = at;
  }

  at(name: TimerName): Instant | undefined {
    return this.#deadlines[PLACES[name]];
  }

  clear(): void {
    this.#isKnown = false;
    this.#deadlines = unarmed();
  }

  /** The first timer due by `now`, disarmed. @param heardUntil all that was received by then is known */
  expire(now: Instant, heardUntil: Instant): { readonly name: TimerName; readonly at: Instant } | undefined {
    const next = this.next();
    if (next === undefined || next.at > now) return undefined;
    for (const name of TIMERS) {
      const at = this.at(name);
      if (at !== undefined && at <= (JUDGEMENTS.has(name) ? heardUntil : now)) {
        this.arm(name, undefined);
        return { name, at };
      }
    }
    return undefined;
  }

  next(): Deadline | undefined {
    if (!this.#isKnown) this.#next = this.#earliest();
    this.#isKnown = true;
    return this.#next;
  }

  #earliest(): Deadline | undefined {
    let first: Instant | undefined;
    let name: TimerName = "advert";
    for (const one of TIMERS) {
      const at = this.at(one);
      if (at === undefined || (first !== undefined && at >= first)) continue;
      first = at;
      name = one;
    }
    if (first === undefined) return undefined;
    if (SILENCES.has(name)) return { at: first, awaits: "silence" };
    return { at: first, awaits: name === "advert" ? "speech" : "anything" };
  }
}

function unarmed(): (Instant | undefined)[] {
  return TIMERS.map(() => undefined);
}
