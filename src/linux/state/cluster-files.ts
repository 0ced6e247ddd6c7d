/** The cluster file on disk, and the accepted one: the last that both processes ran. */
import { readFileSync } from "node:fs";
import { acceptedFile } from "../../channel/options.ts";
import { readIfThere, writeDurably } from "./state-files.ts";

/** Far above the largest site; a cluster file beyond it is a mistake. */
const SIZE_LIMIT = 64 * 1_048_576;

export type ClusterText =
  | { readonly kind: "text"; readonly text: string; readonly file: string }
  | { readonly kind: "unreadable"; readonly file: string; readonly reason: string };

export class ClusterFiles {
  readonly #configured: string;
  readonly #accepted: string;
  /** What we wrote or found there last. */
  #stored: string | undefined;

  constructor(config: string, stateDir: string) {
    this.#configured = config;
    this.#accepted = acceptedFile(stateDir);
  }

  configured(): ClusterText {
    const file = this.#configured;
    try {
      const text = readFileSync(file, "utf8");
      if (text.length <= SIZE_LIMIT) return { kind: "text", text, file };
      return { kind: "unreadable", file, reason: `${file}: larger than ${SIZE_LIMIT} bytes` };
    } catch (error) {
      return {
        kind: "unreadable",
        file,
        reason: error instanceof Error ? error.message : `${file}: cannot be read`,
      };
    }
  }

  accepted(): ClusterText | undefined {
    const text = readIfThere(this.#accepted);
    return text === undefined ? undefined : { kind: "text", text, file: this.#accepted };
  }

  /** Both processes run it now. */
  accept(text: string): void {
    const isAnother = this.#stored !== undefined && this.#stored !== text;
    if (isAnother || readIfThere(this.#accepted) !== text) writeDurably(this.#accepted, text);
    this.#stored = text;
  }
}
