/** Notices when this process was due and did not run: asleep with its machine, stopped, or kept from the processors. */
import { between, type Duration, type Instant, instant, millis } from "../net/time.ts";
import type { Standstill } from "../vrrp/stall.ts";
import type { ElectorInput } from "./input.ts";

/** What is shorter is nobody's concern: a quarter of the shortest interval. */
const SHORTEST_STANDSTILL: Duration = millis(2.5);

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
    // Whoever works does not stand still.
    if (last === undefined || kind === "performed" || between(last, now) < SHORTEST_STANDSTILL) return;
    const since = instant(Math.max(last, due() ?? now));
    if (between(since, now) >= SHORTEST_STANDSTILL) this.#stoodStill = { since, until: now };
  }
}
