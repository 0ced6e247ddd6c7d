/**
 * Peers whose address list differs from ours: a reason to look at their cluster file, never one to ignore them. Each is
 * told once until its list changes, for as many peers as a segment sensibly has.
 */
import type { IpAddress } from "../net/ip.ts";
import type { Instant } from "../net/time.ts";
import type { Advert } from "./advert.ts";
import type { RouterEvent } from "./event.ts";
import { advertisedAddresses, type RouterSettings } from "./settings.ts";
import { Sparing } from "./sparing.ts";

const PEER_LIMIT = 16;

export class Differences {
  readonly #told = new Map<IpAddress, string>();
  /** Of the last advert: most are repeated, word for word, and handed over as one object. */
  #judged:
    | {
        readonly advert: Advert;
        readonly source: IpAddress;
        readonly settings: RouterSettings;
        readonly differs: boolean;
      }
    | undefined;
  readonly #sparing = new Sparing();
  /** There is something to tell of the last advert, and it was too soon. */
  #owed = false;
  #count = 0;

  /** Adverts so far that had another list than ours. */
  get count(): number {
    return this.#count;
  }

  /** Whether the last advert had. */
  get last(): boolean {
    return this.#judged?.differs === true;
  }

  /** What is to be told of this advert: nothing when its list is ours, or the one this peer had before. */
  in(advert: Advert, source: IpAddress, settings: RouterSettings, now: Instant): RouterEvent | undefined {
    const { advert: last, source: from, settings: ours } = this.#judged ?? {};
    const isNew = last !== advert || from !== source || ours !== settings;
    if (isNew) this.#judged = { advert, source, settings, differs: listOf(advert) !== ownList(settings) };
    if (this.#judged?.differs !== true) {
      if (isNew) this.#told.delete(source);
      return undefined;
    }
    this.#count += 1;
    return isNew || this.#owed ? this.#firstWord(advert, source, settings.name, now) : undefined;
  }

  #firstWord(advert: Advert, source: IpAddress, router: string, now: Instant): RouterEvent | undefined {
    const { addresses: theirs } = advert;
    const isKnown = this.#told.get(source) === listOf(advert);
    this.#owed = !isKnown && !this.#sparing.allows(now);
    if (isKnown || this.#owed) return undefined;
    if (this.#told.size >= PEER_LIMIT) this.#told.clear();
    this.#told.set(source, listOf(advert));
    return { kind: "addresses-differ", router, from: source, theirs };
  }
}

function listOf({ addresses }: Advert): string {
  return addresses.join();
}

function ownList(settings: RouterSettings): string {
  return advertisedAddresses(settings).join();
}
