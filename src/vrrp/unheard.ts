/**
 * Notices that a master beside us goes on though we have answered: it does not hear us, and one of two has to give way.
 * It cannot, for it knows of nobody; so it is us.
 */
import { between, type Instant, micros, times } from "../net/time.ts";
import type { Advert } from "./advert.ts";
import { isRival } from "./rival.ts";
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

  /**
   * An advert was heard of somebody who should give way to us. Another owner of the addresses may hear us well: the RFC
   * has owners ignore all adverts, and two that stay are two masters for ever.
   */
  persists(advert: Advert, settings: RouterSettings, now: Instant): boolean {
    if (!this.#isMaster || (settings.unheard === "stay" && !isRival(advert, settings))) return false;
    const longer = micros(Math.max(settings.interval, advert.interval));
    const before = this.#doubt;
    const goesOn = before !== undefined && between(before.last, now) <= times(longer, QUIET);
    const since = goesOn ? before.since : now;
    this.#doubt = { since, last: now };
    return between(since, now) >= times(longer, PATIENCE);
  }
}
