/**
 * What a listing of destinations says, in two numbers: nothing is made anew of a service that is as it was, and that is nearly
 * all of a very large table.
 *
 * Counters are left out, and the connections of a destination with a weight: only of one without they are waited for.
 * Two listings that say different things have the same two numbers once in 2⁶⁴, but once in 2³² or so where they differ in the
 * highest bytes of words alone: FNV takes no difference downwards.
 */
import { alignAttribute, NLA_HDRLEN } from "../netlink/align.ts";
import { NLA_TYPE_MASK } from "../netlink/attributes.ts";
import { readNumber } from "../netlink/host-bytes.ts";
import type { Message } from "../netlink/message.ts";
import { ACTIVE_CONNS, INACT_CONNS, PERSIST_CONNS, STATS, STATS64, WEIGHT } from "./destination.ts";

const COUNTERS: ReadonlySet<number> = new Set([PERSIST_CONNS, STATS, STATS64]);
/** Of the command, and of the one attribute, which holds all others. */
const HEADERS = 8;
const WORD = 4;
/** FNV-1a, 32 bits, and the second one begins and goes on elsewhere. */
const BEGINNINGS = [0x811c_9dc5, 0x9747_b28c] as const;
const PRIMES = [0x0100_0193, 0x5bd1_e995] as const;

export function imprintOf(messages: readonly Message[]): string {
  const imprint = new Imprint();
  for (const { body } of messages) imprint.add(body);
  return imprint.text;
}

class Imprint {
  #first: number = BEGINNINGS[0];
  #second: number = BEGINNINGS[1];

  get text(): string {
    return `${this.#first} ${this.#second}`;
  }

  add(body: Uint8Array): void {
    let [weight, active, inactive] = [0, 0, 0];
    this.#mix(body.length);
    for (let start = HEADERS; start + NLA_HDRLEN <= body.length; ) {
      const length = readNumber(body, start, 2);
      const type = readNumber(body, start + 2, 2) & NLA_TYPE_MASK;
      const value = start + NLA_HDRLEN;
      if (type === ACTIVE_CONNS) active = readNumber(body, value, WORD);
      else if (type === INACT_CONNS) inactive = readNumber(body, value, WORD);
      else if (!COUNTERS.has(type)) this.#mixAll(body, start, start + length);
      if (type === WEIGHT) weight = readNumber(body, value, WORD);
      start += Math.max(alignAttribute(length), NLA_HDRLEN);
    }
    if (weight > 0) return;
    this.#mix(active);
    this.#mix(inactive);
  }

  /** With the padding, which is zero. */
  #mixAll(body: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at += WORD) this.#mix(readNumber(body, at, WORD));
  }

  #mix(word: number): void {
    this.#first = Math.imul(this.#first ^ word, PRIMES[0]);
    const second = Math.imul(this.#second ^ word, PRIMES[1]);
    this.#second = second ^ (second >>> 15);
  }
}
