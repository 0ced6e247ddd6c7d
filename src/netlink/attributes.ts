/**
 * Netlink attributes (`struct nlattr`), read and written: length u16, type u16, payload, padding to four bytes.
 *
 * Bit 15 of the type says that attributes are nested inside, bit 14 that the payload is in network order. The kernel
 * sets neither reliably, so reading ignores both. Unknown attributes are skipped; of several with one type the last
 * counts, as in the kernel.
 */
import { alignAttribute, NLA_HDRLEN } from "./align.ts";
import { HostReader, HostWriter, readNumber } from "./host-bytes.ts";

const NLA_F_NESTED = 0x8000;
export const NLA_TYPE_MASK = 0x3fff;
const NOWHERE = -1;

/** What went wrong first in a whole tree of attributes. */
interface Fault {
  error: string | undefined;
}

/**
 * Every getter gives `undefined` for an attribute that is absent. One of the wrong size is absent, too, and is the
 * error that this tree of attributes remembers: read straight down and ask `error` once, at the end.
 *
 * Nothing is made of an attribute before it is asked for: tables of the kernel come as hundreds of thousands of them.
 */
export class Attributes {
  readonly #bytes: Uint8Array;
  /** Up to here they are sound. */
  readonly #end: number;
  readonly #fault: Fault;

  /** @param bytes from the header of the first attribute to the end of the last */
  constructor(bytes: Uint8Array, fault: Fault = { error: undefined }) {
    this.#bytes = bytes;
    this.#fault = fault;
    this.#end = fault.error === undefined ? endOfSound(bytes) : 0;
    if (this.#end < bytes.length) attributesIn(bytes, fault); // tells what is wrong
  }

  get error(): string | undefined {
    return this.#fault.error;
  }

  u8(type: number): number | undefined {
    return this.#number(type, 1);
  }

  u16(type: number): number | undefined {
    return this.#number(type, 2);
  }

  u32(type: number): number | undefined {
    return this.#number(type, 4);
  }

  /** Of either 4 or 8 bytes. */
  counter(type: number): number | undefined {
    const start = this.#find(type);
    return this.#number(type, start !== NOWHERE && this.#sizeAt(start) === 8 ? 8 : 4);
  }

  /** A port: netlink's rare numbers in network order have a name of their own. */
  networkU16(type: number): number | undefined {
    const value = this.u16(type);
    return value === undefined ? undefined : swapU16(value);
  }

  networkU32(type: number): number | undefined {
    const value = this.u32(type);
    return value === undefined ? undefined : swapU32(value);
  }

  /** Up to its NUL, or to the end without one. */
  text(type: number): string | undefined {
    const bytes = this.bytes(type);
    return bytes === undefined ? undefined : textFrom(bytes);
  }

  /** A view of the payload, not a copy. */
  bytes(type: number): Uint8Array | undefined {
    const start = this.#find(type);
    if (start === NOWHERE) return undefined;
    const payload = start + NLA_HDRLEN;
    return this.#bytes.subarray(payload, payload + this.#sizeAt(start));
  }

  nested(type: number): Attributes | undefined {
    const bytes = this.bytes(type);
    return bytes === undefined ? undefined : new Attributes(bytes, this.#fault);
  }

  /** Of an attribute that holds a list: what is inside each member, in order; none when it is absent. */
  list(type: number): Attributes[] {
    const members = attributesIn(this.bytes(type) ?? new Uint8Array(), this.#fault);
    return members.map(({ payload }) => new Attributes(payload, this.#fault));
  }

  /** Of an attribute that holds a list of them. */
  texts(type: number): string[] {
    const members = attributesIn(this.bytes(type) ?? new Uint8Array(), this.#fault);
    return members.map(({ payload }) => textFrom(payload));
  }

  /** Where the last one of a type begins. */
  #find(type: number): number {
    let found = NOWHERE;
    for (let start = 0; start < this.#end; ) {
      if ((readNumber(this.#bytes, start + 2, 2) & NLA_TYPE_MASK) === type) found = start;
      start += alignAttribute(readNumber(this.#bytes, start, 2));
    }
    return found;
  }

  /** Of the payload. */
  #sizeAt(start: number): number {
    return readNumber(this.#bytes, start, 2) - NLA_HDRLEN;
  }

  #number(type: number, size: number): number | undefined {
    const start = this.#find(type);
    if (start === NOWHERE) return undefined;
    const found = this.#sizeAt(start);
    if (found === size) return readNumber(this.#bytes, start + NLA_HDRLEN, size);
    this.#fault.error ??= `attribute ${type} has ${found} bytes instead of ${size}`;
    return undefined;
  }
}

/** Up to where one sound attribute follows the other. The padding of the last one may be missing. */
function endOfSound(bytes: Uint8Array): number {
  let start = 0;
  while (start + NLA_HDRLEN <= bytes.length) {
    const length = readNumber(bytes, start, 2);
    if (length < NLA_HDRLEN || start + length > bytes.length) return start;
    start += alignAttribute(length);
  }
  return Math.min(start, bytes.length);
}

export interface Attribute {
  readonly type: number;
  /** It says itself that attributes are nested inside. */
  readonly nested: boolean;
  /** A view, not a copy. */
  readonly payload: Uint8Array;
}

/** One behind the other, up to the first that is none: the fault. */
export function attributesIn(bytes: Uint8Array, fault: Fault = { error: undefined }): Attribute[] {
  const found: Attribute[] = [];
  const reader = new HostReader(bytes);
  while (reader.remaining > 0) {
    const length = reader.u16();
    const written = reader.u16();
    if (reader.error === undefined && length < NLA_HDRLEN) fault.error ??= `an attribute of ${length} bytes`;
    if (fault.error !== undefined) break;
    const payload = reader.view(length - NLA_HDRLEN);
    if (reader.error !== undefined) break;
    found.push({ type: written & NLA_TYPE_MASK, nested: (written & NLA_F_NESTED) !== 0, payload });
    // The padding of the last attribute may be missing.
    reader.skip(Math.min(alignAttribute(length) - length, reader.remaining));
  }
  fault.error ??= reader.error;
  return found;
}

/** The twin of `Attributes`, with the same names. */
export class AttributeWriter {
  readonly #out: HostWriter;

  /** Appends to `out`, which is aligned. */
  constructor(out: HostWriter = new HostWriter()) {
    this.#out = out;
  }

  u8(type: number, value: number): this {
    const start = this.#begin(type);
    this.#out.u8(value);
    return this.#end(start);
  }

  u16(type: number, value: number): this {
    const start = this.#begin(type);
    this.#out.u16(value);
    return this.#end(start);
  }

  u32(type: number, value: number): this {
    const start = this.#begin(type);
    this.#out.u32(value);
    return this.#end(start);
  }

  /** A structure of two. */
  u32Pair(type: number, first: number, second: number): this {
    const start = this.#begin(type);
    this.#out.u32(first).u32(second);
    return this.#end(start);
  }

  networkU16(type: number, value: number): this {
    return this.u16(type, swapU16(value));
  }

  networkU32(type: number, value: number): this {
    return this.u32(type, swapU32(value));
  }

  /** With a NUL behind it. */
  text(type: number, text: string): this {
    const start = this.#begin(type);
    for (let at = 0; at < text.length; at++) this.#out.u8(text.charCodeAt(at) & 0xff);
    this.#out.u8(0);
    return this.#end(start);
  }

  bytes(type: number, bytes: Uint8Array): this {
    const start = this.#begin(type);
    this.#out.bytes(bytes);
    return this.#end(start);
  }

  nested(type: number, fill: (inside: this) => void): this {
    const start = this.#begin(type + NLA_F_NESTED);
    fill(this);
    return this.#end(start);
  }

  finish(): Uint8Array {
    return this.#out.finish();
  }

  /** Its header; where it begins. */
  #begin(type: number): number {
    const start = this.#out.length;
    this.#out.u16(0).u16(type);
    return start;
  }

  #end(start: number): this {
    const length = this.#out.length - start;
    this.#out.patchU16(start, length).padTo(start + alignAttribute(length));
    return this;
  }
}

function textFrom(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Array.from(bytes.subarray(0, end < 0 ? bytes.length : end), (byte) =>
    String.fromCharCode(byte),
  ).join("");
}

function swapU16(value: number): number {
  return (value % 256) * 256 + Math.floor(value / 256);
}

function swapU32(value: number): number {
  return swapU16(value % 0x1_0000) * 0x1_0000 + swapU16(Math.floor(value / 0x1_0000));
}
