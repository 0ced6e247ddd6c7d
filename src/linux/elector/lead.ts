/** The time between the word to stop and the hand-over: the balancer uses it for what the successor should know. */
import { type Duration, seconds, toMillis } from "../../net/time.ts";

export class Lead {
  readonly #tell: () => void;
  #length: Duration = seconds(0);
  #timer: NodeJS.Timeout | undefined;

  /** @param tell the balancer, that it begins */
  constructor(tell: () => void) {
    this.#tell = tell;
  }

  /** From the next stop on. */
  set(length: Duration): void {
    this.#length = length;
  }

  /** Who serves nobody need not wait, and whoever asks again has no patience. */
  before(stop: () => void, serves: boolean): void {
    clearTimeout(this.#timer);
    if (this.#length === 0 || !serves || this.#timer !== undefined) return stop();
    this.#tell();
    this.#timer = setTimeout(stop, toMillis(this.#length));
  }
}
