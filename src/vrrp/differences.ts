/** Peers whose address list differs from ours: told once each, for as many peers as a segment sensibly has. */
import type { IpAddress } from "../net/ip.ts";
import type { Advert } from "./advert.ts";
import type { RouterEvent } from "./event.ts";
import { advertisedAddresses, type RouterSettings } from "./settings.ts";

const PEER_LIMIT = 16;

export class Differences {
  readonly #told = new Map<IpAddress, string>();
  /** Of the last advert: most are repeated, word for word, and handed over as one object. */
  #judged:
    | { readonly advert: Advert; readonly source: IpAddress; readonly settings: RouterSettings }
    | undefined;

  /** What is to be told of this advert: nothing when its list is ours, or the one this peer had before. */
  in(advert: Advert, source: IpAddress, settings: RouterSettings): RouterEvent | undefined {
    const { advert: last, source: from, settings: ours } = this.#judged ?? {};
    if (last === advert && from === source && ours === settings) return undefined;
    this.#judged = { advert, source, settings };
    const theirs = advert.addresses.join();
    if (theirs === advertisedAddresses(settings).join()) return undefined;
    if (this.#told.get(source) === theirs) return undefined;
    if (this.#told.size >= PEER_LIMIT) this.#told.clear();
    this.#told.set(source, theirs);
    return { kind: "addresses-differ", router: settings.name, from: source, theirs: advert.addresses };
  }
}
