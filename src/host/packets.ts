/** Packets as the rules of a firewall see them: only what they may be asked for, and only what is known beforehand. */
import { ETHERTYPE_ARP } from "../net/ethernet.ts";
import { type Family, type IpAddress, ipBytes, isMulticast } from "../net/ip.ts";
import { type Bytes, hostU32, type Packet } from "./rule-walk.ts";

/** `through`: to somebody else. */
export type Direction = "in" | "out" | "through";

/** Where a packet is met. */
export interface Place {
  readonly direction: Direction;
  /** It comes or goes over it; `undefined`: over any. */
  readonly interface: string | undefined;
  readonly index: number | undefined;
}

const ETHERTYPE: Readonly<Record<Family, number>> = { 4: 0x0800, 6: 0x86dd };
const NFPROTO: Readonly<Record<Family, number>> = { 4: 2, 6: 10 };
const PACKET_MULTICAST = 2;
const NAME_SIZE = 16;
const NFT_META = {
  protocol: 1,
  iif: 4,
  oif: 5,
  iifname: 6,
  oifname: 7,
  nfproto: 15,
  l4proto: 16,
  pkttype: 19,
};

interface IpPacket {
  readonly family: Family;
  readonly protocol: number;
  readonly ttl?: number;
  readonly source?: IpAddress | undefined;
  readonly destination?: IpAddress | undefined;
  readonly transport: Bytes;
  /** NF_CT_STATE_BIT */
  readonly state: number;
}

export function ipPacket(place: Place, packet: IpPacket): Packet {
  const { family, protocol, destination, transport, state } = packet;
  const meta = frameMeta(place, ETHERTYPE[family]);
  meta.set(NFT_META.nfproto, [NFPROTO[family]]).set(NFT_META.l4proto, [protocol]);
  if (place.direction === "in" && destination !== undefined && isMulticast(destination))
    meta.set(NFT_META.pkttype, [PACKET_MULTICAST]);
  return { meta, network: header(packet), transport, state };
}

/** RFC 826: hardware type 1, protocol type IPv4; the MAC addresses are not known. */
export function arpPacket(
  place: Place,
  operation: number,
  sender: IpAddress | undefined,
  target: IpAddress | undefined,
): Packet {
  const address = (one: IpAddress | undefined) => (one === undefined ? unknown(4) : [...ipBytes(one)]);
  const network = [0, 1, 8, 0, 6, 4, 0, operation, ...unknown(6), ...address(sender)];
  network.push(...unknown(6), ...address(target));
  return { meta: frameMeta(place, ETHERTYPE_ARP), network, transport: [], state: 0 };
}

function frameMeta({ direction, interface: name, index }: Place, type: number): Map<number, Bytes> {
  const meta = new Map<number, Bytes>([[NFT_META.protocol, [type >> 8, type % 0x100]]]);
  if (direction === "through") return meta;
  const incoming = { index: NFT_META.iif, name: NFT_META.iifname };
  const outgoing = { index: NFT_META.oif, name: NFT_META.oifname };
  const [here, other] = direction === "in" ? [incoming, outgoing] : [outgoing, incoming];
  if (name !== undefined) meta.set(here.name, nameBytes(name));
  if (index !== undefined) meta.set(here.index, hostU32(index));
  // A packet on its way in goes nowhere yet, and one on its way out has come from nowhere.
  return meta.set(other.name, nameBytes("")).set(other.index, hostU32(0));
}

function nameBytes(name: string): Bytes {
  return Array.from({ length: NAME_SIZE }, (_, index) => (index < name.length ? name.charCodeAt(index) : 0));
}

const IP4_HEADER = 20;
const IP6_HEADER = 40;

/** Its length, and what else nobody filters by, is not known. */
function header({ family, protocol, ttl, source, destination }: IpPacket): Bytes {
  const bytes = unknown(family === 4 ? IP4_HEADER : IP6_HEADER);
  const put = (offset: number, values: Bytes) => bytes.splice(offset, values.length, ...values);
  // No options; not a fragment.
  if (family === 4) {
    put(0, [0x45]);
    put(6, [0, 0, ttl, protocol]);
  } else put(6, [protocol, ttl]);
  const [from, to] = family === 4 ? [12, 16] : [8, 24];
  if (source !== undefined) put(from, [...ipBytes(source)]);
  if (destination !== undefined) put(to, [...ipBytes(destination)]);
  return bytes;
}

function unknown(length: number): (number | undefined)[] {
  return new Array<number | undefined>(length).fill(undefined);
}
