/**
 * Writes one line of JSON for each state into a FIFO.
 *
 * The descriptor is kept while there is a reader, who would otherwise see the end of the file after each line. A FIFO
 * that is not there is made; one that somebody else owns, or that is none, is refused.
 */
import { execFile } from "node:child_process";
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import type { Notice } from "../notify/notice.ts";
import { type DeliveryOutcome, undelivered } from "../notify/outcome.ts";
import { jsonOf } from "./message.ts";

const MODE = "640";
/** For all of it: a file system may hang. */
const DEADLINE_MS = 5_000;
const MKFIFO_MS = 2_000;
/** For a reader that is there but does not read, and for one that is not there. */
const NOT_NOW = new Set(["ENXIO", "EPIPE", "EAGAIN"]);

type Opened = { readonly handle: FileHandle; readonly stats: Stats };

export class FifoWriter {
  readonly #path: string;
  #open: Opened | undefined;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Never rejects. */
  async deliver(notice: Notice): Promise<DeliveryOutcome> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<DeliveryOutcome>((resolve) => {
      timer = setTimeout(() => resolve(undelivered("timeout", "the file system hangs")), DEADLINE_MS);
    });
    const outcome = await Promise.race([this.#deliver(`${jsonOf(notice)}\n`), late]);
    clearTimeout(timer);
    return outcome;
  }

  close(): void {
    this.#closed = true;
    void this.#letGo();
  }

  async #deliver(line: string): Promise<DeliveryOutcome> {
    try {
      const problem = unsafeFifo(this.#path, await this.#statOrMake());
      if (problem !== undefined) return undelivered("unsafe", problem);
      const opened = await this.#opened();
      if (typeof opened === "string") return undelivered("unsafe", opened);
      // Not longer than PIPE_BUF, and so written as a whole or not at all (pipe(7)).
      await opened.handle.write(line);
      if (this.#closed) await this.#letGo();
      return { kind: "delivered" };
    } catch (error) {
      const code = codeOf(error);
      if (code !== "EAGAIN") await this.#letGo();
      if (NOT_NOW.has(code)) return { kind: "no-reader" };
      return undelivered("not-written", error instanceof Error ? error.message : String(error));
    }
  }

  async #statOrMake(): Promise<Stats> {
    try {
      return await lstat(this.#path);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      await makeFifo(this.#path);
      return await lstat(this.#path);
    }
  }

  /** The FIFO that stands at the path now, or what is wrong with it. */
  async #opened(): Promise<Opened | string> {
    const there = await lstat(this.#path);
    if (this.#open !== undefined && isSameFile(this.#open.stats, there)) return this.#open;
    await this.#letGo();
    const handle = await open(this.#path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    // Between the look and the opening it may have become another one.
    const stats = await handle.stat();
    const problem = unsafeFifo(this.#path, stats);
    if (problem !== undefined) {
      await handle.close();
      return problem;
    }
    this.#open = { handle, stats };
    return this.#open;
  }

  /** Until this is over, a line that nobody has read waits for the next reader. */
  async #letGo(): Promise<void> {
    const kept = this.#open;
    this.#open = undefined;
    await kept?.handle.close().catch(() => {});
  }
}

function unsafeFifo(path: string, stats: Stats): string | undefined {
  if (stats.isSymbolicLink()) return `${path} is a symbolic link`;
  if (!stats.isFIFO()) return `${path} is no FIFO`;
  const ours = stats.uid === 0 || stats.uid === process.geteuid?.();
  return ours ? undefined : `${path} belongs to somebody else (user ${stats.uid})`;
}

function isSameFile(left: Stats, right: Stats): boolean {
  return left.dev === right.dev && left.ino === right.ino;
}

/** Node.js has no call for it. */
function makeFifo(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { timeout: MKFIFO_MS, env: { PATH: "/usr/bin:/bin", LANG: "C" } };
    execFile("mkfifo", ["-m", MODE, "--", path], options, (error, _output, complaint) => {
      if (error === null) resolve();
      else reject(new Error(complaint.trim() || error.message));
    });
  });
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return typeof code === "string" ? code : "";
}
