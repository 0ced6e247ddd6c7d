/**
 * Neighbours that the cluster file does not lead us to expect. None of it is a reason to drop anything: people are told
 * once for each neighbour and file, for as many as a segment sensibly has.
 */
import type { IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import { type Advert, checksumForm } from "../vrrp/advert.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import type { ElectorEvent } from "./event.ts";

/** Whoever invents more of them is told of no more. */
const NEIGHBOUR_LIMIT = 64;

export class Neighbours {
  readonly #known = new Set<string>();

  /** By another file they may be others. */
  forget(): void {
    this.#known.clear();
  }

  /** An advert that is believed; its sender is judged by the first one. */
  judge({ priority }: Advert, packet: ReceivedPacket, settings: RouterSettings): readonly ElectorEvent[] {
    const { source: from } = packet;
    const { name: router, transport } = settings;
    if (!this.#isNew(`${router} ${from}`)) return [];
    const events: ElectorEvent[] = [];
    if (isStranger(from, settings)) events.push({ kind: "stranger", router, from, priority });
    const theirs = checksumForm(packet.bytes, packet);
    if (theirs !== undefined && theirs !== transport.checksum)
      events.push({ kind: "checksum-differs", router, from, theirs });
    return events;
  }

  /** Somebody announced the address that our adverts leave from. */
  claimsOwn(interfaceName: string, address: IpAddress, mac: MacAddress): readonly ElectorEvent[] {
    if (!this.#isNew(`${interfaceName} ${address} ${mac}`)) return [];
    return [{ kind: "own-address-elsewhere", interface: interfaceName, address, mac }];
  }

  #isNew(neighbour: string): boolean {
    if (this.#known.has(neighbour) || this.#known.size >= NEIGHBOUR_LIMIT) return false;
    this.#known.add(neighbour);
    return true;
  }
}

/** Of unicast nobody but a peer is believed. */
function isStranger(from: IpAddress, { transport: { audience } }: RouterSettings): boolean {
  return audience.kind === "group" && audience.directors !== undefined && !audience.directors.includes(from);
}
