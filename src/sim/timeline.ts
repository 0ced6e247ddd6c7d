/** What happened, for a human to read: one line for each thing that mattered. */
import type { Instant } from "../net/time.ts";
import type { Observation } from "./observation.ts";

/** A broken run must not fill the memory. */
const LONGEST = 5_000;

interface Entry {
  readonly at: Instant;
  readonly text: string;
}

export class Timeline {
  readonly #entries: Entry[] = [];
  #left = 0;

  note(at: Instant, text: string): void {
    if (this.#entries.length >= LONGEST) this.#left += 1;
    else this.#entries.push({ at, text });
  }

  observe(at: Instant, observation: Observation): void {
    const text = describe(observation);
    if (text !== undefined) this.note(at, text);
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get text(): string {
    const rest = this.#left === 0 ? [] : [`… and ${this.#left} more lines`];
    const lines = this.#entries.map(({ at, text }) => `${(at / 1_000_000).toFixed(6).padStart(12)}  ${text}`);
    return [...lines, ...rest].join("\n");
  }
}

/** `undefined` for what happens all the time. */
function describe(seen: Observation): string | undefined {
  switch (seen.kind) {
    case "process":
      return `${seen.node}  process ${seen.runs ? "" : "is gone: "}${seen.how}`;
    case "asked":
      return `${seen.node}  is asked for a ${seen.what}`;
    case "reloaded":
      return `${seen.node}  goes by another file`;
    case "asleep":
    case "awake":
      return `${seen.node}  is ${seen.kind}`;
    case "transition":
      return `${seen.node}  ${seen.router}: ${seen.from} → ${seen.to} (${seen.cause})`;
    case "sent":
      return seen.priority === 0 ? `${seen.node}  says goodbye for ${seen.router}` : undefined;
    case "held":
      return `${seen.node}  holds ${seen.address}`;
    case "released":
      return `${seen.node}  loses ${seen.address} (${seen.by})`;
    case "announced":
      return `${seen.node}  announces ${seen.router}`;
    case "bug":
      return `${seen.node}  BUG: ${seen.text}`;
    case "settled":
      return "all faults are over";
    default:
      return undefined;
  }
}
