/**
 * Work for the kernel in slices: what is short is done at once, the rest in later turns of the event loop, so that
 * adverts go out between slices. The order of what is put in is the order in which it is done.
 */
import { after, type Instant, micros } from "../net/time.ts";
import { now } from "./clock.ts";

/**
 * When a turn has worked for so long it begins no further slice. It counts for all who push in that turn: when a hundred
 * routers claim together, the last one's advert must not wait for the first one's addresses.
 */
const TURN = micros(500);

export class WorkQueue {
  readonly #slices: (() => void)[] = [];
  /** Of this turn, once something was done in it. */
  #end: Instant | undefined;
  #nextTurn: NodeJS.Immediate | undefined;
  #busy = false;
  #closed = false;

  /** Does at once what this turn has time for, in the order of all that waits. */
  push(...slices: (() => void)[]): void {
    if (this.#closed) return;
    this.#slices.push(...slices);
    if (!this.#busy) this.#work();
  }

  /** What was not done yet is not done any more. */
  close(): void {
    this.#closed = true;
    this.#slices.length = 0;
    clearImmediate(this.#nextTurn);
  }

  #work(): void {
    if (this.#end === undefined) {
      this.#end = after(now(), TURN);
      this.#nextTurn = setImmediate(() => this.#beginTurn());
    }
    this.#busy = true;
    while (this.#slices.length > 0 && now() < this.#end) this.#slices.shift()?.();
    this.#busy = false;
  }

  #beginTurn(): void {
    this.#end = undefined;
    if (this.#slices.length > 0) this.#work();
  }
}
