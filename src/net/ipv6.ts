/**
 * The IPv6 header (RFC 8200 §3), as captures deliver it.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------+---------------+---------------------------------------+
 *     |Version| Traffic Class |              Flow Label               |
 *     +-------+---------------+-------+---------------+---------------+
 *     |        Payload Length         |  Next Header  |   Hop Limit   |
 *     +-------------------------------+---------------+---------------+
 *     |      Source Address, Destination Address (16 bytes each)      |
 *     +---------------------------------------------------------------+
 */
import { NetworkReader, NetworkWriter } from "./bytes.ts";
import { IP6_SIZE, type IpAddress, ipBytes, ipFromBytes } from "./ip.ts";

export const IP6_HEADER_SIZE = 40;
const VERSION = 6;

interface Ip6Packet {
  readonly trafficClass: number;
  /** The protocol of the payload, unless there are extension headers: they are not looked into. */
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** A view of the given bytes: without padding behind. */
  readonly payload: Uint8Array;
}

export function encodeIp6(packet: Ip6Packet): Uint8Array {
  const { trafficClass, nextHeader, hopLimit, source, destination, payload } = packet;
  const writer = new NetworkWriter(new Uint8Array(IP6_HEADER_SIZE + payload.length));
  writer
    .u16(VERSION * 0x1000 + trafficClass * 0x10)
    .zeros(2)
    .u16(payload.length)
    .u8(nextHeader)
    .u8(hopLimit);
  return writer.bytes(ipBytes(source)).bytes(ipBytes(destination)).bytes(payload).finish();
}

/** `undefined` for what is no whole packet. */
export function decodeIp6(bytes: Uint8Array): Ip6Packet | undefined {
  const reader = new NetworkReader(bytes);
  const versionAndClass = reader.u16();
  reader.skip(2);
  const [length, nextHeader, hopLimit] = [reader.u16(), reader.u8(), reader.u8()];
  const source = ipFromBytes(reader.take(IP6_SIZE));
  const destination = ipFromBytes(reader.take(IP6_SIZE));
  if (length > reader.remaining) return undefined;
  const payload = reader.take(length);
  if (reader.error !== undefined || versionAndClass >> 12 !== VERSION) return undefined;
  const trafficClass = (versionAndClass >> 4) & 0xff;
  return { trafficClass, nextHeader, hopLimit, source, destination, payload };
}
