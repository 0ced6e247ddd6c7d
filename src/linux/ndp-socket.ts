/** The neighbour-discovery socket of one interface: what `ArpSocket` is for IPv4. */
import { readFileSync } from "node:fs";
import { PacketSocket } from "dgram-extras";
import { ETHERNET_SIZE, ETHERTYPE_IPV6 } from "../net/ethernet.ts";
import { IP6_SIZE, type IpAddress } from "../net/ip.ts";
import {
  decodeNeighborAdvertisement,
  NEIGHBOR_ADVERTISEMENT,
  PROTOCOL_ICMPV6,
  unsolicitedAdvertisement,
} from "../net/ndp.ts";
import { PACKETS_PER_WAKE } from "./advert-socket.ts";
import type { AnnounceLink, AnnounceSocket, HeardAnnouncement } from "./announce-socket.ts";
import { isByte, isLastWordOf } from "./filter.ts";

const NEXT_HEADER_OFFSET = ETHERNET_SIZE + 6;
const IP6_HEADER_SIZE = 40;
const TYPE_OFFSET = ETHERNET_SIZE + IP6_HEADER_SIZE;
const TARGET_OFFSET = TYPE_OFFSET + 8;

export class NdpSocket implements AnnounceSocket {
  readonly #socket: PacketSocket;
  readonly #link: AnnounceLink;

  /** Only neighbour advertisements for one of `addresses` (or one that ends like it) reach us. */
  constructor(link: AnnounceLink, addresses: readonly IpAddress[], wake: () => void) {
    this.#link = link;
    this.#socket = new PacketSocket({
      interfaceIndex: link.index,
      protocol: ETHERTYPE_IPV6,
      ignoreOutgoing: true,
      filter: [
        ...isByte(NEXT_HEADER_OFFSET, PROTOCOL_ICMPV6),
        ...isByte(TYPE_OFFSET, NEIGHBOR_ADVERTISEMENT),
        ...isLastWordOf(TARGET_OFFSET + IP6_SIZE, addresses),
      ],
    });
    this.#socket.onReadable(wake);
    // A link that went down is reported by the link monitor.
    this.#socket.onError(() => {});
  }

  /** All in one call to the kernel. Throws the first SystemError; the others were tried all the same. */
  announce(addresses: readonly IpAddress[]): void {
    const { interface: name, index: interfaceIndex, mac } = this.#link;
    const router = forwards(name);
    const frames = addresses.map((address) => {
      return { bytes: unsolicitedAdvertisement(mac, address, router), interfaceIndex };
    });
    const [refusal] = this.#socket.sendAll(frames);
    if (refusal !== undefined) throw refusal.error;
  }

  drain(): HeardAnnouncement[] {
    return this.#socket.drain(PACKETS_PER_WAKE).flatMap(({ bytes }): HeardAnnouncement[] => {
      const heard = decodeNeighborAdvertisement(bytes);
      if (heard?.targetMac === undefined || heard.targetMac === this.#link.mac) return [];
      return [{ interface: this.#link.interface, address: heard.target, mac: heard.targetMac }];
    });
  }

  close(): void {
    this.#socket.close();
  }
}

/** Whether this host is an IPv6 router there: its neighbours believe what the advertisement says about that. */
function forwards(interfaceName: string): boolean {
  try {
    return readFileSync(`/proc/sys/net/ipv6/conf/${interfaceName}/forwarding`, "utf8").trim() !== "0";
  } catch {
    return false;
  }
}
