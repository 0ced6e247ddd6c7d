/**
 * The VRRP ADVERTISEMENT: version 3 (RFC 9568 §5.1, RFC 5798 §5.1) and version 2 (RFC 3768 §5.1).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------+-------+---------------+---------------+---------------+
 *     |Version| Type  | Virtual Rtr ID|   Priority    |  Addr Count   |
 *     +-------+-------+---------------+---------------+---------------+
 * v3  | (rsvd)|    Max Advertise Int  |           Checksum            |   centiseconds
 * v2  |   Auth Type   |  Adver Int    |           Checksum            |   seconds
 *     +-------+-------+---------------+-------------------------------+
 *     |              Addresses: Addr Count x 4 or 16 bytes            |
 *     +---------------------------------------------------------------+
 * v2  |               Authentication Data: always 8 bytes             |
 *     +---------------------------------------------------------------+
 *
 * Nothing here judges whether an advert is wanted: `validate` does.
 */
import { Bug } from "../net/bug.ts";
import { NetworkReader, NetworkWriter } from "../net/bytes.ts";
import { internetChecksum, pseudoHeaderSum } from "../net/checksum.ts";
import {
  type Family,
  familyOf,
  IP4_SIZE,
  IP6_SIZE,
  type IpAddress,
  ip,
  ipBytes,
  ipFromBytes,
} from "../net/ip.ts";
import { type Duration, micros, millis, seconds, times } from "../net/time.ts";
import type { DropReason } from "./drop.ts";

/** The IP protocol number. */
export const PROTOCOL_VRRP = 112;
/** Adverts are sent with this TTL and accepted with no other: proof that no router forwarded them. */
export const ADVERT_TTL = 255;
/** Where adverts are sent unless the cluster file says otherwise, by family. */
export const MULTICAST_GROUPS = { [4]: ip("224.0.0.18"), [6]: ip("ff02::12") } as const satisfies Record<
  Family,
  IpAddress
>;

export const ADVERTISEMENT = 1;
const HEADER_SIZE = 8;
export const VRID_OFFSET = 1;
export const CHECKSUM_OFFSET = 6;
const AUTH_TYPE_OFFSET = 4;
const AUTH_DATA_SIZE = 8;
/** Makes another checksum of a right one. */
const WRONG = 0x5555;
/** RFC 3768 and RFC 2338 §5.3.6. */
export const NO_AUTHENTICATION = 0;
export const SIMPLE_PASSWORD = 1;
const MAX_ADDRESSES = 255;
const MAX_ADVERTISE_INT_MASK = 0x0fff;
const ADVER_INT_MASK = 0x00ff;
const CENTISECOND = millis(10);
const SECOND = seconds(1);

export interface Advert {
  readonly version: 2 | 3;
  /** 1 … 255 on a healthy wire. */
  readonly vrid: number;
  /** 0: "I am leaving"; 255: the address owner. */
  readonly priority: number;
  /** On the wire whole centiseconds up to 40.95 s (v3), or whole seconds up to 255 s (v2). */
  readonly interval: Duration;
  /** 1 … 255, all of one family. */
  readonly addresses: readonly IpAddress[];
}

/** The first eight bytes, as they stand: nothing in them has been believed yet. */
interface AdvertHeader {
  readonly version: number;
  readonly type: number;
  readonly vrid: number;
  readonly priority: number;
  readonly count: number;
  /** Meaningless unless the version is 2 or 3. */
  readonly interval: Duration;
}

/** The addresses of the IP header around an advert: the checksum needs them. */
export interface Path {
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

export type Decoded =
  | { readonly kind: "advert"; readonly advert: Advert }
  | { readonly kind: "drop"; readonly reason: DropReason };

/** How a message is written, beyond what it says. */
interface Form {
  /** Of version 3 over IPv4: with the pseudo-header (RFC 5798, keepalived sends and demands it), or without (RFC 9568). */
  readonly checksum?: "pseudo-header" | "plain";
  /** Of version 2, at most 8 bytes. */
  readonly password?: string;
}

/** The VRRP message. Throws Bug for values that do not fit the wire. */
export function encodeAdvert(advert: Advert, path: Path, form: Form = {}): Uint8Array {
  const { version, vrid, priority, addresses } = advert;
  const family = familyOf(path.source);
  if (version === 2 && family === 6) throw new Bug("VRRP version 2 knows no IPv6");
  if (addresses.length < 1 || addresses.length > MAX_ADDRESSES)
    throw new Bug(`${addresses.length} addresses`);
  const size = advertSize(version, addresses.length, family);
  const writer = new NetworkWriter(new Uint8Array(size));
  writer
    .u8(version * 0x10 + ADVERTISEMENT)
    .u8(vrid)
    .u8(priority)
    .u8(addresses.length);
  writer.u16(authenticationType(advert, form) * 0x100 + wireInterval(advert)).zeros(2);
  for (const address of addresses) {
    if (familyOf(address) !== family) throw new Bug(`${address} in an advert from ${path.source}`);
    writer.bytes(ipBytes(address));
  }
  if (version === 2) writer.bytes(authenticationData(form.password));
  const bytes = writer.finish();
  const plain = version === 2 || (family === 4 && form.checksum === "plain");
  setChecksum(bytes, plain ? 0 : advertPseudoHeader(bytes, path));
  return bytes;
}

/** The message with what signs it behind it. Over IPv6 the checksum covers both, as it does in every IPv6 payload. */
export function withTrailer(message: Uint8Array, trailer: Uint8Array, path: Path): Uint8Array {
  const bytes = new Uint8Array(message.length + trailer.length);
  bytes.set(message);
  bytes.set(trailer, message.length);
  if (familyOf(path.source) === 6) {
    bytes.fill(0, CHECKSUM_OFFSET, HEADER_SIZE);
    setChecksum(bytes, advertPseudoHeader(bytes, path));
  }
  return bytes;
}

/** The field is 0 before. */
function setChecksum(bytes: Uint8Array, pseudoHeader: number): void {
  const checksum = internetChecksum(bytes, pseudoHeader);
  bytes[CHECKSUM_OFFSET] = checksum >> 8;
  bytes[CHECKSUM_OFFSET + 1] = checksum & 0xff;
}

/**
 * An advert of version 2 (IPv4) or 3 whose length is exactly what its version and count say. The checksum is not
 * verified here: see `checksumIsValid`. `family` is that of the IP header it came in.
 */
export function decodeAdvert(bytes: Uint8Array, family: Family): Decoded {
  const header = decodeHeader(bytes);
  const size = advertSize(header.version, header.count, family);
  if (bytes.length < size) return drop("too-short");
  const { version, vrid, priority, interval } = header;
  if (version !== 3 && (version !== 2 || family === 6)) return drop("wrong-version");
  if (header.type !== ADVERTISEMENT) return drop("wrong-type");
  if (bytes.length > size) return drop("too-long");
  if (header.count === 0) return drop("no-addresses");
  if (interval === 0) return drop("zero-interval");
  const reader = new NetworkReader(bytes.subarray(HEADER_SIZE));
  const addresses = Array.from({ length: header.count }, () => ipFromBytes(reader.take(addressSize(family))));
  return { kind: "advert", advert: { version, vrid, priority, interval, addresses } };
}

/** The header fields; those of a message that is too short are zero. */
export function decodeHeader(bytes: Uint8Array): AdvertHeader {
  const reader = new NetworkReader(bytes);
  const versionAndType = reader.u8();
  const version = versionAndType >> 4;
  const type = versionAndType & 0x0f;
  const [vrid, priority, count, word] = [reader.u8(), reader.u8(), reader.u8(), reader.u16()];
  return { version, type, vrid, priority, count, interval: intervalOf(version, word) };
}

/** The virtual router a message speaks of; 0, which is none, when it is too short to say. */
export function vridOf(bytes: Uint8Array): number {
  return bytes[VRID_OFFSET] ?? 0;
}

/** How many bytes a message of this version with so many addresses has. */
export function advertSize(version: number, count: number, family: Family): number {
  const authData = version === 2 && family === 4 ? AUTH_DATA_SIZE : 0;
  return HEADER_SIZE + count * addressSize(family) + authData;
}

/**
 * Version 3 is accepted with the pseudo-header (RFC 5798, keepalived) and, over IPv4, without it (RFC 9568 §5.2.8,
 * several vendors); version 2 without.
 */
export function checksumIsValid(bytes: Uint8Array, path: Path): boolean {
  const { version } = decodeHeader(bytes);
  const plain = version === 2 || familyOf(path.source) === 4;
  if (plain && internetChecksum(bytes) === 0) return true;
  return version === 3 && coversPseudoHeader(bytes, path);
}

function coversPseudoHeader(bytes: Uint8Array, path: Path): boolean {
  return internetChecksum(bytes, advertPseudoHeader(bytes, path)) === 0;
}

/** How a valid message was summed, where there is a choice: in version 3 over IPv4, without a trailer behind it. */
export function checksumForm(bytes: Uint8Array, path: Path): "pseudo-header" | "plain" | undefined {
  const { version } = decodeHeader(bytes);
  if (version !== 3 || familyOf(path.source) !== 4) return undefined;
  if (coversPseudoHeader(bytes, path)) return "pseudo-header";
  return internetChecksum(bytes) === 0 ? "plain" : undefined;
}

function advertPseudoHeader(bytes: Uint8Array, path: Path): number {
  return pseudoHeaderSum(path.source, path.destination, PROTOCOL_VRRP, bytes.length);
}

/** RFC 3768 §5.3.6: what a version 2 message says to prove who sent it. Nothing else has any. */
export function authenticationOf(bytes: Uint8Array): { readonly type: number; readonly data: Uint8Array } {
  return { type: bytes[AUTH_TYPE_OFFSET] ?? NO_AUTHENTICATION, data: bytes.subarray(-AUTH_DATA_SIZE) };
}

/** RFC 2338 §5.3.10: the simple text password, padded with zeros. Throws Bug when it does not fit. */
export function authenticationData(password: string | undefined): Uint8Array {
  const data = new Uint8Array(AUTH_DATA_SIZE);
  const text = new TextEncoder().encode(password ?? "");
  if (text.length > AUTH_DATA_SIZE) throw new Bug("a password of more than 8 bytes");
  data.set(text);
  return data;
}

/**
 * The same message of version 2, with other authentication data and a checksum that is as right or as wrong as before.
 * Where the length does not fit, nobody asks for either, and nothing but the header is left.
 */
export function withAuthenticationData(message: Uint8Array, family: Family, data: Uint8Array): Uint8Array {
  const { version, count } = decodeHeader(message);
  const bytes = message.slice();
  if (family === 6 || bytes.length !== advertSize(version, count, family)) return bytes.fill(0, HEADER_SIZE);
  const wasRight = internetChecksum(bytes) === 0;
  bytes.set(data, bytes.length - AUTH_DATA_SIZE);
  const checksum = bytes.subarray(CHECKSUM_OFFSET, HEADER_SIZE);
  checksum.fill(0);
  const right = internetChecksum(bytes);
  new NetworkWriter(checksum).u16(wasRight ? right : right ^ WRONG);
  return bytes;
}

function authenticationType({ version }: Advert, { password }: Form): number {
  return version === 2 && password !== undefined ? SIMPLE_PASSWORD : NO_AUTHENTICATION;
}

/** Below the authentication type of v2, and the reserved nibble of v3, which is 0. */
function wireInterval({ version, interval }: Advert): number {
  const [unit, most] = version === 3 ? [CENTISECOND, MAX_ADVERTISE_INT_MASK] : [SECOND, ADVER_INT_MASK];
  const count = interval / unit;
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new Bug(`an interval of ${interval} µs in a version ${version} advert`);
  }
  return count;
}

/** The v3 reserved nibble and the v2 authentication type are ignored. */
function intervalOf(version: number, word: number): Duration {
  if (version === 3) return times(CENTISECOND, word & MAX_ADVERTISE_INT_MASK);
  if (version === 2) return times(SECOND, word & ADVER_INT_MASK);
  return micros(0);
}

function addressSize(family: Family): number {
  return family === 4 ? IP4_SIZE : IP6_SIZE;
}

function drop(reason: DropReason): Decoded {
  return { kind: "drop", reason };
}
