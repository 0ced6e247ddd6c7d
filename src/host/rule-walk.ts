/**
 * What this host's nftables rules do to one packet, as far as that can be known: not all of a packet is, nor what every
 * rule asks. Then each way is followed, and only what happens on all of them is certain.
 */
import { unreachable } from "../net/bug.ts";
import type { Chain, Rule, RuleSet, SetElement, Step, Verdict } from "../netlink/ruleset.ts";

export interface Ruleset {
  readonly chains: readonly Chain[];
  /** Those of one chain in their order. */
  readonly rules: readonly Rule[];
  /** Those that rules ask, if they are not too many. */
  readonly sets: readonly RuleSet[];
}

/** Those that are not known are `undefined`. */
export type Bytes = readonly (number | undefined)[];

export interface Packet {
  /** By NFT_META_; what is not there is not known. */
  readonly meta: ReadonlyMap<number, Bytes>;
  readonly network: Bytes;
  readonly transport: Bytes;
  /** NF_CT_STATE_BIT */
  readonly state: number;
}

/** A packet leaves a chain by a verdict or at its end. */
type Outcome = "accept" | "drop" | "end";

/** NFT_JUMP_STACK_SIZE */
const DEEPEST = 16;
/** Of the rules of one packet: jumps may meet the same ones again and again. */
const MOST_STEPS = 100_000;
const REGISTER_BYTES = 96;
const NO_PACKET: Packet = { meta: new Map(), network: [], transport: [], state: 0 };

/** The way of packets through one chain that stands at a hook, and whatever chains it jumps to. */
export class RuleWalk {
  readonly #chain: Chain;
  readonly #rules = new Map<string, Rule[]>();
  readonly #sets: ReadonlyMap<string, readonly SetElement[]>;
  #packet: Packet = NO_PACKET;
  #left = MOST_STEPS;

  constructor({ rules, sets }: Ruleset, chain: Chain) {
    const isNear = ({ family, table }: Pick<Chain, "family" | "table">) =>
      family === chain.family && table === chain.table;
    this.#chain = chain;
    for (const rule of rules.filter(isNear)) {
      const others = this.#rules.get(rule.chain);
      if (others === undefined) this.#rules.set(rule.chain, [rule]);
      else others.push(rule);
    }
    this.#sets = new Map(sets.filter(isNear).map(({ name, elements }) => [name, elements]));
  }

  /** Whether it lets the packet through in no case. */
  drops(packet: Packet): boolean {
    this.#packet = packet;
    this.#left = MOST_STEPS;
    const outcomes = this.#through(this.#chain.name, 0);
    if (outcomes.has("accept")) return false;
    return !outcomes.has("end") || this.#chain.base?.policy === "drop";
  }

  #through(chain: string, depth: number): ReadonlySet<Outcome> {
    if (depth > DEEPEST) return new Set(["accept", "drop"]);
    const outcomes = new Set<Outcome>();
    for (const rule of this.#rules.get(chain) ?? []) {
      const { certain, verdicts } = this.#judge(rule);
      let goesOn = !certain;
      for (const verdict of verdicts) goesOn = this.#follow(verdict, depth, outcomes) || goesOn;
      if (!goesOn) return outcomes;
      if (this.#left <= 0) return new Set(["accept", "drop"]);
    }
    return outcomes.add("end");
  }

  /** Adds what comes of it; answers whether the next rule may be met. */
  #follow(verdict: Verdict, depth: number, outcomes: Set<Outcome>): boolean {
    switch (verdict.kind) {
      case "accept":
      case "drop":
        outcomes.add(verdict.kind);
        return false;
      case "continue":
        return true;
      case "return":
        outcomes.add("end");
        return false;
      case "goto":
        for (const one of this.#through(verdict.chain, depth + 1)) outcomes.add(one);
        return false;
      case "jump": {
        const there = this.#through(verdict.chain, depth + 1);
        for (const one of there) if (one !== "end") outcomes.add(one);
        return there.has("end");
      }
      default:
        return unreachable(verdict);
    }
  }

  /** The verdicts that the rule may come to; `certain` when it comes to one of them. */
  #judge({ steps }: Rule): { readonly certain: boolean; readonly verdicts: readonly Verdict[] } {
    const registers: (number | undefined)[] = new Array(REGISTER_BYTES).fill(undefined);
    let certain = true;
    for (const step of steps) {
      this.#left -= 1;
      if (step.kind === "verdict") return { certain, verdicts: [step.verdict] };
      if (step.kind === "lookup" && step.verdicts) {
        const found = this.#verdictsOf(step, registers);
        return { certain: certain && found.certain, verdicts: found.verdicts };
      }
      const passed = this.#step(step, registers);
      if (passed === false) return { certain: true, verdicts: [{ kind: "continue" }] };
      if (passed === undefined) certain = false;
    }
    return { certain: true, verdicts: [{ kind: "continue" }] };
  }

  /** Whether the rule goes on; `undefined` when that is not known. */
  #step(step: Exclude<Step, { kind: "verdict" }>, registers: (number | undefined)[]): boolean | undefined {
    const put = (to: number, bytes: Bytes) => {
      for (const [index, byte] of bytes.entries()) registers[to + index] = byte;
      return true;
    };
    const get = (from: number, length: number): Bytes => registers.slice(from, from + length);
    switch (step.kind) {
      case "meta":
        return put(step.to, this.#packet.meta.get(step.key) ?? UNKNOWN);
      case "ct":
        return put(step.to, step.key === NFT_CT_STATE ? hostU32(this.#packet.state) : UNKNOWN);
      case "payload":
        return put(step.to, this.#header(step.base, step.offset, step.length));
      case "value":
        return put(step.to, [...step.value]);
      case "compare":
        return compared(step.operator, get(step.from, step.value.length), step.value);
      case "range": {
        const value = get(step.from, step.low.length);
        if (!isKnown(value)) return undefined;
        const inside = order(value, step.low) >= 0 && order(value, step.high) <= 0;
        return inside !== step.negated;
      }
      case "mask":
        return put(step.to, masked(get(step.from, step.mask.length), step.mask, step.xor));
      case "swap":
        return put(step.to, swapped(get(step.from, step.length), step.size));
      case "lookup": {
        if (step.to !== undefined) put(step.to, UNKNOWN);
        const found = this.#find(step.set, registers.slice(step.from));
        return step.to !== undefined || found === undefined ? undefined : (found !== "none") !== step.negated;
      }
      case "nothing":
        return true;
      case "unknown":
        registers.fill(undefined);
        return undefined;
      default:
        return unreachable(step);
    }
  }

  #header(base: number, offset: number, length: number): Bytes {
    const header = base === NETWORK_HEADER ? this.#packet.network : this.#packet.transport;
    return Array.from({ length }, (_, index) => (base < NETWORK_HEADER ? undefined : header[offset + index]));
  }

  #verdictsOf({ set, from }: Extract<Step, { kind: "lookup" }>, registers: Bytes) {
    const found = this.#find(set, registers.slice(from));
    if (found === "none") return { certain: true, verdicts: [{ kind: "continue" } as const] };
    if (found !== undefined)
      return { certain: true, verdicts: found.verdict === undefined ? [] : [found.verdict] };
    const all = this.#sets.get(set)?.flatMap(({ verdict }) => verdict ?? []);
    return { certain: false, verdicts: all ?? [{ kind: "accept" } as const] };
  }

  /** @param bytes that begin with what is looked for; answers `undefined` when it cannot be told */
  #find(set: string, bytes: Bytes): SetElement | "none" | undefined {
    const elements = this.#sets.get(set);
    if (elements === undefined) return undefined;
    const keyed = elements.filter(({ key }) => key.length > 0);
    const value = bytes.slice(0, keyed[0]?.key.length ?? 0);
    if (!isKnown(value)) return undefined;
    const found = keyed.some(({ ends }) => ends)
      ? nearest(keyed, value)
      : keyed.find(({ key }) => order(value, key) === 0);
    if (found === undefined && keyed.some(({ to }) => to !== undefined)) return undefined;
    return found ?? elements.find(({ key }) => key.length === 0) ?? "none";
  }
}

/** NFT_PAYLOAD_; the link layer's comes before. */
const NETWORK_HEADER = 1;
const NFT_CT_STATE = 0;
/** As long as a register can be. */
const UNKNOWN: Bytes = new Array(16).fill(undefined);

export function hostU32(value: number): number[] {
  return [value % 0x100, (value >> 8) % 0x100, (value >> 16) % 0x100, value >>> 24];
}

function isKnown(bytes: Bytes): bytes is readonly number[] {
  return bytes.every((byte) => byte !== undefined);
}

/** As memcmp does. */
function order(left: readonly number[], right: Uint8Array): number {
  for (const [index, byte] of right.entries()) {
    const difference = (left[index] ?? 0) - byte;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** NFT_CMP_EQ, NEQ, LT, LTE, GT and GTE. */
function compared(operator: number, left: Bytes, right: Uint8Array): boolean | undefined {
  const differs = left.some((byte, index) => byte !== undefined && byte !== right[index]);
  if (operator <= 1) {
    if (differs) return operator === 1;
    return isKnown(left) ? operator === 0 : undefined;
  }
  if (!isKnown(left)) return undefined;
  const place = order(left, right);
  const answers = [place < 0, place <= 0, place > 0, place >= 0];
  return answers[operator - 2];
}

function masked(bytes: Bytes, mask: Uint8Array, xor: Uint8Array): Bytes {
  return bytes.map((byte, index) => {
    const [bits = 0, flipped = 0] = [mask[index], xor[index]];
    if (bits === 0) return flipped;
    return byte === undefined ? undefined : (byte & bits) ^ flipped;
  });
}

function swapped(bytes: Bytes, size: number): Bytes {
  return bytes.map((_, index) => bytes[index - (index % size) + size - 1 - (index % size)]);
}

/** In a set of intervals: the one that the value is in. */
function nearest(elements: readonly SetElement[], value: readonly number[]): SetElement | undefined {
  let best: SetElement | undefined;
  for (const one of elements) {
    if (order(value, one.key) < 0) continue;
    const place = best === undefined ? 1 : order([...one.key], best.key);
    // Where one ends another may begin.
    if (place > 0 || (place === 0 && best?.ends === true)) best = one;
  }
  return best?.ends === true ? undefined : best;
}
