/**
 * Keelson beside keepalived, measured from outside: on the wire and at clients. docs/bench.md explains the rows.
 * It judges no number: it fails only when it cannot measure.
 */

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { interopSkip } from "../test/support/keelson.ts";
import { type Lab, openLab } from "../test/support/lab.ts";
import { startResponders } from "../test/support/traffic.ts";
import type { Bench, Plan } from "./bench.ts";
import { measureBuild } from "./director.ts";
import { Results } from "./results.ts";
import { SCENARIOS } from "./scenarios/all.ts";

const FULL: readonly Plan[] = [
  { intervalMillis: 10, trials: 30 },
  { intervalMillis: 100, trials: 20 },
  { intervalMillis: 1_000, trials: 5 },
];
const QUICK: readonly Plan[] = [{ intervalMillis: 100, trials: 2 }];
const SOAK_SECONDS = 60;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    trials: { type: "string" },
    only: { type: "string" },
    intervals: { type: "string" },
    seconds: { type: "string" },
    build: { type: "string" },
  },
});

const unmeasurable = interopSkip();
if (unmeasurable !== false) throw new Error(unmeasurable);
if (values.build !== undefined) measureBuild(resolve(values.build));
const undo: (() => void | Promise<void>)[] = [];
const lab: Lab = await openLab({ after: (step) => undo.push(step) });
await startResponders(lab);
const bench: Bench = {
  lab,
  results: new Results(),
  plans: plans(),
  soakSeconds: Number(values.seconds ?? SOAK_SECONDS),
};
const wanted = values.only?.split(",");
for (const { name, slow, run } of SCENARIOS) {
  if (wanted === undefined ? slow && values.quick : !wanted.includes(name)) continue;
  console.log(`${name}:`);
  await run(bench);
}
for (const step of undo) await step();
console.log(`\n${bench.results.table()}`);
if (bench.results.failures > 0) {
  console.log(`\n${bench.results.failures} trials could not be measured.`);
  process.exitCode = 1;
}

/** `--trials 30,20,5`: for each interval that is measured; the last one counts for the rest. */
function plans(): readonly Plan[] {
  const chosen = values.intervals?.split(",").map(Number);
  const trials = values.trials?.split(",").map(Number) ?? [];
  return (values.quick ? QUICK : FULL)
    .filter(({ intervalMillis }) => chosen?.includes(intervalMillis) ?? true)
    .map((plan, index) => ({ ...plan, trials: trials[index] ?? trials.at(-1) ?? plan.trials }));
}
