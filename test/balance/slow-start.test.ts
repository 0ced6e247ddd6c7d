import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ramp } from "../../src/balance/slow-start.ts";
import { after, instant, seconds } from "../../src/net/time.ts";

const START = instant(1_000);

describe("a slow start", () => {
  const cases: [number, number, number, number | undefined][] = [
    // whole weight, seconds since the start of a ramp of 100 s, weight, seconds until the next step
    [1, 0, 1, undefined],
    [10, 0, 1, 10],
    [10, 25, 2, 5],
    [10, 99.5, 9, 0.5],
    [10, 100, 10, undefined],
    [10, 500, 10, undefined],
    [1_000, 0, 1, 5],
    [1_000, 5, 50, 5],
    [1_000, 97, 950, 3],
    [65_535, 50, 32_767, 5],
    [3, 34, 1, 200 / 3 - 34],
  ];
  for (const [whole, passed, weight, wait] of cases) {
    it(`has ${weight} of ${whole} after ${passed} of 100 s`, () => {
      const now = after(START, seconds(passed));
      const next = wait === undefined ? undefined : after(now, seconds(wait));
      assert.deepEqual(ramp(whole, START, seconds(100), now), { weight, next });
    });
  }

  it("comes to its end, whatever its length", () => {
    for (const length of [1, 7, 1_000_003]) {
      let now = START;
      for (let steps = 0; ; steps++) {
        assert.ok(steps <= 25);
        const { weight, next } = ramp(997, START, seconds(length / 1_000_000), now);
        if (next === undefined) {
          assert.equal(weight, 997);
          break;
        }
        assert.ok(next > now);
        now = next;
      }
    }
  });
});
