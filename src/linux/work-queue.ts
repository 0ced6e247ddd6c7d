/**
 * Work for the kernel in small pieces: what is short is done at once, the rest in later turns of the event loop, so that
 * adverts go out between the pieces.
 */
import { after, type Instant, micros } from "../net/time.ts";

/**
 * When a turn has worked for so long it begins nothing further. It counts for all who push in that turn: when a hundred
 * routers claim together, the last one's advert must not wait for the first one's addresses.
 */
const TURN = micros(500);

export class WorkQueue<Job> {
  readonly #now: () => Instant;
  readonly #work: (waiting: Job[]) => void;
  readonly #waiting: Job[] = [];
  /** Of this turn, once something was done in it. */
  #end: Instant | undefined;
  #nextTurn: NodeJS.Immediate | undefined;
  #busy = false;
  #closed = false;

  /** `work` does one piece: it takes the first of what waits, and whatever is done best together with it. */
  constructor(now: () => Instant, work: (waiting: Job[]) => void) {
    this.#now = now;
    this.#work = work;
  }

  /** Does at once what this turn has time for. */
  push(...jobs: readonly Job[]): void {
    if (this.#closed || jobs.length === 0) return;
    this.#waiting.push(...jobs);
    if (!this.#busy) this.#goOn();
  }

  /** What was not done yet is not done any more. */
  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
    clearImmediate(this.#nextTurn);
  }

  /** A new turn does one piece at least, however late it is. */
  #goOn(): void {
    let mayWork = this.#end === undefined || this.#now() < this.#end;
    const end = this.#end ?? this.#beginTurn();
    this.#busy = true;
    while (mayWork && this.#waiting.length > 0) {
      this.#work(this.#waiting);
      mayWork = this.#now() < end;
    }
    this.#busy = false;
  }

  #beginTurn(): Instant {
    this.#nextTurn = setImmediate(() => {
      this.#end = undefined;
      if (this.#waiting.length > 0) this.#goOn();
    });
    this.#end = after(this.#now(), TURN);
    return this.#end;
  }
}
