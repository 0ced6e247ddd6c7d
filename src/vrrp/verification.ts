/** Judges the signatures of the adverts that a router hears. */
import type { IpAddress } from "../net/ip.ts";
import type { DropReason } from "./drop.ts";
import type { ReceivedPacket } from "./packet.ts";
import { isLater, type Sequence, secondsAhead } from "./sequence.ts";
import type { Authentication } from "./settings.ts";
import { decodeTrailer, digestOf, type Hmac, TRAILER_SIZE } from "./trailer.ts";

const SECOND = 1_000_000;
/** Senders that are remembered; the one that was heard least lately is forgotten first. */
const MAX_MARKS = 16;

interface Mark {
  readonly sequence: Sequence;
  /** Its clock and ours differ by more than half the window. */
  readonly skewed: boolean;
}

export class Verification {
  readonly #hmac: Hmac;
  /** The last sequence of each sender; the one heard last stands last. */
  readonly #marks = new Map<IpAddress, Mark>();
  #skew: { readonly source: IpAddress; readonly seconds: number } | undefined;

  constructor(hmac: Hmac, before: ReadonlyMap<IpAddress, Sequence>) {
    this.#hmac = hmac;
    for (const [source, sequence] of before) this.#marks.set(source, { sequence, skewed: false });
  }

  get marks(): ReadonlyMap<IpAddress, Sequence> {
    return new Map(Array.from(this.#marks, ([source, { sequence }]) => [source, sequence]));
  }

  /**
   * Why not to believe a packet; the cheap questions come first.
   *
   * @param size of the message in it
   * @param unixMicros when it was received, since 1970
   */
  judge(
    { source, bytes }: Pick<ReceivedPacket, "source" | "bytes">,
    size: number,
    { mode, keys, window }: Authentication,
    unixMicros: number,
  ): DropReason | undefined {
    if (bytes.length !== size + TRAILER_SIZE) return mode === "enforce" ? "unsigned" : undefined;
    const [message, rest] = [bytes.subarray(0, size), bytes.subarray(size)];
    const trailer = decodeTrailer(rest);
    if (trailer === undefined) return "bad-trailer";
    const ahead = secondsAhead(trailer.sequence, unixMicros);
    if (Math.abs(ahead) * SECOND > window) return "stale-signature";
    const key = keys.find(({ id }) => id === trailer.keyId);
    if (key === undefined) return "unknown-key";
    const wanted = digestOf(message, source, rest, key.secret, this.#hmac);
    if (!equal(wanted, trailer.digest)) return "wrong-signature";
    const mark = this.#marks.get(source);
    if (mark !== undefined && this.#counts(mark, window, unixMicros)) {
      if (!isLater(trailer.sequence, mark.sequence)) return "replayed";
    }
    this.#note(source, trailer.sequence, ahead, window, mark?.skewed ?? false);
    return undefined;
  }

  /** A clock that has just been found to differ; asking forgets it. */
  takeSkew(): { readonly source: IpAddress; readonly seconds: number } | undefined {
    const skew = this.#skew;
    this.#skew = undefined;
    return skew;
  }

  /** A mark outside the window is of a clock that was wrong. */
  #counts({ sequence }: Mark, window: number, unixMicros: number): boolean {
    return Math.abs(secondsAhead(sequence, unixMicros)) * SECOND <= window;
  }

  #note(source: IpAddress, sequence: Sequence, ahead: number, window: number, before: boolean): void {
    const skewed = Math.abs(ahead) * SECOND > window / 2;
    if (skewed && !before) this.#skew = { source, seconds: ahead };
    this.#marks.delete(source);
    this.#marks.set(source, { sequence, skewed });
    const [oldest] = this.#marks.keys();
    if (this.#marks.size > MAX_MARKS && oldest !== undefined) this.#marks.delete(oldest);
  }
}

/** In the same time wherever they differ. */
export function equal(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
}
