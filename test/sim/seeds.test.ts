/** A fixed set of random runs. One that fails prints what happened; `SEEDS=17` or `SEEDS=1-500` runs others. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runScenario } from "../../src/sim/scenario.ts";

const [first = 1, last = first] = (process.env["SEEDS"] ?? "1-120").split("-").map(Number);
const BATCH = 20;

describe("a cluster under faults", () => {
  for (let seed = first; seed <= last; seed += BATCH) {
    const end = Math.min(seed + BATCH - 1, last);
    it(`is well in the end, with seeds ${seed} to ${end}`, () => {
      for (let one = seed; one <= end; one++) assertWell(one);
    });
  }
});

function assertWell(seed: number): void {
  const { violations, timeline } = runScenario(seed);
  const [violation] = violations;
  if (violation === undefined) return;
  assert.fail(`seed ${seed}: ${violation.watcher}: ${violation.text}\n${timeline}`);
}
