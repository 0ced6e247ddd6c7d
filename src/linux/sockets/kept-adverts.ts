/**
 * The adverts that leave from one socket. A router says the same again and again: the socket keeps the datagrams of each
 * VRID's last advert, made once, and a batch is a list of numbers.
 */
import type { RawSocket, SystemError } from "dgram-extras";
import type { AdvertAction } from "../../vrrp/action.ts";
import { vridOf } from "../../vrrp/advert.ts";
import { sendOptions, unsaid } from "./sending.ts";

interface Kept {
  advert: AdvertAction | undefined;
  /** Of its datagrams; an earlier advert may have needed more. */
  readonly places: number[];
  /** The last one that it was in. */
  batch: number;
}

/** Of a message without one, which nobody here writes. */
const NO_VRID = 0;

export class KeptAdverts {
  readonly #socket: Pick<RawSocket, "keep" | "sendKept">;
  readonly #interfaceIndex: number;
  readonly #byVrid = new Map<number, Kept>();
  #placesTaken = 0;
  #batch = 0;

  constructor(socket: Pick<RawSocket, "keep" | "sendKept">, interfaceIndex: number) {
    this.#socket = socket;
    this.#interfaceIndex = interfaceIndex;
  }

  /** As that of `AdvertSocket`. */
  send(adverts: readonly AdvertAction[]): ReadonlyMap<AdvertAction, SystemError> {
    this.#batch += 1;
    const places: number[] = [];
    let count = 0;
    for (const advert of adverts) {
      const kept = this.#keptOf(advert);
      // Of two with one VRID (an advert and a goodbye) the first leaves before the other takes its place.
      if (kept.batch === this.#batch && kept.advert !== advert) break;
      kept.batch = this.#batch;
      this.#keep(kept, advert);
      for (let part = 0; part < advert.datagrams.length; part++) places.push(kept.places[part] ?? 0);
      count += 1;
    }
    const refused = unsaid(adverts, this.#socket.sendKept(places));
    return count === adverts.length ? refused : new Map([...refused, ...this.send(adverts.slice(count))]);
  }

  #keptOf({ datagrams: [first] }: AdvertAction): Kept {
    const vrid = first === undefined ? NO_VRID : vridOf(first.bytes);
    const known = this.#byVrid.get(vrid);
    if (known !== undefined) return known;
    const kept = { advert: undefined, places: [], batch: 0 };
    this.#byVrid.set(vrid, kept);
    return kept;
  }

  #keep(kept: Kept, advert: AdvertAction): void {
    if (kept.advert === advert) return;
    // What the kernel's side does not take leaves a part of either there: neither may be sent.
    kept.advert = undefined;
    for (const [part, { destination, bytes }] of advert.datagrams.entries()) {
      const place = kept.places[part] ?? this.#placesTaken++;
      kept.places[part] = place;
      this.#socket.keep(
        place,
        bytes,
        destination,
        sendOptions(advert.source, destination, this.#interfaceIndex),
      );
    }
    kept.advert = advert;
  }
}
