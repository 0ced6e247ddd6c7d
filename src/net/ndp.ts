/**
 * The ICMPv6 Neighbor Advertisement (RFC 4861 §4.4), and its unsolicited form that moves an IPv6 address (§7.2.6).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+-------------------------------+
 *     |   Type (136)  |    Code (0)   |           Checksum            |
 *     +-+-+-+---------+---------------+-------------------------------+
 *     |R|S|O|                       Reserved                          |
 *     +-+-+-+---------------------------------------------------------+
 *     |                   Target Address (16 bytes)                   |
 *     +---------------+---------------+-------------------------------+
 *     |  Option type  | Length (x 8)  |  ...                          |
 *     +---------------+---------------+-------------------------------+
 */
import { NetworkReader, NetworkWriter } from "./bytes.ts";
import { internetChecksum, pseudoHeaderSum } from "./checksum.ts";
import { readMac } from "./ethernet.ts";
import { decodeFrame, encodeFrame } from "./frame.ts";
import { IP6_SIZE, type IpAddress, ip, ipBytes, ipFromBytes, isMulticast } from "./ip.ts";
import { type MacAddress, macBytes } from "./mac.ts";

const ALL_NODES = ip("ff02::1");
export const PROTOCOL_ICMPV6 = 58;
/** Neighbour discovery counts only with this hop limit: it proves that no router forwarded the packet. */
const HOP_LIMIT = 255;

export const NEIGHBOR_ADVERTISEMENT = 136;
const FIXED_SIZE = 24;
const CHECKSUM_OFFSET = 2;
const ROUTER = 0x8000_0000;
const SOLICITED = 0x4000_0000;
const OVERRIDE = 0x2000_0000;

const TARGET_LINK_LAYER_ADDRESS = 2;
const OPTION_UNIT = 8;
const LINK_LAYER_OPTION_SIZE = 8;
const MESSAGE_SIZE = FIXED_SIZE + LINK_LAYER_OPTION_SIZE;

interface NeighborAdvertisement {
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
  readonly target: IpAddress;
  /** Absent when the sender left the option out. */
  readonly targetMac: MacAddress | undefined;
}

interface Icmp6Packet {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly payload: Uint8Array;
}

/**
 * The whole frame (86 bytes) that tells every node on the link: `address` is at `mac` now.
 *
 * @param router whether the sender forwards IPv6: hosts drop it from their default routers on a wrong `false`
 */
export function unsolicitedAdvertisement(mac: MacAddress, address: IpAddress, router: boolean): Uint8Array {
  const writer = new NetworkWriter(new Uint8Array(MESSAGE_SIZE));
  writer.u8(NEIGHBOR_ADVERTISEMENT).u8(0).zeros(2);
  writer.u32(OVERRIDE + (router ? ROUTER : 0)).bytes(ipBytes(address));
  writer
    .u8(TARGET_LINK_LAYER_ADDRESS)
    .u8(LINK_LAYER_OPTION_SIZE / OPTION_UNIT)
    .bytes(macBytes(mac));
  const payload = writer.finish();
  const pseudoHeader = pseudoHeaderSum(address, ALL_NODES, PROTOCOL_ICMPV6, payload.length);
  const checksum = internetChecksum(payload, pseudoHeader);
  new NetworkWriter(payload.subarray(CHECKSUM_OFFSET, CHECKSUM_OFFSET + 2)).u16(checksum);
  const ends = { source: address, destination: ALL_NODES };
  return encodeFrame(mac, { tos: 0, ttl: HOP_LIMIT, protocol: PROTOCOL_ICMPV6, ...ends, payload });
}

/**
 * What an Ethernet frame says in Neighbor Advertisement; `undefined` when it is none that a host may believe
 * (RFC 4861 §7.1.2). Packets with extension headers are not looked into.
 */
export function decodeNeighborAdvertisement(frame: Uint8Array): NeighborAdvertisement | undefined {
  const packet = decodeMessage(frame);
  if (packet === undefined || packet.payload.length < FIXED_SIZE || !checksumIsValid(packet))
    return undefined;
  const reader = new NetworkReader(packet.payload);
  const [type, code] = [reader.u8(), reader.u8()];
  reader.skip(2);
  const flags = reader.u32();
  const target = ipFromBytes(reader.take(IP6_SIZE));
  const options = readOptions(reader);
  if (type !== NEIGHBOR_ADVERTISEMENT || code !== 0 || options === undefined) return undefined;
  const solicited = has(flags, SOLICITED);
  if (isMulticast(target) || (solicited && isMulticast(packet.destination))) return undefined;
  return { router: has(flags, ROUTER), solicited, override: has(flags, OVERRIDE), target, ...options };
}

/** An ICMPv6 packet from this link. */
function decodeMessage(frame: Uint8Array): Icmp6Packet | undefined {
  const packet = decodeFrame(frame);
  return packet?.protocol === PROTOCOL_ICMPV6 && packet.ttl === HOP_LIMIT ? packet : undefined;
}

/** Unknown options are skipped; one that has no length, or leaves the packet, spoils it. */
function readOptions(reader: NetworkReader): { readonly targetMac: MacAddress | undefined } | undefined {
  let targetMac: MacAddress | undefined;
  while (reader.remaining > 0 && reader.error === undefined) {
    const [type, length] = [reader.u8(), reader.u8()];
    if (length === 0) return undefined;
    if (type === TARGET_LINK_LAYER_ADDRESS && length === 1) targetMac = readMac(reader);
    else reader.skip(length * OPTION_UNIT - 2);
  }
  return reader.error === undefined ? { targetMac } : undefined;
}

function checksumIsValid({ source, destination, payload }: Icmp6Packet): boolean {
  const pseudoHeader = pseudoHeaderSum(source, destination, PROTOCOL_ICMPV6, payload.length);
  return internetChecksum(payload, pseudoHeader) === 0;
}

function has(flags: number, flag: number): boolean {
  return Math.floor(flags / flag) % 2 === 1;
}
