/** The routers that the input at hand is about, each once, in order. */
import type { VirtualRouter } from "../vrrp/router.ts";

export class Concerned {
  readonly #routers: VirtualRouter[] = [];
  /** The last input that each was concerned by; not a set that is filled and cleared, because there are many inputs. */
  readonly #turns = new WeakMap<VirtualRouter, number>();
  #turn = 0;

  /** Answers whether it was not. */
  add(router: VirtualRouter): boolean {
    if (this.#turns.get(router) === this.#turn) return false;
    this.#turns.set(router, this.#turn);
    this.#routers.push(router);
    return true;
  }

  /** Also those that are added meanwhile. */
  [Symbol.iterator](): Iterator<VirtualRouter> {
    return this.#routers.values();
  }

  clear(): void {
    if (this.#routers.length === 0) return;
    this.#routers.length = 0;
    this.#turn += 1;
  }
}
