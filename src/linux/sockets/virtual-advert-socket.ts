/**
 * Sends adverts from a virtual link, and hears those that come from the same MAC address on another director.
 *
 * Whole frames, because the link has no address of its own to send from, and because a raw socket would have to join the
 * group there: the reports about that would tell switches that a backup is where the virtual MAC address is. Of a frame
 * with its own source address the kernel shows the parent nothing; all others are heard there.
 */
import { PacketSocket, type SystemError } from "dgram-extras";
import { ETHERNET_SIZE, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../../net/ethernet.ts";
import { decodeFrame, encodeFrame } from "../../net/frame.ts";
import type { IpAddress } from "../../net/ip.ts";
import { IP6_HEADER_SIZE } from "../../net/ipv6.ts";
import { type MacAddress, macBytes } from "../../net/mac.ts";
import { after, micros } from "../../net/time.ts";
import type { AdvertAction } from "../../vrrp/action.ts";
import { ADVERT_TTL, PROTOCOL_VRRP } from "../../vrrp/advert.ts";
import type { ReceivedPacket } from "../../vrrp/packet.ts";
import type { VirtualLink } from "../../vrrp/virtual-link.ts";
import { now } from "../clock.ts";
import { type DrainedPackets, PACKETS_PER_WAKE, RECEIVE_BUFFER, vridFilter } from "./advert-socket.ts";
import { isByte, isWord } from "./filter.ts";
import { TYPE_OF_SERVICE, unsaid } from "./sending.ts";

/** Where the protocol number is, and where `vridFilter` begins. */
const FORMS = {
  [4]: { protocol: ETHERTYPE_IPV4, offset: ETHERNET_SIZE + 9, begin: ETHERNET_SIZE },
  [6]: { protocol: ETHERTYPE_IPV6, offset: ETHERNET_SIZE + 6, begin: ETHERNET_SIZE + IP6_HEADER_SIZE },
} as const;
/** Of a MAC address's six bytes, the last four. */
const SOURCE_END_OFFSET = 8;

export class VirtualAdvertSocket {
  readonly #socket: PacketSocket;
  readonly #frames = new WeakMap<AdvertAction, readonly Uint8Array[]>();
  readonly #link: VirtualLink;
  readonly #index: number;

  constructor(link: VirtualLink, index: number, vrid: number, wake: () => void) {
    this.#link = link;
    this.#index = index;
    const { protocol, offset, begin } = FORMS[link.family];
    this.#socket = new PacketSocket({
      interfaceIndex: index,
      protocol,
      ignoreOutgoing: true,
      receiveBuffer: RECEIVE_BUFFER,
      filter: [
        ...isByte(offset, PROTOCOL_VRRP),
        ...isWord(SOURCE_END_OFFSET, new DataView(macBytes(link.mac).buffer).getUint32(2)),
        ...vridFilter(link.family, [vrid], begin),
      ],
    });
    this.#socket.onReadable(wake);
    // A link that went down is reported by the link monitor.
    this.#socket.onError(() => {});
  }

  /** As that of `AdvertSocket`. */
  send(adverts: readonly AdvertAction[]): ReadonlyMap<AdvertAction, SystemError> {
    const frames = adverts.flatMap((advert) => this.#framesOf(advert));
    const interfaceIndex = this.#index;
    return unsaid(adverts, this.#socket.sendAll(frames.map((bytes) => ({ bytes, interfaceIndex }))));
  }

  drain(): DrainedPackets {
    const frames = this.#socket.drain(PACKETS_PER_WAKE);
    const instant = now();
    const packets = frames.flatMap(({ bytes: frame, ageMicros }): ReceivedPacket[] => {
      const packet = decodeFrame(frame);
      if (packet === undefined) return [];
      const { source, destination, ttl, payload: bytes } = packet;
      const receivedAt = after(instant, micros(-ageMicros));
      return [{ interface: this.#link.parent, source, destination, ttl, bytes, receivedAt }];
    });
    const ageOfLast = frames.at(-1)?.ageMicros ?? 0;
    const heardUntil = frames.length < PACKETS_PER_WAKE ? undefined : after(instant, micros(-ageOfLast));
    return { packets, heardUntil };
  }

  close(): void {
    this.#socket.close();
  }

  #framesOf(advert: AdvertAction): readonly Uint8Array[] {
    const known = this.#frames.get(advert);
    if (known !== undefined) return known;
    const frames = advert.datagrams.map(({ destination, bytes }) =>
      advertFrame(this.#link.mac, advert.source, destination, bytes),
    );
    this.#frames.set(advert, frames);
    return frames;
  }
}

/** An advert as it leaves from a virtual link. */
export function advertFrame(
  mac: MacAddress,
  source: IpAddress,
  destination: IpAddress,
  payload: Uint8Array,
): Uint8Array {
  const way = { tos: TYPE_OF_SERVICE, ttl: ADVERT_TTL, protocol: PROTOCOL_VRRP };
  return encodeFrame(mac, { ...way, source, destination, payload });
}
