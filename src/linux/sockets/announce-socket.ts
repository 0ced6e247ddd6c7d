/** The socket of one interface and family that announces our addresses there, and hears when somebody else does. */
import { type Filter, PacketSocket } from "dgram-extras";
import type { IpAddress } from "../../net/ip.ts";
import type { MacAddress } from "../../net/mac.ts";
import { PACKETS_PER_WAKE } from "./advert-socket.ts";

interface AnnounceLink {
  readonly interface: string;
  readonly index: number;
  readonly mac: MacAddress;
  /** Other directors have the same MAC address: what comes from it is not ours. */
  readonly shared: boolean;
}

export interface HeardAnnouncement {
  readonly interface: string;
  readonly address: IpAddress;
  readonly mac: MacAddress;
}

/** How a family says where an address is: ARP, or neighbour discovery. */
export interface AnnounceProtocol {
  readonly ethertype: number;
  /** Lets in who claims one of the addresses: on a large segment that is next to none. */
  filter(addresses: readonly IpAddress[]): Filter;
  /** One frame for each address. */
  frames(link: AnnounceLink, addresses: readonly IpAddress[]): Uint8Array[];
  /** Who claims which address in a frame; `undefined` when nobody does. */
  heard(frame: Uint8Array): Omit<HeardAnnouncement, "interface"> | undefined;
}

export class AnnounceSocket {
  readonly #socket: PacketSocket;
  readonly #protocol: AnnounceProtocol;
  readonly #link: AnnounceLink;

  constructor(
    protocol: AnnounceProtocol,
    link: AnnounceLink,
    addresses: readonly IpAddress[],
    wake: () => void,
  ) {
    this.#protocol = protocol;
    this.#link = link;
    this.#socket = new PacketSocket({
      interfaceIndex: link.index,
      protocol: protocol.ethertype,
      ignoreOutgoing: true,
      filter: protocol.filter(addresses),
    });
    this.#socket.onReadable(wake);
    // A link that went down is reported by the link monitor.
    this.#socket.onError(() => {});
  }

  /** All in one call to the kernel. Throws the first SystemError; the others were tried all the same. */
  announce(addresses: readonly IpAddress[]): void {
    const { index: interfaceIndex } = this.#link;
    const frames = this.#protocol.frames(this.#link, addresses).map((bytes) => ({ bytes, interfaceIndex }));
    const [refusal] = this.#socket.sendAll(frames);
    if (refusal !== undefined) throw refusal.error;
  }

  drain(): HeardAnnouncement[] {
    return this.#socket.drain(PACKETS_PER_WAKE).flatMap(({ bytes }) => {
      const heard = this.#protocol.heard(bytes);
      if (heard === undefined || (heard.mac === this.#link.mac && !this.#link.shared)) return [];
      return [{ interface: this.#link.interface, ...heard }];
    });
  }

  close(): void {
    this.#socket.close();
  }
}
