/** Whether this director is to stay behind all others: a file, so that it outlives a restart and a reboot. */
import { standbyFile } from "../../channel/options.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { refusalOf } from "../refusal.ts";
import { readIfThere, removeDurably, writeDurably } from "./state-files.ts";

/** For whoever finds the file. */
const CONTENT = "on standby: `keelson release` ends it\n";

export class Standby {
  readonly #path: string;

  constructor(stateDir: string) {
    this.#path = standbyFile(stateDir);
  }

  get on(): boolean {
    return readIfThere(this.#path) !== undefined;
  }

  /** Answers with why it could not be written down. */
  set(on: boolean): KernelRefusal | undefined {
    return refusalOf(() => (on ? writeDurably(this.#path, CONTENT) : removeDurably(this.#path)));
  }
}
