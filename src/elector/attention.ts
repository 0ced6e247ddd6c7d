/** Notices when this process was due and did not run: asleep with its machine, stopped, or kept from the processors. */
import { between, type Duration, type Instant, instant, millis } from "../net/time.ts";
import type { Standstill } from "../vrrp/stall.ts";
import type { ElectorInput } from "./input.ts";

/** What is shorter is nobody's concern: a quarter of the shortest interval. */
const SHORTEST_STANDSTILL: Duration = millis(2.5);

/** A slice of many claims takes a few milliseconds of work. What takes longer had a standstill in it. */
const LONGEST_WORK: Duration = millis(20);

const WORK: ReadonlySet<ElectorInput["kind"]> = new Set(["performed", "worked"]);

export class Attention {
  #awakeAt: Instant | undefined;
  #stoodStill: Standstill | undefined;

  /** The last one. */
  get stoodStill(): Standstill | undefined {
    return this.#stoodStill;
  }

  /** @param due when this turn was wanted; asked only where that matters: there are many turns */
  turn({ kind }: ElectorInput, due: () => Instant | undefined, now: Instant): void {
    const last = this.#awakeAt;
    this.#awakeAt = now;
    if (last === undefined || between(last, now) < SHORTEST_STANDSTILL) return;
    if (WORK.has(kind) && between(last, now) <= LONGEST_WORK) return;
    const since = this.#since(last, due() ?? now);
    if (between(since, now) >= SHORTEST_STANDSTILL) this.#stoodStill = { since, until: now };
  }

  /** Whoever falls asleep again before it has served what it slept through has slept all the time. */
  #since(last: Instant, due: Instant): Instant {
    const before = this.#stoodStill;
    const goesOn =
      before !== undefined && due <= before.until && between(before.until, last) < SHORTEST_STANDSTILL;
    return goesOn ? before.since : instant(Math.max(last, due));
  }
}
