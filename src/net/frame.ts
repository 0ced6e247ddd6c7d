/** One IP packet of either family as a whole Ethernet frame, for senders whose MAC address is not their interface's. */
import { NetworkReader, NetworkWriter } from "./bytes.ts";
import { ETHERNET_SIZE, ETHERTYPE_IPV4, ETHERTYPE_IPV6, readEthernet, writeEthernet } from "./ethernet.ts";
import { familyOf, type IpAddress, ipBytes } from "./ip.ts";
import { decodeIp4, encodeIp4 } from "./ipv4.ts";
import { decodeIp6, encodeIp6 } from "./ipv6.ts";
import { type MacAddress, macFromBytes } from "./mac.ts";

interface Carried {
  /** Type of service, or traffic class. */
  readonly tos: number;
  /** Time to live, or hop limit. */
  readonly ttl: number;
  readonly protocol: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly payload: Uint8Array;
}

/** @param packet its destination is a multicast group: the frame's follows from it */
export function encodeFrame(mac: MacAddress, packet: Carried): Uint8Array {
  const { tos, ttl, protocol, source, destination, payload } = packet;
  const ends = { source, destination, payload };
  const ip4 = familyOf(destination) === 4;
  const bytes = ip4
    ? encodeIp4({ typeOfService: tos, timeToLive: ttl, protocol, ...ends })
    : encodeIp6({ trafficClass: tos, hopLimit: ttl, nextHeader: protocol, ...ends });
  const writer = new NetworkWriter(new Uint8Array(ETHERNET_SIZE + bytes.length));
  const type = ip4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
  writeEthernet(writer, { destination: groupMac(destination), source: mac, type });
  return writer.bytes(bytes).finish();
}

/** `undefined` for what is neither IPv4 nor IPv6, or not whole. */
export function decodeFrame(frame: Uint8Array): Carried | undefined {
  const reader = new NetworkReader(frame);
  const { type } = readEthernet(reader);
  if (reader.error !== undefined) return undefined;
  const bytes = frame.subarray(ETHERNET_SIZE);
  if (type === ETHERTYPE_IPV4) {
    const packet = decodeIp4(bytes);
    return packet && { ...packet, tos: packet.typeOfService, ttl: packet.timeToLive };
  }
  if (type !== ETHERTYPE_IPV6) return undefined;
  const packet = decodeIp6(bytes);
  return packet && { ...packet, tos: packet.trafficClass, ttl: packet.hopLimit, protocol: packet.nextHeader };
}

/** RFC 1112 §6.4: the last 23 bits of the group; RFC 2464 §7: the last 32. */
function groupMac(group: IpAddress): MacAddress {
  const bytes = ipBytes(group);
  const [, second = 0, third = 0, fourth = 0] = bytes;
  if (familyOf(group) === 4)
    return macFromBytes(Uint8Array.of(0x01, 0x00, 0x5e, second & 0x7f, third, fourth));
  return macFromBytes(Uint8Array.of(0x33, 0x33, ...bytes.subarray(-4)));
}
