/** Classic BPF in small steps: each passes on to the next or drops the packet; the last one accepts it. */
import type { Filter } from "dgram-extras";
import { type IpAddress, ipBytes } from "../net/ip.ts";

const LOAD_WORD = 0x20;
const LOAD_BYTE = 0x30;
const LOAD_LENGTH = 0x80;
const LOAD_HEADER_LENGTH = 0xb1;
const LOAD_NO_HEADER = 0x01;
const LOAD_BYTE_AFTER_HEADER = 0x50;
const SUBTRACT_HEADER = 0x1c;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const RETURN = 0x06;
/** SKF_AD_OFF + SKF_AD_IFINDEX */
const INTERFACE_INDEX = (-0x1000 + 8) >>> 0;
const WHOLE_PACKET = 0xffff;
const LAST_WORD = 4;

const DROP = { code: RETURN, jt: 0, jf: 0, k: 0 } as const;
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
