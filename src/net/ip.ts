/**
 * IP addresses as canonical text (RFC 5952 for IPv6), branded.
 *
 * Text makes a key, compares with ===, travels through JSON and reads well in a log; bytes are made at the wire.
 */
import { Bug } from "./bug.ts";
import { sumWords } from "./bytes.ts";

declare const ipBrand: unique symbol;

/** An IPv4 or IPv6 address in its one canonical spelling. */
export type IpAddress = string & { readonly [ipBrand]: true };
export type Family = 4 | 6;

export const IP4_SIZE = 4;
export const IP6_SIZE = 16;
const IP6_GROUPS = 8;

/** The canonical address, or `undefined` when the text is none (zone ids, leading zeros and prefixes are none). */
export function parseIp(text: string): IpAddress | undefined {
  if (text.includes(":")) {
    const bytes = parseIp6(text);
    return bytes === undefined ? undefined : ipFromBytes(bytes);
  }
  // IPv4 has one spelling.
  return parseIp4(text, SCRATCH) !== undefined && isCanonical(text) ? text : undefined;
}

/** An address known to be well formed: a constant of ours. Throws Bug otherwise. */
export function ip(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new Bug(`not an IP address: ${text}`);
  return address;
}

export function familyOf(address: IpAddress): Family {
  return address.includes(":") ? 6 : 4;
}

export function isMulticast(address: IpAddress): boolean {
  if (familyOf(address) === 6) return /^ff[0-9a-f]{2}:/.test(address);
  const first = Number.parseInt(address, 10);
  return first >= 224 && first < 240;
}

/** fe80::/10 (RFC 4291 §2.4); of IPv4 none counts. */
export function isLinkLocal(address: IpAddress): boolean {
  return /^fe[89ab][0-9a-f]:/.test(address);
}

/** 4 or 16 bytes in network order. */
export function ipBytes(address: IpAddress): Uint8Array {
  const bytes = address.includes(":") ? parseIp6(address) : parseIp4(address);
  if (bytes === undefined) throw new Bug(`not an IP address: ${address}`);
  return bytes;
}

/** The sum of its 16-bit words: what it adds to the checksum of a pseudo-header. */
export function ipWords(address: IpAddress): number {
  const bytes = address.includes(":") ? parseIp6(address) : parseIp4(address, SCRATCH);
  if (bytes === undefined) throw new Bug(`not an IP address: ${address}`);
  return sumWords(bytes);
}

/** From 4 or 16 bytes in network order; the bytes are copied. Throws Bug for any other length. */
export function ipFromBytes(bytes: Uint8Array): IpAddress {
  const text = bytes.length === IP4_SIZE ? formatIp4(bytes) : formatIp6(bytes);
  if (!isCanonical(text)) throw new Bug(`not an IP address: ${text}`);
  return text;
}

/** Unsigned big-endian comparison, as VRRP's tie-break wants it; IPv4 sorts before IPv6. */
export function compareIp(left: IpAddress, right: IpAddress): number {
  const a = ipBytes(left);
  const b = ipBytes(right);
  if (a.length !== b.length) return a.length - b.length;
  for (const [index, byte] of a.entries()) {
    const difference = byte - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** One after the other, both ends included; the last is of the same family, and not before the first. */
export function* ipRange(first: IpAddress, last: IpAddress): Generator<IpAddress, void> {
  const bytes = ipBytes(first);
  for (let address = first; ; address = ipFromBytes(bytes)) {
    yield address;
    if (address === last) return;
    // What is full begins again, and carries.
    let place = bytes.length - 1;
    while (place >= 0 && bytes[place] === 255) bytes[place--] = 0;
    if (place < 0) return;
    bytes[place] = (bytes[place] ?? 0) + 1;
  }
}

function isCanonical(text: string): text is IpAddress {
  return text.length > 0;
}

const [DOT, ZERO, NINE] = [0x2e, 0x30, 0x39] as const;
const NO_DIGIT = -1;
/** For bytes that nobody keeps. */
const SCRATCH = new Uint8Array(IP4_SIZE);

/** Character by character: a director of a thousand routers does this very often when they claim together. */
function parseIp4(text: string, bytes = new Uint8Array(IP4_SIZE)): Uint8Array | undefined {
  let place = 0;
  let value = NO_DIGIT;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (value === NO_DIGIT || place === IP4_SIZE - 1) return undefined;
      bytes[place++] = value;
      value = NO_DIGIT;
      continue;
    }
    // A number that went on after a zero would have a leading one.
    if (code < ZERO || code > NINE || value === 0) return undefined;
    value = value === NO_DIGIT ? code - ZERO : 10 * value + code - ZERO;
    if (value > 255) return undefined;
  }
  if (value === NO_DIGIT || place !== IP4_SIZE - 1) return undefined;
  bytes[place] = value;
  return bytes;
}

function parseIp6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0] ?? "", halves.length === 1);
  const tail = groupsOf(halves[1] ?? "", true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = IP6_GROUPS - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The 16-bit groups of one side of `::`; a dotted quad may end the address. */
function groupsOf(side: string, last: boolean): number[] | undefined {
  if (side === "") return [];
  const parts = side.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.includes(".")) {
      const quad = last && index === parts.length - 1 ? parseIp4(part) : undefined;
      if (quad === undefined) return undefined;
      const [a = 0, b = 0, c = 0, d = 0] = quad;
      groups.push((a << 8) | b, (c << 8) | d);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function formatIp4([a, b, c, d]: Uint8Array): string {
  return `${a}.${b}.${c}.${d}`;
}

function formatIp6(bytes: Uint8Array): string {
  if (bytes.length !== IP6_SIZE) throw new Bug(`an IP address of ${bytes.length} bytes`);
  const groups = Array.from({ length: IP6_GROUPS }, (_, index) => {
    return ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0);
  });
  const text = groups.map((group) => group.toString(16));
  const gap = longestZeroRun(groups);
  if (gap.length < 2) return text.join(":");
  return `${text.slice(0, gap.start).join(":")}::${text.slice(gap.start + gap.length).join(":")}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
