/**
 * A bounded, asynchronous way out for lines.
 *
 * A reader that has stopped must neither freeze this process nor fill its memory, and must not keep it from ending:
 * with a blocking descriptor even `process.exit` waits for the thread that writes. So the descriptor has to be
 * non-blocking where it can be (pipes, sockets); the caller sees to that.
 */
import { write, writeSync } from "node:fs";

/** Writes of no more than this are never mixed with another process's on a pipe (PIPE_BUF). */
const CHUNK_BYTES = 4_096;
const RETRY_MS = 50;
/** At the very end, when nothing asynchronous runs any more. */
const LAST_TRIES = 5;

export class Sink {
  readonly #descriptor: number;
  readonly #limit: number;
  readonly #lost: (count: number) => void;
  #lines: string[] = [];
  /** Bytes of `#lines`. */
  #waiting = 0;
  #chunk: Buffer | undefined;
  /** The chunk is with the kernel just now. */
  #underWay = false;
  #scheduled = false;
  #dropped = 0;
  #closed = false;
  #idle: (() => void)[] = [];

  /** Keeps at most `limit` bytes; `lost` is told how many lines went missing once the reader reads again. */
  constructor(descriptor: number, limit: number, lost: (count: number) => void) {
    this.#descriptor = descriptor;
    this.#limit = limit;
    this.#lost = lost;
  }

  /** `line` ends with a line feed. */
  write(line: string): void {
    if (this.#closed) return;
    const size = Buffer.byteLength(line);
    if (this.#waiting + size > this.#limit) {
      this.#dropped += 1;
      return;
    }
    this.#lines.push(line);
    this.#waiting += size;
    this.#schedule();
  }

  /** Settles when all is written, the reader is gone, or the deadline has passed. */
  async drained(deadlineMs: number): Promise<void> {
    if (this.#isIdle()) return;
    let patience: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
      patience = setTimeout(resolve, deadlineMs);
    });
    clearTimeout(patience);
  }

  /** Writes what is left without the event loop, as far as the reader takes it. */
  finish(): void {
    // What is under way is finished by its own thread.
    const unfinished = this.#underWay ? undefined : this.#chunk;
    const rest = Buffer.concat([unfinished ?? Buffer.alloc(0), Buffer.from(this.#lines.join(""))]);
    this.#chunk = undefined;
    this.#lines = [];
    this.#waiting = 0;
    if (!this.#closed) this.#writeNow(rest);
  }

  #isIdle(): boolean {
    return this.#closed || (this.#chunk === undefined && this.#lines.length === 0);
  }

  /** After the running code: lines of one moment go together, and an exit in the same moment finds them all. */
  #schedule(): void {
    if (this.#scheduled || this.#chunk !== undefined) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#chunk === undefined) this.#next();
    });
  }

  #next(): void {
    if (this.#isIdle()) {
      for (const settle of this.#idle.splice(0)) settle();
      return;
    }
    this.#chunk ??= this.#takeChunk();
    this.#submit(this.#chunk);
  }

  #takeChunk(): Buffer {
    let count = 0;
    let bytes = 0;
    for (const line of this.#lines) {
      const size = Buffer.byteLength(line);
      if (count > 0 && bytes + size > CHUNK_BYTES) break;
      bytes += size;
      count += 1;
    }
    this.#waiting -= bytes;
    return Buffer.from(this.#lines.splice(0, count).join(""));
  }

  #submit(chunk: Buffer): void {
    this.#underWay = true;
    write(this.#descriptor, chunk, (error, written) => {
      this.#underWay = false;
      if (error === null) this.#wrote(chunk, written);
      else if (error.code === "EAGAIN") setTimeout(() => this.#next(), RETRY_MS).unref();
      else this.#close();
    });
  }

  #wrote(chunk: Buffer, written: number): void {
    this.#chunk = written < chunk.length ? chunk.subarray(written) : undefined;
    if (this.#chunk === undefined && this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      this.#lost(count);
    }
    this.#next();
  }

  /** Nobody reads any more (EPIPE): the service goes on without a log. */
  #close(): void {
    this.#closed = true;
    this.#lines = [];
    this.#chunk = undefined;
    this.#next();
  }

  #writeNow(rest: Buffer): void {
    let left = rest;
    for (let tries = 0; left.length > 0 && tries < LAST_TRIES; ) {
      try {
        left = left.subarray(writeSync(this.#descriptor, left));
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return;
        tries += 1;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      }
    }
  }
}
