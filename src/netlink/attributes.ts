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
const NLA_TYPE_MASK = 0x3fff;

/** What went wrong first in a whole tree of attributes. */
interface Fault {
  error: string | undefined;
}

/**
 * Every getter gives `undefined` for an attribute that is absent. One of the wrong size is absent, too, and is the
 * error that this tree of attributes remembers: read straight down and ask `error` once, at the end.
 */
export class Attributes {
  readonly #byType = new Map<number, Uint8Array>();
  readonly #fault: Fault;

  /** @param bytes from the header of the first attribute to the end of the last */
  constructor(bytes: Uint8Array, fault: Fault = { error: undefined }) {
    this.#fault = fault;
    for (const { type, payload } of attributesIn(bytes, fault)) this.#byType.set(type, payload);
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
    return this.#number(type, this.bytes(type)?.length === 8 ? 8 : 4);
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
    return this.#byType.get(type);
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

  #number(type: number, size: number): number | undefined {
    const bytes = this.bytes(type);
    if (bytes === undefined) return undefined;
    if (bytes.length === size) return readNumber(bytes, 0, size);
    this.#fault.error ??= `attribute ${type} has ${bytes.length} bytes instead of ${size}`;
    return undefined;
  }
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
    return this.#put(type, (out) => out.u8(value));
  }

  u16(type: number, value: number): this {
    return this.#put(type, (out) => out.u16(value));
  }

  u32(type: number, value: number): this {
    return this.#put(type, (out) => out.u32(value));
  }

  /** A structure of two. */
  u32Pair(type: number, first: number, second: number): this {
    return this.#put(type, (out) => out.u32(first).u32(second));
  }

  networkU16(type: number, value: number): this {
    return this.u16(type, swapU16(value));
  }

  networkU32(type: number, value: number): this {
    return this.u32(type, swapU32(value));
  }

  /** With a NUL behind it. */
  text(type: number, text: string): this {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    return this.#put(type, (out) => out.bytes(bytes).u8(0));
  }

  bytes(type: number, bytes: Uint8Array): this {
    return this.#put(type, (out) => out.bytes(bytes));
  }

  nested(type: number, fill: (inside: this) => void): this {
    return this.#put(type + NLA_F_NESTED, () => fill(this));
  }

  finish(): Uint8Array {
    return this.#out.finish();
  }

  #put(type: number, payload: (out: HostWriter) => void): this {
    const start = this.#out.length;
    this.#out.u16(0).u16(type);
    payload(this.#out);
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
