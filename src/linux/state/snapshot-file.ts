/**
 * The elector's last word on disk: for `status` while the balancer is away, or for its own next run. Written off the
 * main thread, whole or not at all; while one write is under way only the newest snapshot waits.
 */
import { rename, rm, writeFile } from "node:fs/promises";

export class SnapshotFile {
  readonly #path: string;
  #waiting: object | undefined;
  #writing: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  write(snapshot: object): void {
    this.#waiting = snapshot;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Settles when all that was given is written, or could not be. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  /** An orderly end leaves no snapshot behind, when the run directory lets it. */
  async remove(): Promise<void> {
    this.#waiting = undefined;
    await this.#writing;
    await rm(this.#path, { force: true }).catch(() => {});
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting !== undefined) {
      const text = `${JSON.stringify(this.#waiting)}\n`;
      this.#waiting = undefined;
      const temporary = `${this.#path}.new`;
      try {
        await writeFile(temporary, text, { mode: 0o644 });
        await rename(temporary, this.#path);
      } catch {
        // A full or missing run directory must not disturb the election; `status` then has only the balancer.
      }
    }
  }
}
