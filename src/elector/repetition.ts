/** A master says the same again and again: what was found valid once need not be read and judged each time. */
import type { Advert } from "../vrrp/advert.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";

export class Repetition {
  #last: { readonly packet: ReceivedPacket; readonly advert: Advert; readonly revision: number } | undefined;

  /** The advert that the last valid packet was. @param revision of what else the verdict depends on */
  note(packet: ReceivedPacket, advert: Advert, revision: number): void {
    this.#last = { packet, advert, revision };
  }

  /** The same advert again: the packet says the same, word for word, and nothing else has changed. */
  of(packet: ReceivedPacket, revision: number): Advert | undefined {
    const last = this.#last;
    return last !== undefined && last.revision === revision && saysTheSame(packet, last.packet)
      ? last.advert
      : undefined;
  }
}

/** Whenever, and however often, they were received. */
export function saysTheSame(one: ReceivedPacket, other: ReceivedPacket): boolean {
  if (one.source !== other.source || one.destination !== other.destination || one.ttl !== other.ttl)
    return false;
  if (one.bytes === other.bytes) return true;
  if (one.bytes.length !== other.bytes.length) return false;
  for (let place = 0; place < one.bytes.length; place++) {
    if (one.bytes[place] !== other.bytes[place]) return false;
  }
  return true;
}
