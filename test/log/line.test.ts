import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { KeelsonEvent } from "../../src/log/event.ts";
import { LEVELS } from "../../src/log/kind.ts";
import { eventLine } from "../../src/log/line.ts";
import { kinds } from "./print-events.ts";
import { SAMPLES } from "./samples.ts";

const ALL: readonly KeelsonEvent[] = Object.values(SAMPLES).flat();

describe("the line of an event", () => {
  it("exists for every kind", () => {
    assert.deepEqual([...kinds()].sort(), Object.keys(SAMPLES).sort());
  });

  for (const event of ALL) {
    it(`is one plain sentence: ${JSON.stringify(event)}`, () => {
      const { level, message } = eventLine(event);
      assert.ok(LEVELS.includes(level));
      assert.match(message, /^\S[^\n]*[^\s.]$/);
      assert.doesNotMatch(message, /undefined|\[object|NaN|\(\)/);
    });
  }
});
