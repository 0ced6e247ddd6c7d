/**
 * Echo request and reply of ICMP (RFC 792) and ICMPv6 (RFC 4443 §4), as raw sockets send and deliver them.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+-------------------------------+
 *     |     Type      |   Code (0)    |           Checksum            |
 *     +---------------+---------------+-------------------------------+
 *     |           Identifier          |        Sequence Number        |
 *     +---------------+---------------+-------------------------------+
 *     |  Data, which the reply repeats ...                            |
 *     +---------------------------------------------------------------+
 */
import { NetworkReader, NetworkWriter } from "./bytes.ts";
import { internetChecksum } from "./checksum.ts";
import type { Family } from "./ip.ts";
import { PROTOCOL_ICMPV6 } from "./ndp.ts";

const PROTOCOL_ICMP = 1;
const HEADER_SIZE = 8;
const CHECKSUM_OFFSET = 2;
export const IDENTIFIER_OFFSET = 4;

const REQUEST = { 4: 8, 6: 128 } as const;
export const ECHO_REPLY = { 4: 0, 6: 129 } as const;

interface Echo {
  /** Of who asks, 16 bits. */
  readonly identifier: number;
  /** 16 bits. */
  readonly sequence: number;
  readonly data: Uint8Array;
}

export function echoProtocol(family: Family): number {
  return family === 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6;
}

/** Over IPv6 without a checksum: the kernel, which knows the source address, fills it in (RFC 3542 §3.1). */
export function encodeEchoRequest(family: Family, { identifier, sequence, data }: Echo): Uint8Array {
  const message = new NetworkWriter(new Uint8Array(HEADER_SIZE + data.length))
    .u8(REQUEST[family])
    .zeros(3)
    .u16(identifier)
    .u16(sequence)
    .bytes(data)
    .finish();
  if (family === 4) {
    const checksum = message.subarray(CHECKSUM_OFFSET, IDENTIFIER_OFFSET);
    new NetworkWriter(checksum).u16(internetChecksum(message));
  }
  return message;
}

/** `undefined`: no reply, or a broken one. Over IPv6 the kernel has verified the checksum. */
export function decodeEchoReply(family: Family, message: Uint8Array): Echo | undefined {
  const reader = new NetworkReader(message);
  const [type, code] = [reader.u8(), reader.u8()];
  reader.skip(2);
  const [identifier, sequence] = [reader.u16(), reader.u16()];
  const data = reader.take(reader.remaining);
  if (reader.error !== undefined || type !== ECHO_REPLY[family] || code !== 0) return undefined;
  if (family === 4 && internetChecksum(message) !== 0) return undefined;
  return { identifier, sequence, data };
}
