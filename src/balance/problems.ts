/** Counts checks that failed because of ourselves, and says when that is worth an event: at once, then every minute. */
import type { LocalProblem } from "../checks/result.ts";
import { between, type Instant, minutes } from "../net/time.ts";

const TELL_EVERY = minutes(1);

export class Problems {
  readonly #entries = new Map<LocalProblem, { toldAt: Instant; untold: number }>();

  /** How many to tell of now, this one included; 0 when it is too soon. */
  count(problem: LocalProblem, now: Instant): number {
    const entry = this.#entries.get(problem);
    if (entry === undefined) {
      this.#entries.set(problem, { toldAt: now, untold: 0 });
      return 1;
    }
    entry.untold += 1;
    if (between(entry.toldAt, now) < TELL_EVERY) return 0;
    const count = entry.untold;
    this.#entries.set(problem, { toldAt: now, untold: 0 });
    return count;
  }
}
