/** What a neighbour can cause with every packet is told a few times, and then once in a while. */
import { after, between, type Instant, micros, seconds } from "../net/time.ts";

/** At once, as when every director of a cluster has something to be told of. */
const BURST = 4;
const SPACING = seconds(10);

export class Sparing {
  /** When as much is allowed again as ever. */
  #rested: Instant | undefined;

  /** One more? Whoever is refused may ask again. */
  allows(now: Instant): boolean {
    const busyUntil = this.#rested === undefined || this.#rested < now ? now : this.#rested;
    if (between(now, busyUntil) > micros((BURST - 1) * SPACING)) return false;
    this.#rested = after(busyUntil, SPACING);
    return true;
  }
}
