/**
 * Cursors over bytes in host order: little-endian, as all machines are that Keelson runs on.
 *
 * The reader remembers its first error and goes quiet, like its network-order cousin in `net/bytes.ts`. The writer
 * grows, because the length of a message with attributes is known last.
 */
import { Bug } from "../net/bug.ts";

const FIRST_ROOM = 256;
const [U8_MAX, U16_MAX, U32_MAX] = [0xff, 0xffff, 0xffff_ffff] as const;

export class HostReader {
  readonly #bytes: Uint8Array;
  #offset = 0;
  #error: string | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The first thing that went wrong, or `undefined`. */
  get error(): string | undefined {
    return this.#error;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#number(1);
  }

  u16(): number {
    return this.#number(2);
  }

  u32(): number {
    return this.#number(4);
  }

  i32(): number {
    return this.#number(4) | 0;
  }

  skip(count: number): void {
    this.#claim(count);
  }

  /** The next `count` bytes as a view, not a copy; none when there are fewer. */
  view(count: number): Uint8Array {
    const start = this.#claim(count);
    return start === undefined ? new Uint8Array() : this.#bytes.subarray(start, start + count);
  }

  /** All that is left, as a view. */
  rest(): Uint8Array {
    return this.view(this.remaining);
  }

  #number(size: number): number {
    const start = this.#claim(size);
    return start === undefined ? 0 : readNumber(this.#bytes, start, size);
  }

  /** The offset of the next `count` bytes, which are then read. */
  #claim(count: number): number | undefined {
    if (this.#error === undefined && count > this.remaining) {
      this.#error = `${count} bytes wanted at ${this.#offset}, ${this.remaining} left`;
    }
    if (this.#error !== undefined) return undefined;
    const start = this.#offset;
    this.#offset += count;
    return start;
  }
}

export class HostWriter {
  #bytes = new Uint8Array(FIRST_ROOM);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    return this.#put(value, 1, U8_MAX);
  }

  u16(value: number): this {
    return this.#put(value, 2, U16_MAX);
  }

  u32(value: number): this {
    return this.#put(value, 4, U32_MAX);
  }

  bytes(bytes: Uint8Array): this {
    const start = this.#claim(bytes.length);
    this.#bytes.set(bytes, start);
    return this;
  }

  /** Zeros up to a length of `length` bytes. */
  padTo(length: number): this {
    this.#claim(length - this.#length);
    return this;
  }

  /** Writes over what is at `offset`: a length that is known only afterwards. */
  patchU16(offset: number, value: number): this {
    writeNumber(this.#bytes, offset, value, 2, U16_MAX);
    return this;
  }

  /** What was written. Nothing more may be. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #put(value: number, size: number, most: number): this {
    const start = this.#claim(size);
    writeNumber(this.#bytes, start, value, size, most);
    return this;
  }

  #claim(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#length);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    return start;
  }
}

/** Unsigned, of `size` bytes at `offset`; of 8 bytes exact up to 2^53, which no counter reaches. */
export function readNumber(bytes: Uint8Array, offset: number, size: number): number {
  let value = 0;
  for (let index = offset + size - 1; index >= offset; index--) value = value * 256 + (bytes[index] ?? 0);
  return value;
}

function writeNumber(bytes: Uint8Array, offset: number, value: number, size: number, most: number): void {
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new Bug(`${value} does not fit in ${size} bytes`);
  }
  // An element takes the lowest eight bits of what it is given.
  for (let index = 0; index < size; index++) bytes[offset + index] = value >>> (8 * index);
}
