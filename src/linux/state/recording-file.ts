/** The file of a recording: opened with the first piece, appended to, and let be when it is full or something fails. */
import { constants, type FileHandle, open } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

const MEBIBYTE = 1_048_576;
const FILE_LIMIT_MIB = 256;
const CLOSE_MS = 1_000;
/** It knows the network, and is nobody else's business. */
const MODE = 0o600;
/** Neither a link that somebody laid out nor a FIFO that makes us wait. */
const FLAGS =
  constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** How every recording begins. */
const BEGINNING = Buffer.from('{"recording":');
const LINE_FEED = 0x0a;

export class RecordingFile {
  readonly #path: string;
  readonly #stopped: (reason: string) => void;
  readonly #limit: number;
  #handle: FileHandle | undefined;
  #size = 0;
  #last: Promise<void> = Promise.resolve();
  #over = false;

  /** `stopped` is told once why nothing more is written. `limit` of the file, in bytes. */
  constructor(path: string, stopped: (reason: string) => void, limit = FILE_LIMIT_MIB * MEBIBYTE) {
    this.#path = path;
    this.#stopped = stopped;
    this.#limit = limit;
  }

  /** Whole lines. Settles when they are in the file, or never will be; the sender sends no more before that. */
  write(text: string): Promise<void> {
    this.#last = this.#last.then(() => this.#append(text));
    return this.#last;
  }

  /** Settles when all is written, or after a second. */
  async close(): Promise<void> {
    await Promise.race([this.#last, setTimeout(CLOSE_MS, undefined, { ref: false })]);
    this.#over = true;
  }

  async #append(text: string): Promise<void> {
    if (this.#over) return;
    try {
      this.#handle ??= await this.#open();
      this.#size += Buffer.byteLength(text);
      if (this.#size > this.#limit) throw new Error(`it would have more than ${this.#limit / MEBIBYTE} MiB`);
      await this.#handle.appendFile(text);
    } catch (error) {
      this.#over = true;
      this.#stopped(error instanceof Error ? error.message : String(error));
      await this.#handle?.close().catch(() => {});
    }
  }

  /** One that is there already is gone on with, if it is a recording. */
  async #open(): Promise<FileHandle> {
    const handle = await open(this.#path, FLAGS, MODE);
    const stat = await handle.stat();
    if (!stat.isFile()) throw await refusal(handle, "it is no regular file");
    this.#size = stat.size;
    if (stat.size === 0) return handle;
    const { buffer: first } = await handle.read(Buffer.alloc(BEGINNING.length), 0, BEGINNING.length, 0);
    if (!first.equals(BEGINNING)) throw await refusal(handle, "it is there, and is no recording");
    const { buffer: last } = await handle.read(Buffer.alloc(1), 0, 1, stat.size - 1);
    // Somebody died while writing it: the unfinished line is to be one of its own.
    if (last[0] !== LINE_FEED) await handle.appendFile("\n");
    return handle;
  }
}

async function refusal(handle: FileHandle, reason: string): Promise<Error> {
  await handle.close();
  return new Error(reason);
}
