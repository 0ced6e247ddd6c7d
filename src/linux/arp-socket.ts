/** The ARP socket of one interface: announces our addresses there, and hears when somebody else does. */
import { type Filter, PacketSocket } from "dgram-extras";
import { decodeArp, gratuitousArp } from "../net/arp.ts";
import { ETHERTYPE_ARP } from "../net/ethernet.ts";
import { type IpAddress, ipBytes } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import { PACKETS_PER_WAKE } from "./advert-socket.ts";

export interface HeardAnnouncement {
  readonly interface: string;
  readonly address: IpAddress;
  readonly mac: MacAddress;
}

export class ArpSocket {
  readonly #socket: PacketSocket;
  readonly #interface: string;
  readonly #index: number;
  readonly #mac: MacAddress;

  /** Only ARP whose sender claims one of `addresses` reaches us; on a large segment that is next to none. */
  constructor(
    interfaceName: string,
    index: number,
    mac: MacAddress,
    addresses: readonly IpAddress[],
    wake: () => void,
  ) {
    this.#interface = interfaceName;
    this.#index = index;
    this.#mac = mac;
    this.#socket = new PacketSocket({
      interfaceIndex: index,
      protocol: ETHERTYPE_ARP,
      ignoreOutgoing: true,
      filter: senderFilter(addresses),
    });
    this.#socket.onReadable(wake);
    // A link that went down is reported by the link monitor.
    this.#socket.onError(() => {});
  }

  get index(): number {
    return this.#index;
  }

  get mac(): MacAddress {
    return this.#mac;
  }

  /** All in one call to the kernel. Throws the first SystemError; the others were tried all the same. */
  announce(addresses: readonly IpAddress[]): void {
    const interfaceIndex = this.#index;
    const frames = addresses.map((address) => ({ bytes: gratuitousArp(this.#mac, address), interfaceIndex }));
    const [refusal] = this.#socket.sendAll(frames);
    if (refusal !== undefined) throw refusal.error;
  }

  drain(): HeardAnnouncement[] {
    return this.#socket.drain(PACKETS_PER_WAKE).flatMap(({ bytes }) => {
      const arp = decodeArp(bytes);
      if (arp === undefined || arp.senderMac === this.#mac) return [];
      return [{ interface: this.#interface, address: arp.senderAddress, mac: arp.senderMac }];
    });
  }

  close(): void {
    this.#socket.close();
  }
}

const BPF_LOAD_WORD = 0x20;
const BPF_JUMP_EQUAL = 0x15;
const BPF_RETURN = 0x06;
const WHOLE_PACKET = 0xffff;
/** Ethernet header (14) and ARP's fixed part (8) and sender MAC (6) come before the sender address. */
const SENDER_ADDRESS_OFFSET = 28;

/** Classic BPF: pass when the ARP sender address is one of these. */
function senderFilter(addresses: readonly IpAddress[]): Filter {
  const pairs = addresses.flatMap((address) => [
    { code: BPF_JUMP_EQUAL, jt: 0, jf: 1, k: new DataView(ipBytes(address).buffer).getUint32(0) },
    { code: BPF_RETURN, jt: 0, jf: 0, k: WHOLE_PACKET },
  ]);
  return [
    { code: BPF_LOAD_WORD, jt: 0, jf: 0, k: SENDER_ADDRESS_OFFSET },
    ...pairs,
    { code: BPF_RETURN, jt: 0, jf: 0, k: 0 },
  ];
}
