/**
 * A seeded mutation fuzzer: takes real input apart, a few cuts at a time, and feeds it to a decoder.
 *
 * `KEELSON_FUZZ` is the number of inputs for each decoder, `KEELSON_SEED` the seed: the same seed gives the same inputs.
 */
import assert from "node:assert/strict";
import { it, type TestContext } from "node:test";
import { Random } from "../../src/sim/random.ts";
import { toHex } from "./golden.ts";

const INPUTS = numberFrom("KEELSON_FUZZ", 50_000);
const SEED = numberFrom("KEELSON_SEED", 1);

const MAX_MUTATIONS = 4;
const MAX_GROWTH = 64;
/** Bytes at which counts, signs and masks turn over. */
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff];

/**
 * Declares a test: `decode` takes whatever comes, without throwing and without writing into it.
 *
 * @param seeds valid inputs, as many kinds as there are
 * @param decode may also assert what must hold for every result
 */
export function fuzz(
  name: string,
  seeds: readonly Uint8Array[],
  decode: (bytes: Uint8Array) => unknown,
): void {
  it(`${name}: ${INPUTS} inputs`, (context: TestContext) => {
    context.diagnostic(`KEELSON_SEED=${SEED}`);
    const random = new Random(SEED);
    for (const bytes of seeds) attempt(decode, bytes, "a seed, unchanged");
    for (let iteration = 0; iteration < INPUTS; iteration++) {
      attempt(decode, mutate(random, seeds), `KEELSON_SEED=${SEED}, input ${iteration}`);
    }
  });
}

/** One valid input with one to four mutations. */
function mutate(random: Random, seeds: readonly Uint8Array[]): Uint8Array {
  let bytes: Uint8Array = random.pick(seeds).slice();
  for (let left = random.whole(1, MAX_MUTATIONS); left > 0; left--) {
    bytes = random.pick(MUTATIONS)(bytes, random, seeds);
  }
  return bytes;
}

type Mutation = (bytes: Uint8Array, random: Random, seeds: readonly Uint8Array[]) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  function flip(bytes, random) {
    const offset = random.whole(0, bytes.length - 1);
    return replaced(bytes, offset, (bytes[offset] ?? 0) ^ (1 << random.whole(0, 7)));
  },
  function edge(bytes, random) {
    return replaced(bytes, random.whole(0, bytes.length - 1), random.pick(EDGES));
  },
  function scramble(bytes, random) {
    return replaced(bytes, random.whole(0, bytes.length - 1), random.whole(0, 255));
  },
  function truncate(bytes, random) {
    return bytes.slice(0, random.whole(0, bytes.length));
  },
  function extend(bytes, random) {
    return Uint8Array.of(...bytes, ...noise(random, random.whole(1, MAX_GROWTH)));
  },
  function splice(bytes, random, seeds) {
    const other = random.pick(seeds);
    const at = random.whole(0, bytes.length);
    return Uint8Array.of(...bytes.subarray(0, at), ...other.subarray(random.whole(0, other.length)));
  },
  function anything(bytes, random) {
    return random.chance(0.1) ? noise(random, random.whole(0, bytes.length + MAX_GROWTH)) : bytes;
  },
];

function replaced(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  if (bytes.length > 0) bytes[offset] = value;
  return bytes;
}

function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.whole(0, 255));
}

function attempt(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array, where: string): void {
  const given = toHex(bytes);
  try {
    decode(bytes);
  } catch (cause) {
    throw new Error(`${where}, ${given}: ${String(cause)}`, { cause });
  }
  assert(toHex(bytes) === given, `${where}, ${given}: the decoder wrote into its input`);
}

function numberFrom(variable: string, fallback: number): number {
  const number = Number(process.env[variable] ?? fallback);
  assert(Number.isSafeInteger(number) && number >= 0, `${variable} is no whole number`);
  return number;
}
