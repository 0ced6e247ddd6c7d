/**
 * Cursors over bytes in network order (big-endian), for every format of the Internet.
 *
 * A cursor remembers its first error and goes quiet: reads past the end give zeros, writes past the end write
 * nothing. Call sites read straight down in field order and ask once, at the end. Reading past the end is that error,
 * never a short slice.
 */
import { Bug } from "./bug.ts";

export class NetworkReader {
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
    const [byte = 0] = this.#next(1);
    return byte;
  }

  u16(): number {
    const [high = 0, low = 0] = this.#next(2);
    return high * 0x100 + low;
  }

  /** Unsigned: by arithmetic, because JavaScript's shifts are signed. */
  u32(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#next(4);
    return a * 0x100_0000 + b * 0x1_0000 + c * 0x100 + d;
  }

  /** A copy of the next `count` bytes; zeros when there are fewer. */
  take(count: number): Uint8Array {
    return this.#next(count).slice();
  }

  skip(count: number): void {
    this.#next(count);
  }

  #next(count: number): Uint8Array {
    if (this.#error === undefined && count > this.remaining) {
      this.#error = `${count} bytes wanted at ${this.#offset}, ${this.remaining} left`;
    }
    if (this.#error !== undefined) return new Uint8Array(count);
    const start = this.#offset;
    this.#offset += count;
    return this.#bytes.subarray(start, this.#offset);
  }
}

/** By size in bytes: no value is as large. */
const LIMITS = { 1: 0x100, 2: 0x1_0000, 4: 0x1_0000_0000 } as const;

export class NetworkWriter {
  readonly #bytes: Uint8Array;
  #offset = 0;
  #error: string | undefined;

  /** Fills `bytes` from its start; what was in it before does not matter. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  u8(value: number): this {
    return this.#put(value, 1);
  }

  u16(value: number): this {
    return this.#put(value, 2);
  }

  u32(value: number): this {
    return this.#put(value, 4);
  }

  bytes(bytes: Uint8Array): this {
    const start = this.#claim(bytes.length);
    if (start !== undefined) this.#bytes.set(bytes, start);
    return this;
  }

  zeros(count: number): this {
    const start = this.#claim(count);
    if (start !== undefined) this.#bytes.fill(0, start, start + count);
    return this;
  }

  /** The buffer, full to its last byte. Throws Bug when anything was too big, or bytes are missing. */
  finish(): Uint8Array {
    if (this.#error !== undefined) throw new Bug(this.#error);
    const missing = this.#bytes.length - this.#offset;
    if (missing > 0) throw new Bug(`${missing} bytes of ${this.#bytes.length} were never written`);
    return this.#bytes;
  }

  #put(value: number, size: keyof typeof LIMITS): this {
    if (!Number.isInteger(value) || value < 0 || value >= LIMITS[size]) {
      this.#error ??= `${value} does not fit in ${size} bytes`;
    }
    const start = this.#claim(size);
    if (start === undefined) return this;
    // Backwards, low byte first: what does not fit in a byte is cut off by the array.
    let rest = value;
    for (let at = start + size - 1; at >= start; at--) {
      this.#bytes[at] = rest % 0x100;
      rest = Math.floor(rest / 0x100);
    }
    return this;
  }

  /** The offset of the next `count` bytes, which are then spoken for. */
  #claim(count: number): number | undefined {
    if (this.#offset + count > this.#bytes.length) {
      this.#error ??= `${count} bytes to write at ${this.#offset}, room for ${this.#bytes.length - this.#offset}`;
    }
    if (this.#error !== undefined) return undefined;
    const start = this.#offset;
    this.#offset += count;
    return start;
  }
}

/**
 * The plain sum of the 16-bit words, an odd last byte padded with zero. Exact: 2^53 holds 2^37 words. By index, for an
 * iterator makes garbage of each byte, and a thousand routers may claim together.
 */
export function sumWords(bytes: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    sum += index % 2 === 0 ? byte * 0x100 : byte;
  }
  return sum;
}
