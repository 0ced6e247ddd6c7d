/** Seeded randomness: the same seed gives the same numbers, on every machine and for ever. */
import { Bug } from "../net/bug.ts";
import { type Duration, micros } from "../net/time.ts";

const TWO_TO_32 = 2 ** 32;

/** A 32-bit generator of the "add a constant, then stir" kind: small, and good enough to shuffle faults. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
    // Neighbouring seeds must not begin with neighbouring numbers.
    for (let round = 0; round < 4; round++) this.fraction();
  }

  /** 0 ≤ fraction < 1. */
  fraction(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return ((word ^ (word >>> 15)) >>> 0) / TWO_TO_32;
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** A whole number, both ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  /** Whole microseconds, both ends included. */
  duration(from: Duration, to: Duration): Duration {
    return micros(this.whole(from, to));
  }

  pick<T>(list: readonly T[]): T {
    const one = list[this.whole(0, list.length - 1)];
    if (one === undefined) throw new Bug("nothing to pick from");
    return one;
  }

  /** A generator of its own, so that one part's appetite does not change another part's luck. */
  fork(): Random {
    return new Random(Math.floor(this.fraction() * TWO_TO_32));
  }
}
