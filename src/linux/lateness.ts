/** How late the elector serves its deadlines: a small histogram, so that `status` can tell and a bench can read. */
import { between, type Instant } from "../net/time.ts";

/** Upper edges in microseconds; the last bucket is open. */
const EDGES_US = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];

export class Lateness {
  readonly #counts = new Array<number>(EDGES_US.length + 1).fill(0);
  #worst = 0;

  note(deadline: Instant, now: Instant): void {
    const late = Math.max(0, between(deadline, now));
    const bucket = EDGES_US.findIndex((edge) => late <= edge);
    const index = bucket < 0 ? EDGES_US.length : bucket;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#worst = Math.max(this.#worst, late);
  }

  /** Microseconds and counts. */
  summary(): {
    readonly worst: number;
    readonly edges: readonly number[];
    readonly counts: readonly number[];
  } {
    return { worst: this.#worst, edges: EDGES_US, counts: [...this.#counts] };
  }
}
