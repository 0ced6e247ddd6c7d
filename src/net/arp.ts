/**
 * ARP for IPv4 over Ethernet (RFC 826), and the gratuitous ARP that moves an address (RFC 5944 §4.6, RFC 5227 §3).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-------------------------------+
 *     |     Hardware type (1)         |     Protocol type (0x0800)    |
 *     +---------------+---------------+-------------------------------+
 *     | Hw length (6) | Pr length (4) |           Operation           |
 *     +---------------+---------------+-------------------------------+
 *     |   Sender MAC (6), sender address (4), target MAC (6), target address (4)
 *     +----------------------------------------------------------------
 */
import { NetworkReader, NetworkWriter } from "./bytes.ts";
import {
  ETHERNET_MIN_SIZE,
  ETHERNET_SIZE,
  ETHERTYPE_ARP,
  readEthernet,
  readMac,
  writeEthernet,
} from "./ethernet.ts";
import { IP4_SIZE, type IpAddress, ipBytes, ipFromBytes } from "./ip.ts";
import { type MacAddress, macBytes, macFromBytes } from "./mac.ts";

export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;
const HARDWARE_ETHERNET = 1;
const PROTOCOL_IPV4 = 0x0800;
/** Both address lengths as one word: 6 and 4. */
const ADDRESS_LENGTHS = 0x0604;
const ARP_SIZE = 28;
const PADDING_SIZE = ETHERNET_MIN_SIZE - ETHERNET_SIZE - ARP_SIZE;
const BROADCAST = macFromBytes(new Uint8Array(6).fill(0xff));

export interface ArpPacket {
  /** Unlisted operations are carried, not refused. */
  readonly operation: number;
  readonly senderMac: MacAddress;
  readonly senderAddress: IpAddress;
  readonly targetMac: MacAddress;
  readonly targetAddress: IpAddress;
}

/**
 * The whole frame (60 bytes) that tells everybody on the link: `address` is at `mac` now. The target MAC, which receivers
 * ignore, is all ones as keepalived has it.
 *
 * @param operation every stack updates its cache from the request form; but whoever still has the address answers it
 */
export function gratuitousArp(
  mac: MacAddress,
  address: IpAddress,
  operation: typeof ARP_REQUEST | typeof ARP_REPLY = ARP_REQUEST,
): Uint8Array {
  const writer = new NetworkWriter(new Uint8Array(ETHERNET_MIN_SIZE));
  writeEthernet(writer, { destination: BROADCAST, source: mac, type: ETHERTYPE_ARP });
  writeArp(writer, {
    operation,
    senderMac: mac,
    senderAddress: address,
    targetMac: BROADCAST,
    targetAddress: address,
  });
  return writer.zeros(PADDING_SIZE).finish();
}

/** What an Ethernet frame says in ARP for IPv4; `undefined` when it says something else. Padding is ignored. */
export function decodeArp(frame: Uint8Array): ArpPacket | undefined {
  const reader = new NetworkReader(frame);
  if (readEthernet(reader).type !== ETHERTYPE_ARP) return undefined;
  const [hardware, protocol, lengths] = [reader.u16(), reader.u16(), reader.u16()];
  const packet: ArpPacket = {
    operation: reader.u16(),
    senderMac: readMac(reader),
    senderAddress: ipFromBytes(reader.take(IP4_SIZE)),
    targetMac: readMac(reader),
    targetAddress: ipFromBytes(reader.take(IP4_SIZE)),
  };
  if (reader.error !== undefined) return undefined;
  if (hardware !== HARDWARE_ETHERNET || protocol !== PROTOCOL_IPV4 || lengths !== ADDRESS_LENGTHS)
    return undefined;
  return packet;
}

function writeArp(writer: NetworkWriter, packet: ArpPacket): void {
  writer.u16(HARDWARE_ETHERNET).u16(PROTOCOL_IPV4).u16(ADDRESS_LENGTHS).u16(packet.operation);
  writer.bytes(macBytes(packet.senderMac)).bytes(ipBytes(packet.senderAddress));
  writer.bytes(macBytes(packet.targetMac)).bytes(ipBytes(packet.targetAddress));
}
