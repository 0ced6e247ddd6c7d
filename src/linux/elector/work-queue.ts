/**
 * Work for the kernel in small pieces: what is short is done at once, the rest in later turns of the event loop, so that
 * adverts go out between the pieces.
 */
import { after, type Instant, micros } from "../../net/time.ts";

/**
 * When a turn has worked for so long it begins nothing further. It counts for all who push in that turn: when a hundred
 * routers claim together, the last one's advert must not wait for the first one's addresses.
 */
const TURN = micros(500);

export class WorkQueue<Job> {
  readonly #now: () => Instant;
  readonly #work: (waiting: Job[]) => void;
  readonly #may: () => boolean;
  readonly #waiting: Job[] = [];
  /** Of this turn, once something was done in it. */
  #end: Instant | undefined;
  #nextTurn: NodeJS.Immediate | undefined;
  #busy = false;
  #closed = false;

  /**
   * `work` does one piece: it takes the first of what waits, and whatever is done best together with it.
   *
   * @param may whether it is this queue's turn to work: it lets others pass until then
   */
  constructor(now: () => Instant, work: (waiting: Job[]) => void, may: () => boolean = () => true) {
    this.#now = now;
    this.#work = work;
    this.#may = may;
  }

  /** Nothing waits, and nothing is being done. */
  get idle(): boolean {
    return this.#waiting.length === 0 && !this.#busy;
  }

  /** Does at once what this turn has time for. */
  push(...jobs: readonly Job[]): void {
    this.add(...jobs);
    this.goOn();
  }

  /** To be done at the next `goOn`. */
  add(...jobs: readonly Job[]): void {
    if (!this.#closed) this.#waiting.push(...jobs);
  }

  /** What has not been begun is not done. */
  drop(isUnwanted: (job: Job) => boolean): void {
    const kept = this.#waiting.filter((job) => !isUnwanted(job));
    this.#waiting.splice(0, this.#waiting.length, ...kept);
  }

  /** Does at once what this turn has time for, and the rest in later turns: one piece at least in each. */
  goOn(): void {
    if (this.#busy || this.#waiting.length === 0) return;
    let hasTime = this.#end === undefined || this.#now() < this.#end;
    const end = this.#end ?? this.#beginTurn();
    this.#busy = true;
    while (hasTime && this.#waiting.length > 0 && this.#may()) {
      this.#work(this.#waiting);
      hasTime = this.#now() < end;
    }
    this.#busy = false;
  }

  /** What was not done yet is not done any more. */
  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
    clearImmediate(this.#nextTurn);
  }

  #beginTurn(): Instant {
    this.#nextTurn = setImmediate(() => {
      this.#end = undefined;
      this.goOn();
    });
    this.#end = after(this.#now(), TURN);
    return this.#end;
  }
}
