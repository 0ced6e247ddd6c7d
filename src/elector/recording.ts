/**
 * Writes down what the elector is told, one JSON object a line: a header, then every input with its instant. An engine
 * that is told the same does the same. `src/control/recording.ts` reads it, docs/replay.md explains it.
 */
import { toHex } from "../net/hex.ts";
import type { Instant } from "../net/time.ts";
import type { Hmac } from "../vrrp/trailer.ts";
import type { ElectorInput } from "./input.ts";
import { Masking } from "./masking.ts";

/** Another one is for another reader. */
export const RECORDING_FORMAT = 1;

export interface RecordingHeader {
  /** Of Keelson. */
  readonly version: string;
  /** The director, as it was told or by its host name. */
  readonly node: string;
  readonly generation: number;
  /** Milliseconds since 1970, when the elector's clock showed `now`. */
  readonly wall: number;
  readonly now: Instant;
}

/** Of one life of an elector. */
export class RecordingWriter {
  readonly #masking: Masking;
  #count = 0;

  constructor(hmac: Hmac) {
    this.#masking = new Masking(hmac);
  }

  header(header: RecordingHeader): string {
    return `${JSON.stringify({ recording: RECORDING_FORMAT, ...header })}\n`;
  }

  /** Numbered from 1: a line that does not get to the file leaves a gap. Without secrets. */
  line(input: ElectorInput, at: Instant): string {
    const n = ++this.#count;
    return `${JSON.stringify({ n, at, ...this.#plain(input) })}\n`;
  }

  #plain(input: ElectorInput): object {
    switch (input.kind) {
      case "configure": {
        const routers = input.routers.map((one) => this.#masking.settings(one));
        return { ...input, routers, journal: [...input.journal] };
      }
      case "packet": {
        const { packet } = input;
        return { kind: "packet", ...packet, bytes: toHex(this.#masking.packet(packet)) };
      }
      default:
        return input;
    }
  }
}
