/** The ARP socket of one interface: announces our addresses there, and hears when somebody else does. */
import { PacketSocket } from "dgram-extras";
import { decodeArp, gratuitousArp } from "../net/arp.ts";
import { ETHERTYPE_ARP } from "../net/ethernet.ts";
import type { IpAddress } from "../net/ip.ts";
import { PACKETS_PER_WAKE } from "./advert-socket.ts";
import type { AnnounceLink, AnnounceSocket, HeardAnnouncement } from "./announce-socket.ts";
import { isLastWordOf } from "./filter.ts";

/** After the Ethernet header (14), ARP's fixed part (8), and the sender's MAC (6) and IP address (4). */
const SENDER_ADDRESS_END = 32;

export class ArpSocket implements AnnounceSocket {
  readonly #socket: PacketSocket;
  readonly #link: AnnounceLink;

  /** Only ARP whose sender claims one of `addresses` reaches us; on a large segment that is next to none. */
  constructor(link: AnnounceLink, addresses: readonly IpAddress[], wake: () => void) {
    this.#link = link;
    this.#socket = new PacketSocket({
      interfaceIndex: link.index,
      protocol: ETHERTYPE_ARP,
      ignoreOutgoing: true,
      filter: isLastWordOf(SENDER_ADDRESS_END, addresses),
    });
    this.#socket.onReadable(wake);
    // A link that went down is reported by the link monitor.
    this.#socket.onError(() => {});
  }

  /** All in one call to the kernel. Throws the first SystemError; the others were tried all the same. */
  announce(addresses: readonly IpAddress[]): void {
    const { index: interfaceIndex, mac } = this.#link;
    const frames = addresses.map((address) => ({ bytes: gratuitousArp(mac, address), interfaceIndex }));
    const [refusal] = this.#socket.sendAll(frames);
    if (refusal !== undefined) throw refusal.error;
  }

  drain(): HeardAnnouncement[] {
    return this.#socket.drain(PACKETS_PER_WAKE).flatMap(({ bytes }) => {
      const arp = decodeArp(bytes);
      if (arp === undefined || arp.senderMac === this.#link.mac) return [];
      return [{ interface: this.#link.interface, address: arp.senderAddress, mac: arp.senderMac }];
    });
  }

  close(): void {
    this.#socket.close();
  }
}
