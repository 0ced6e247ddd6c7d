/** When a master announces its addresses: a burst on claiming, then a slow refresh for neighbours that missed it. */
import { after, between, type Instant, millis, seconds } from "../net/time.ts";

const AFTER_CLAIM = [millis(100), millis(1_100), seconds(5)];
const REFRESH = seconds(60);
/** Announcements that others provoke come no faster than this. */
const SPACING = millis(100);
const REPEAT = seconds(1);

export class Announcements {
  #queue: Instant[] = [];
  #last: Instant | undefined;

  /** A claim: announce now, then as planned. */
  begin(now: Instant): void {
    this.#last = now;
    this.#queue = AFTER_CLAIM.map((delay) => after(now, delay));
  }

  end(): void {
    this.#queue = [];
    this.#last = undefined;
  }

  /**
   * One more, soon: `true` when it may go out now, and then another is planned, for a single frame may be lost and the
   * refresh is far away; else it is planned for the end of the spacing.
   */
  again(now: Instant): boolean {
    const spaced = this.#last === undefined || between(this.#last, now) >= SPACING;
    // What fell due while we listened goes out with this one.
    if (spaced) this.#queue = this.#queue.filter((at) => at > now);
    this.#plan(spaced || this.#last === undefined ? after(now, REPEAT) : after(this.#last, SPACING));
    if (spaced) this.#last = now;
    return spaced;
  }

  /** `true` when one is due; it counts as sent, with all others due by now. */
  due(now: Instant): boolean {
    const [first] = this.#queue;
    if (first === undefined || first > now) return false;
    this.#queue = this.#queue.filter((at) => at > now);
    if (this.#queue.length === 0) this.#queue.push(after(now, REFRESH));
    this.#last = now;
    return true;
  }

  get next(): Instant | undefined {
    return this.#queue[0];
  }

  /** Unless as many or more are planned before it. */
  #plan(at: Instant): void {
    if (this.#queue.some((planned) => planned <= at)) return;
    this.#queue.unshift(at);
  }
}
