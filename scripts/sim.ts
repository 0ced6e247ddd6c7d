/**
 * `npm run sim -- --seeds 1000`: simulated clusters under drawn faults, and how many of them a minute holds.
 *
 * A run that fails prints its timeline and the one number that repeats it. `--seed S` shows a single run, well or not.
 */
import { parseArgs } from "node:util";
import { runScenario } from "../src/sim/scenario.ts";

const USAGE = "usage: npm run sim -- [--seeds N] [--from S] | --seed S";
/** One timeline is enough to begin with; the other seeds are named. */
const TIMELINES = 1;
const DEFAULT_SEEDS = "200";

process.exitCode = main();

function main(): number {
  const numbers = readNumbers();
  if (numbers === undefined) {
    console.error(USAGE);
    return 2;
  }
  const { seed, from, seeds } = numbers;
  return seed === undefined ? runMany(from, seeds) : runOne(seed);
}

function readNumbers() {
  const options = {
    seeds: { type: "string", default: DEFAULT_SEEDS },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
  } as const;
  try {
    const { seeds, from, seed } = parseArgs({ options }).values;
    const all = {
      seeds: Number(seeds),
      from: Number(from),
      seed: seed === undefined ? undefined : Number(seed),
    };
    return Object.values(all).every((one) => one === undefined || isCount(one)) ? all : undefined;
  } catch {
    return undefined;
  }
}

function isCount(number: number): boolean {
  return Number.isSafeInteger(number) && number > 0;
}

function runOne(seed: number): number {
  const { violations, timeline } = runScenario(seed);
  console.log(timeline);
  console.log(violations.length === 0 ? `seed ${seed} is well` : failure(seed, violations));
  return violations.length === 0 ? 0 : 1;
}

function runMany(from: number, count: number): number {
  const startedAt = performance.now();
  const failed: number[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const { violations, timeline } = runScenario(seed);
    if (violations.length === 0) continue;
    failed.push(seed);
    if (failed.length <= TIMELINES) console.log(timeline);
    console.log(failure(seed, violations));
  }
  const minutes = (performance.now() - startedAt) / 60_000;
  const verdict = failed.length === 0 ? "all are well" : `${failed.length} failed: ${failed.join(", ")}`;
  console.log(
    `seeds ${from} to ${from + count - 1}: ${verdict}; ${Math.round(count / minutes)} seeds per minute`,
  );
  return failed.length === 0 ? 0 : 1;
}

function failure(seed: number, violations: readonly { watcher: string; text: string }[]): string {
  const [first] = violations;
  const more = violations.length > 1 ? `, and ${violations.length - 1} more` : "";
  return `seed ${seed} failed: ${first?.watcher}: ${first?.text}${more}; npm run sim -- --seed ${seed} repeats it`;
}
