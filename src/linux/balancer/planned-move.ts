/**
 * What happens between the word of an operator and the planned move: the kernel tells the other directors of every packet
 * of a connection, and no longer only of some, so that they know of each connection that still lives.
 *
 * It looks once a second, and sends what is two seconds old (IPVS_SYNC_FLUSH_TIME): a wait of less than three is of little use.
 */
import { type Duration, toMillis } from "../../net/time.ts";

/** After the move no packets come; should it not come to pass, this is how long they cost more. */
const AFTERWARDS_MS = 10_000;

export class PlannedMove {
  readonly #tellAll: (on: boolean) => void;
  #next: NodeJS.Timeout | undefined;

  /** @param tellAll whether every packet is told of */
  constructor(tellAll: (on: boolean) => void) {
    this.#tellAll = tellAll;
  }

  /** A later word takes the place of one that still waits. @param wait 0: at once */
  begin(wait: Duration, move: () => void): void {
    clearTimeout(this.#next);
    if (wait === 0) return move();
    this.#tellAll(true);
    this.#next = setTimeout(() => {
      move();
      this.#next = setTimeout(() => this.#tellAll(false), AFTERWARDS_MS);
    }, toMillis(wait));
  }

  /** The operator has changed his mind. */
  cancel(): void {
    if (this.#next === undefined) return;
    this.close();
    this.#tellAll(false);
  }

  close(): void {
    clearTimeout(this.#next);
    this.#next = undefined;
  }
}
