/** A router's timers: a table of named deadlines. A change of state rewrites deadlines, never callbacks. */
import { type Instant, instant } from "../net/time.ts";

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

/** The silence of others is over, or it is time for our own advert, whatever they have said. */
export type Awaited = "silence" | "speech" | "anything";

/** They judge the silence of others: not before all that came in until then has been read. */
const SILENCES: ReadonlySet<TimerName> = new Set(["down", "listen", "leave"]);
const AWAITED: readonly Awaited[] = TIMERS.map((name) => {
  if (SILENCES.has(name)) return "silence";
  return name === "advert" ? "speech" : "anything";
});
/** And that of the kernel: not before what it has said until then has been read. */
const JUDGEMENTS: ReadonlySet<TimerName> = new Set([...SILENCES, "presence"]);

/** Numbers in one place, and not an object for each: thousands of deadlines a second are put off. */
const UNARMED = Number.POSITIVE_INFINITY;

export class Timers {
  /** In the order of `TIMERS`. */
  readonly #deadlines = new Float64Array(TIMERS.length).fill(UNARMED);
  /** Which is the earliest: asked for after every packet, of every router, so it is known until a deadline changes. */
  #first = 0;
  #isKnown = true;

  arm(name: TimerName, at: Instant | undefined): void {
    this.#isKnown = false;
    this.#deadlines[PLACES[name]] = at ?? UNARMED;
  }

  at(name: TimerName): Instant | undefined {
    return this.#at(PLACES[name]);
  }

  clear(): void {
    this.#isKnown = false;
    this.#deadlines.fill(UNARMED);
  }

  /** The first timer due by `now`, disarmed. @param heardUntil all that was received by then is known */
  expire(now: Instant, heardUntil: Instant): { readonly name: TimerName; readonly at: Instant } | undefined {
    const next = this.next();
    if (next === undefined || next > now) return undefined;
    for (const name of TIMERS) {
      const at = this.at(name);
      if (at !== undefined && at <= (JUDGEMENTS.has(name) ? heardUntil : now)) {
        this.arm(name, undefined);
        return { name, at };
      }
    }
    return undefined;
  }

  /** The earliest deadline. */
  next(): Instant | undefined {
    return this.#at(this.#earliest());
  }

  /** What that is for. */
  get awaits(): Awaited {
    return AWAITED[this.#earliest()] ?? "anything";
  }

  #at(place: number): Instant | undefined {
    const at = this.#deadlines[place] ?? UNARMED;
    return at === UNARMED ? undefined : instant(at);
  }

  /** Its place; any, when there is none. */
  #earliest(): number {
    if (this.#isKnown) return this.#first;
    let first = 0;
    let at = UNARMED;
    for (let place = 0; place < this.#deadlines.length; place++) {
      const one = this.#deadlines[place] ?? UNARMED;
      if (one >= at) continue;
      first = place;
      at = one;
    }
    this.#isKnown = true;
    this.#first = first;
    return first;
  }
}
