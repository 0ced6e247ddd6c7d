/**
 * Notices that a master beside us goes on though we have answered: it does not hear us, and one of two has to give way.
 * It cannot, for it knows of nobody; so it is us.
 */
import { between, type Duration, type Instant, micros, times } from "../net/time.ts";
import type { RouterSettings } from "./settings.ts";
import type { State } from "./state.ts";

/** An answer may wait for one interval; three more are what anybody's adverts are given. */
const PATIENCE = 4;
/** Whoever is quiet for so long has given way, and begins anew. */
const QUIET = 3;

export class Unheard {
  #isMaster = false;
  #doubt: { readonly since: Instant; readonly last: Instant } | undefined;

  moved(to: State): void {
    this.#isMaster = to === "Master";
    this.#doubt = undefined;
  }

  /** An advert was heard of somebody who should give way to us. @param theirs the interval in it */
  persists(theirs: Duration, { interval, unheard }: RouterSettings, now: Instant): boolean {
    if (!this.#isMaster || unheard === "stay") return false;
    const longer = micros(Math.max(interval, theirs));
    const before = this.#doubt;
    const goesOn = before !== undefined && between(before.last, now) <= times(longer, QUIET);
    const since = goesOn ? before.since : now;
    this.#doubt = { since, last: now };
    return between(since, now) >= times(longer, PATIENCE);
  }
}
