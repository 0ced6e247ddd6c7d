/**
 * The trailer that signs an advert, behind the complete VRRP message (draft-cassen-vrrp-auth-hmac; keepalived's
 * `auth_hmac` since 2.4.2). Nothing in the message itself announces it.
 *
 *      0                   1                   2                   3
 *     +---------------+---------------+-------------------------------+
 *     |   Scheme: 1   |    Key id     |           Reserved: 0         |
 *     +---------------+---------------+-------------------------------+
 *     |                  Seconds, UTC, the low 32 bits                |
 *     +-------------------------------+-------------------------------+
 *     |   Binary fraction of a second |            Counter            |
 *     +-------------------------------+-------------------------------+
 *     |      HMAC-SHA-256, its leftmost 128 bits                      |
 *     +---------------------------------------------------------------+
 *
 * Signed are who says it, the message without its checksum, and the trailer; not the destination, so that one
 * signature serves all peers.
 */
import { Bug } from "../net/bug.ts";
import { NetworkReader, NetworkWriter } from "../net/bytes.ts";
import { familyOf, IP6_SIZE, type IpAddress, ipBytes } from "../net/ip.ts";
import { CHECKSUM_OFFSET, decodeHeader } from "./advert.ts";
import type { Sequence } from "./sequence.ts";

export const TRAILER_SIZE = 28;
const DIGEST_SIZE = 16;
const DIGEST_OFFSET = TRAILER_SIZE - DIGEST_SIZE;
/** HMAC-SHA-256, truncated to 128 bits. */
const SCHEME = 1;
const HEADER_SIZE = 20;
const CHECKSUM_SIZE = 2;
const WORD = 0x1_0000_0000n;

/** HMAC-SHA-256 (RFC 2104) of `data`, all 32 bytes. @param key in hexadecimal digits */
export type Hmac = (key: string, data: Uint8Array) => Uint8Array;

/** For those who have nothing to sign. Throws Bug. */
export function cannotSign(): never {
  throw new Bug("nothing to sign with was given");
}

interface Trailer {
  readonly keyId: number;
  readonly sequence: Sequence;
  readonly digest: Uint8Array;
}

export interface Key {
  /** 1 … 255. */
  readonly id: number;
  /** 32 … 64 bytes, in hexadecimal digits. */
  readonly secret: string;
}

/** For a message from `source`, whatever its checksum. */
export function signatureOf(
  message: Uint8Array,
  source: IpAddress,
  { id, secret }: Key,
  sequence: Sequence,
  hmac: Hmac,
): Uint8Array {
  const unsigned = new NetworkWriter(new Uint8Array(TRAILER_SIZE))
    .u8(SCHEME)
    .u8(id)
    .zeros(2)
    .u32(Number(sequence / WORD))
    .u32(Number(sequence % WORD))
    .zeros(DIGEST_SIZE)
    .finish();
  return withDigest(unsigned, digestOf(message, source, unsigned, secret, hmac));
}

/** The same trailer, signed so. */
export function withDigest(trailer: Uint8Array, digest: Uint8Array): Uint8Array {
  const signed = trailer.slice();
  signed.set(digest, DIGEST_OFFSET);
  return signed;
}

/** `undefined` for a scheme that is not known, or reserved bits that are set. */
export function decodeTrailer(bytes: Uint8Array): Trailer | undefined {
  const reader = new NetworkReader(bytes);
  const [scheme, keyId, reserved] = [reader.u8(), reader.u8(), reader.u16()];
  const sequence = BigInt(reader.u32()) * WORD + BigInt(reader.u32());
  const digest = reader.take(DIGEST_SIZE);
  const known = reader.error === undefined && scheme === SCHEME && reserved === 0 && keyId > 0;
  return known ? { keyId, sequence, digest } : undefined;
}

/** What the trailer's digest ought to be. */
export function digestOf(
  message: Uint8Array,
  source: IpAddress,
  trailer: Uint8Array,
  secret: string,
  hmac: Hmac,
): Uint8Array {
  const { version, vrid } = decodeHeader(message);
  const address = ipBytes(source);
  const signed = new NetworkWriter(new Uint8Array(HEADER_SIZE + message.length + TRAILER_SIZE))
    .u8(familyOf(source))
    .u8(version)
    .u8(vrid)
    .zeros(1)
    .bytes(address)
    .zeros(IP6_SIZE - address.length)
    .bytes(message.subarray(0, CHECKSUM_OFFSET))
    .zeros(CHECKSUM_SIZE)
    .bytes(message.subarray(CHECKSUM_OFFSET + CHECKSUM_SIZE))
    .bytes(trailer.subarray(0, DIGEST_OFFSET))
    .zeros(DIGEST_SIZE)
    .finish();
  return hmac(secret, signed).subarray(0, DIGEST_SIZE);
}
