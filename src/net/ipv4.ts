/**
 * The IPv4 header (RFC 791 §3.1), as raw sockets and captures deliver it.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------+-------+---------------+-------------------------------+
 *     |Version|  IHL  |Type of Service|          Total Length         |
 *     +-------+-------+---------------+-----+-------------------------+
 *     |         Identification        |Flags|      Fragment Offset    |
 *     +---------------+---------------+-----+-------------------------+
 *     |  Time to Live |    Protocol   |         Header Checksum       |
 *     +---------------+---------------+-------------------------------+
 *     |              Source Address, Destination Address              |
 *     +---------------------------------------------------------------+
 *     |              Options, up to IHL x 4 bytes in all              |
 *     +---------------------------------------------------------------+
 */
import { NetworkReader, NetworkWriter } from "./bytes.ts";
import { internetChecksum } from "./checksum.ts";
import { IP4_SIZE, type IpAddress, ipBytes, ipFromBytes } from "./ip.ts";

const MIN_HEADER_SIZE = 20;
const VERSION_AND_SHORTEST_LENGTH = 0x45;
const CHECKSUM_OFFSET = 10;
const MORE_FRAGMENTS_AND_OFFSET = 0x3fff;

interface Ip4Packet {
  readonly typeOfService: number;
  readonly timeToLive: number;
  readonly protocol: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** A view of the given bytes: without options in front and padding behind. */
  readonly payload: Uint8Array;
}

/** Not fragmented, so that its identification says nothing (RFC 6864 §4). */
export function encodeIp4(packet: Ip4Packet): Uint8Array {
  const { typeOfService, timeToLive, protocol, source, destination, payload } = packet;
  const writer = new NetworkWriter(new Uint8Array(MIN_HEADER_SIZE + payload.length));
  writer.u8(VERSION_AND_SHORTEST_LENGTH).u8(typeOfService);
  writer.u16(MIN_HEADER_SIZE + payload.length).zeros(4);
  writer.u8(timeToLive).u8(protocol).zeros(2);
  writer.bytes(ipBytes(source)).bytes(ipBytes(destination)).bytes(payload);
  const bytes = writer.finish();
  const checksum = internetChecksum(bytes.subarray(0, MIN_HEADER_SIZE));
  new NetworkWriter(bytes.subarray(CHECKSUM_OFFSET, CHECKSUM_OFFSET + 2)).u16(checksum);
  return bytes;
}

/** A whole packet with a right header checksum; `undefined` for anything else, fragments included. */
export function decodeIp4(bytes: Uint8Array): Ip4Packet | undefined {
  const reader = new NetworkReader(bytes);
  const versionAndLength = reader.u8();
  const headerSize = (versionAndLength & 0x0f) * 4;
  const [typeOfService, totalLength] = [reader.u8(), reader.u16()];
  if (versionAndLength >> 4 !== 4 || headerSize < MIN_HEADER_SIZE) return undefined;
  if (totalLength < headerSize || totalLength > bytes.length) return undefined;
  if (internetChecksum(bytes.subarray(0, headerSize)) !== 0) return undefined;
  reader.skip(2);
  if ((reader.u16() & MORE_FRAGMENTS_AND_OFFSET) !== 0) return undefined;
  const [timeToLive, protocol] = [reader.u8(), reader.u8()];
  reader.skip(2);
  const source = ipFromBytes(reader.take(IP4_SIZE));
  const destination = ipFromBytes(reader.take(IP4_SIZE));
  const payload = bytes.subarray(headerSize, totalLength);
  return { typeOfService, timeToLive, protocol, source, destination, payload };
}
