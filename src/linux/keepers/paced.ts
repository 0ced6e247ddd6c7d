/** Does something at once when asked, and not again within a pause: what is asked for meanwhile is done once, at its end. */
export class Paced {
  readonly #act: () => void;
  readonly #pauseMs: number;
  #pause: NodeJS.Timeout | undefined;
  #asked = false;

  constructor(pauseMs: number, act: () => void) {
    this.#pauseMs = pauseMs;
    this.#act = act;
  }

  ask(): void {
    if (this.#pause === undefined) this.#do();
    else this.#asked = true;
  }

  /** What is asked for is done no more. */
  forget(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#asked = false;
  }

  #do(): void {
    this.#asked = false;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (this.#asked) this.#do();
    }, this.#pauseMs);
    this.#act();
  }
}
