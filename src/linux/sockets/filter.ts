/** Classic BPF in small steps: each passes on to the next or drops the packet; the last one accepts it. */
import type { Filter } from "dgram-extras";
import { type Family, type IpAddress, ipBytes } from "../../net/ip.ts";

const LOAD_WORD = 0x20;
const LOAD_BYTE = 0x30;
const LOAD_LENGTH = 0x80;
const LOAD_HEADER_LENGTH = 0xb1;
const LOAD_NO_HEADER = 0x01;
const LOAD_BYTE_AFTER_HEADER = 0x50;
const SUBTRACT_HEADER = 0x1c;
const JUMP = 0x05;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const RETURN = 0x06;
/** SKF_AD_OFF + SKF_AD_IFINDEX */
const INTERFACE_INDEX = (-0x1000 + 8) >>> 0;
const WHOLE_PACKET = 0xffff;
const LAST_WORD = 4;

const DROP = { code: RETURN, jt: 0, jf: 0, k: 0 } as const;
export const REFUSE: Filter = [DROP];
export const ACCEPT: Filter = [{ code: RETURN, jt: 0, jf: 0, k: WHOLE_PACKET }];

export function isByte(offset: number, value: number): Filter {
  return [load(LOAD_BYTE, offset), { code: JUMP_EQUAL, jt: 1, jf: 0, k: value }, DROP];
}

export function isByteAtLeast(offset: number, least: number): Filter {
  return [load(LOAD_BYTE, offset), { code: JUMP_AT_LEAST, jt: 1, jf: 0, k: least }, DROP];
}

export function isWord(offset: number, value: number): Filter {
  return [load(LOAD_WORD, offset), { code: JUMP_EQUAL, jt: 1, jf: 0, k: value }, DROP];
}

/** What it is received on; the packet may be any part of the frame. */
export function isOnInterface(indexes: readonly number[]): Filter {
  const count = indexes.length;
  const jumps = indexes.map((k, index) => ({ code: JUMP_EQUAL, jt: count - index, jf: 0, k }));
  return [load(LOAD_WORD, INTERFACE_INDEX), ...jumps, DROP];
}

/** Before the steps below: where the payload of an IPv4 packet begins. @param begin of the packet */
export function findPayload(begin = 0): Filter {
  return [load(LOAD_HEADER_LENGTH, begin)];
}

export function isPayloadByte(offset: number, value: number): Filter {
  return [load(LOAD_BYTE_AFTER_HEADER, offset), { code: JUMP_EQUAL, jt: 1, jf: 0, k: value }, DROP];
}

export function isPayloadByteAtLeast(offset: number, least: number): Filter {
  return [load(LOAD_BYTE_AFTER_HEADER, offset), { code: JUMP_AT_LEAST, jt: 1, jf: 0, k: least }, DROP];
}

/** Instead of `findPayload`, where nothing else is seen: on a raw IPv6 socket. */
export function isAllPayload(): Filter {
  return [load(LOAD_NO_HEADER, 0)];
}

/** A payload that ends before this byte is accepted at once: whoever reads it says what is wrong with it. */
export function acceptWithoutPayloadByte(offset: number): Filter {
  const least = offset + 1;
  return [
    load(LOAD_LENGTH, 0),
    { code: SUBTRACT_HEADER, jt: 0, jf: 0, k: 0 },
    { code: JUMP_AT_LEAST, jt: 1, jf: 0, k: least },
    ...ACCEPT,
  ];
}

/** How to find the bytes of a datagram on a raw socket. */
const LAYOUTS = {
  [4]: { header: 20, first: 0x45, ttl: 8, source: 12, destination: 16 },
  [6]: { header: 0, first: undefined, ttl: 7, source: 8, destination: 24 },
} as const;
/** SKF_NET_OFF: from here on offsets count from the IP header, which a raw IPv6 socket does not see otherwise. */
const IP_HEADER = -0x100000;

/** A whole datagram, but for the fields of its IP header that say nothing. */
interface Whole {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly ttl: number;
  /** A multiple of four, and few: see `mayBeWhole`. */
  readonly bytes: Uint8Array;
}

const LONGEST_WHOLE = 256;
/** To ask one after the other costs no more than to halve them. */
const FEW = 3;

export function mayBeWhole({ bytes }: Pick<Whole, "bytes">): boolean {
  return bytes.length > 0 && bytes.length <= LONGEST_WHOLE && bytes.length % LAST_WORD === 0;
}

/** On a raw socket: does `hit`, one step, for a datagram that is one of these word for word, and goes on for others. */
export function ifWhole(family: Family, datagrams: readonly Whole[], hit: Filter): Filter {
  const ends = new Map<string, Whole[]>();
  for (const one of datagrams) {
    const key = `${one.source} ${one.destination} ${one.ttl} ${one.bytes.length}`;
    const alike = ends.get(key);
    if (alike === undefined) ends.set(key, [one]);
    else alike.push(one);
  }
  let steps: Filter = [];
  for (const alike of ends.values()) {
    const [first] = alike;
    if (first !== undefined) steps = [...ifAlike(family, first, alike, hit, steps.length), ...steps];
  }
  return steps;
}

/** @param rest how many steps there are behind these */
function ifAlike(
  family: Family,
  { source, destination, ttl, bytes }: Whole,
  alike: readonly Whole[],
  hit: Filter,
  rest: number,
): Filter {
  const layout = LAYOUTS[family];
  const words = alike
    .map((one) => wordsOf(one.bytes))
    .toSorted((one, other) => firstOf(one) - firstOf(other));
  const tests: Filter[] = [
    [load(LOAD_LENGTH, 0), equal(layout.header + bytes.length)],
    [load(LOAD_BYTE, inIpHeader(layout.ttl)), equal(ttl)],
    ...areWords(layout.source, ipBytes(source)),
    ...areWords(layout.destination, ipBytes(destination)),
  ];
  if (layout.first !== undefined) tests.push([load(LOAD_BYTE, inIpHeader(0)), equal(layout.first)]);
  let steps: Filter = [load(LOAD_WORD, layout.header), ...search(words, layout.header, hit, rest)];
  for (const test of tests) steps = [...test, jump(steps.length), ...steps];
  return steps;
}

/**
 * The first word is loaded. By halves, because many routers speak here, and the kernel asks with every packet of theirs.
 *
 * @param sorted by their first words
 * @param behind how many steps there are behind these
 */
function search(sorted: readonly (readonly number[])[], begin: number, hit: Filter, behind: number): Filter {
  const pivot = firstOf(sorted[sorted.length >> 1]);
  const middle = sorted.findIndex((words) => firstOf(words) === pivot);
  if (sorted.length <= FEW || middle <= 0) return ifAnyOf(sorted, begin, hit, behind);
  const upper = search(sorted.slice(middle), begin, hit, behind);
  const lower = search(sorted.slice(0, middle), begin, hit, behind + upper.length);
  return [{ code: JUMP_AT_LEAST, jt: 0, jf: 1, k: pivot }, jump(lower.length), ...lower, ...upper];
}

/** One after the other. */
function ifAnyOf(all: readonly (readonly number[])[], begin: number, hit: Filter, behind: number): Filter {
  let steps: Filter = [jump(behind)];
  for (const words of all) steps = [...ifWords(words, begin, hit, behind + steps.length), ...steps];
  return steps;
}

/** The first word is loaded; it is another one's, or this one's with all the others, or nobody's. */
function ifWords([first, ...others]: readonly number[], begin: number, hit: Filter, behind: number): Filter {
  const tests = others.flatMap((k, index) => {
    const left = 2 * (others.length - index - 1) + hit.length;
    return [load(LOAD_WORD, begin + LAST_WORD * (index + 1)), { code: JUMP_EQUAL, jt: 0, jf: left, k }];
  });
  const steps = [...tests, ...hit, jump(behind)];
  return [{ code: JUMP_EQUAL, jt: 0, jf: steps.length, k: first ?? 0 }, ...steps];
}

function firstOf(words: readonly number[] | undefined): number {
  return words?.[0] ?? 0;
}

function areWords(offset: number, bytes: Uint8Array): Filter[] {
  return wordsOf(bytes).map((word, index) => [
    load(LOAD_WORD, inIpHeader(offset + LAST_WORD * index)),
    equal(word),
  ]);
}

function wordsOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / LAST_WORD }, (_, index) => view.getUint32(LAST_WORD * index));
}

function inIpHeader(offset: number): number {
  return (IP_HEADER + offset) >>> 0;
}

/** Past the next step, or on to it. */
function equal(k: number) {
  return { code: JUMP_EQUAL, jt: 1, jf: 0, k };
}

function jump(k: number) {
  return { code: JUMP, jt: 0, jf: 0, k };
}

/** The kernel takes 4,096 instructions in a filter, and older ones have memory for some 1,300. */
const MOST_ADDRESSES = 500;

/** The last step: the four bytes before `end` are the last four of one of these, if they are few. It accepts. */
export function isLastWordOf(end: number, addresses: readonly IpAddress[]): Filter {
  if (addresses.length > MOST_ADDRESSES) return ACCEPT;
  return [load(LOAD_WORD, end - LAST_WORD), ...isOneOf(addresses.map(lastWord))];
}

/** The last step: this byte of the payload is one of these. It accepts. */
export function isPayloadByteOf(offset: number, values: readonly number[]): Filter {
  return [load(LOAD_BYTE_AFTER_HEADER, offset), ...isOneOf(values)];
}

function isOneOf(values: readonly number[]): Filter {
  return [...values.flatMap((k) => [{ code: JUMP_EQUAL, jt: 0, jf: 1, k }, ...ACCEPT]), DROP];
}

function load(code: number, k: number) {
  return { code, jt: 0, jf: 0, k };
}

function lastWord(address: IpAddress): number {
  const bytes = ipBytes(address);
  return new DataView(bytes.buffer).getUint32(bytes.length - LAST_WORD);
}
