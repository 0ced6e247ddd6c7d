/**
 * Two directors with priority 255: there can be one owner of the addresses only, so somebody's file is wrong. Between
 * the two the address decides, as between all equals; whoever had to give way is no owner until it is master again, or
 * it would claim at once each time that its link comes back.
 */
import type { IpAddress } from "../net/ip.ts";
import { between, type Instant, minutes } from "../net/time.ts";
import type { Advert } from "./advert.ts";
import type { RouterEvent } from "./event.ts";
import { OWNER_PRIORITY, type RouterSettings } from "./settings.ts";
import { Sparing } from "./sparing.ts";
import type { State } from "./state.ts";
import type { RouterEventName } from "./transitions.ts";

/** While it goes on. */
const REMIND_EVERY = minutes(10);

export function isRival({ priority }: Advert, { priority: ours }: RouterSettings): boolean {
  return priority === OWNER_PRIORITY && ours === OWNER_PRIORITY;
}

export class Rival {
  readonly #sparing = new Sparing();
  #told: { readonly source: IpAddress; readonly at: Instant } | undefined;
  #isMaster = false;
  #serves = false;

  /** Another owner has the addresses, or had them when it was last heard. */
  get serves(): boolean {
    return this.#serves;
  }

  moved(to: State): void {
    this.#isMaster = to === "Master";
    if (this.#isMaster) this.#serves = false;
  }

  /** An advert of it is this event. */
  judged(event: RouterEventName): void {
    if (!this.#isMaster || event !== "advert-equal") this.#serves = true;
  }

  /** What is to be told of it, if that is not known. @param own where our own adverts leave from */
  remark(from: IpAddress, own: IpAddress, router: string, now: Instant): RouterEvent | undefined {
    const known = this.#told?.source === from && between(this.#told.at, now) < REMIND_EVERY;
    if (known || !this.#sparing.allows(now)) return undefined;
    this.#told = { source: from, at: now };
    return { kind: "duplicate-owner", router, own, from };
  }
}
