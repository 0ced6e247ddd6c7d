/** A director's own clock: it began somewhere else, runs a little fast or slow, and stands still while paused. */
import { type Instant, instant } from "../net/time.ts";
import type { VirtualClock } from "./clock.ts";

const MILLION = 1_000_000;

export class LocalClock {
  readonly #clock: VirtualClock;
  readonly #rate: number;
  #shift: number;
  #pausedAt: Instant | undefined;

  /** @param driftPpm how much faster it runs than the cluster's clock, in parts per million */
  constructor(clock: VirtualClock, driftPpm: number, shift: number) {
    this.#clock = clock;
    this.#rate = 1 + driftPpm / MILLION;
    this.#shift = shift;
  }

  now(): Instant {
    return instant(this.#passed(this.#pausedAt ?? this.#clock.now) + this.#shift);
  }

  /** When the cluster's clock shows what this one calls `local`; what has passed already is now. */
  globally(local: Instant): Instant {
    const when = Math.ceil((local - this.#shift) / this.#rate);
    return instant(Math.max(when, this.#clock.now));
  }

  pause(): void {
    this.#pausedAt = this.#clock.now;
  }

  resume(): void {
    if (this.#pausedAt === undefined) return;
    this.#shift -= this.#passed(this.#clock.now) - this.#passed(this.#pausedAt);
    this.#pausedAt = undefined;
  }

  #passed(global: Instant): number {
    return Math.floor(global * this.#rate);
  }
}
