/**
 * The elector's end of a recording. It touches no disk, not even asynchronously: a process does not end before its
 * last write does, and its last will waits for its end. Lines are handed to the balancer in pieces, and kept until it says
 * that they are written: should it die before, the next one gets them. So many are kept and no more; those beyond leave
 * a gap in the numbers of the lines.
 */
import type { ElectorInput } from "../../elector/input.ts";
import { type RecordingHeader, RecordingWriter } from "../../elector/recording.ts";
import type { Instant } from "../../net/time.ts";
import { hmac } from "./hmac.ts";

const HAND_OVER_MS = 50;
/** In UTF-16 units, like the next: a piece is handed over in well below a millisecond. */
const PIECE_LIMIT = 65_536;
const KEPT_LIMIT = 4_194_304;

export class Recorder {
  readonly #writer = new RecordingWriter(hmac);
  readonly #send: (text: string) => void;
  #lines: string[] = [];
  /** Of all lines. */
  #size = 0;
  /** So many of the first lines are with the balancer. */
  #underWay = 0;
  #ready = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(header: RecordingHeader, send: (text: string) => void) {
    this.#send = send;
    this.#add(this.#writer.header(header));
  }

  /** What is about to be handled at this instant. */
  note(input: ElectorInput, at: Instant): void {
    this.#add(this.#writer.line(input, at));
  }

  /** By the balancer: the piece that it got. */
  written(): void {
    for (const line of this.#lines.splice(0, this.#underWay)) this.#size -= line.length;
    this.#underWay = 0;
    this.#schedule();
  }

  /** A balancer is there, and has nothing yet. */
  balancerReady(): void {
    this.#ready = true;
    this.#underWay = 0;
    this.#schedule();
  }

  /** The last piece, at the end of the elector. */
  finish(): void {
    clearTimeout(this.#timer);
    const rest = this.#lines.slice(this.#underWay).join("");
    this.#lines = [];
    if (rest !== "") this.#send(rest);
  }

  #add(line: string): void {
    if (this.#size + line.length > KEPT_LIMIT) return;
    this.#lines.push(line);
    this.#size += line.length;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#ready && this.#lines.length > this.#underWay)
      this.#timer ??= setTimeout(() => this.#handOver(), HAND_OVER_MS);
  }

  #handOver(): void {
    this.#timer = undefined;
    // One piece at a time: a slow disk makes us keep more, not the channel.
    if (this.#underWay > 0) return;
    let size = 0;
    for (const { length } of this.#lines) {
      if (this.#underWay > 0 && size + length > PIECE_LIMIT) break;
      this.#underWay += 1;
      size += length;
    }
    this.#send(this.#lines.slice(0, this.#underWay).join(""));
  }
}
