/**
 * Work for the kernel in slices: what is short is done at once, the rest in later turns of the event loop, so that
 * adverts go out between slices. The order of what is put in is the order in which it is done.
 */
export class WorkQueue {
  readonly #slices: (() => void)[] = [];
  #turn: NodeJS.Immediate | undefined;
  #closed = false;

  /** Does the first slice now, unless older work is waiting. */
  push(...slices: (() => void)[]): void {
    this.#slices.push(...slices);
    if (this.#turn === undefined) this.#next();
  }

  /** What was not done yet is not done any more. */
  close(): void {
    this.#closed = true;
    this.#slices.length = 0;
    clearImmediate(this.#turn);
  }

  #next(): void {
    this.#turn = undefined;
    this.#slices.shift()?.();
    if (this.#slices.length > 0 && !this.#closed) this.#turn = setImmediate(() => this.#next());
  }
}
