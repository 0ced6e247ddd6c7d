/** A fixed set of random runs. One that fails prints what happened; `SEED=<n>` runs that one alone. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runScenario } from "../../src/sim/scenario.ts";

const FIRST = 1;
const LAST = 200;
const BATCH = 20;

const chosen = process.env["SEED"];

describe("a cluster under faults", () => {
  if (chosen !== undefined) it(`is well in the end, with seed ${chosen}`, () => assertWell(Number(chosen)));
  else
    for (let first = FIRST; first <= LAST; first += BATCH) {
      it(`is well in the end, with seeds ${first} to ${first + BATCH - 1}`, () => {
        for (let seed = first; seed < first + BATCH; seed++) assertWell(seed);
      });
    }
});

function assertWell(seed: number): void {
  const outcome = runScenario(seed);
  if (outcome.ok) return;
  const [first] = outcome.violations;
  assert.fail(`seed ${seed}: ${first?.watcher}: ${first?.text}\n${outcome.timeline}`);
}
