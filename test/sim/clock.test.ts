import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { instant, millis } from "../../src/net/time.ts";
import { VirtualClock } from "../../src/sim/clock.ts";
import { Random } from "../../src/sim/random.ts";

describe("the virtual clock", () => {
  it("lets things happen in the order of their instants, and of planning within one", () => {
    const clock = new VirtualClock();
    const random = new Random(7);
    const seen: [number, number][] = [];
    for (let order = 0; order < 500; order++) {
      const at = instant(random.whole(0, 50));
      clock.at(at, () => seen.push([at, order]));
    }
    clock.runUntil(instant(50));
    const sorted = [...seen].sort(([a, first], [b, second]) => a - b || first - second);
    assert.equal(seen.length, 500);
    assert.deepEqual(seen, sorted);
  });

  it("stops at the end, and leaves what comes later", () => {
    const clock = new VirtualClock();
    let rang = 0;
    clock.in(millis(2), () => {
      rang += 1;
    });
    clock.runUntil(instant(1_999));
    assert.deepEqual([clock.now, rang], [1_999, 0]);
    clock.runUntil(instant(2_000));
    assert.equal(rang, 1);
  });

  it("does what is planned for the past next, and never what was called off", () => {
    const clock = new VirtualClock();
    clock.runUntil(instant(100));
    const seen: string[] = [];
    clock.at(instant(5), () => seen.push(`past at ${clock.now}`));
    const callOff = clock.at(instant(200), () => seen.push("called off"));
    callOff();
    clock.runUntil(instant(300));
    assert.deepEqual(seen, ["past at 100"]);
  });
});

describe("seeded randomness", () => {
  it("repeats itself for a seed, and differs between neighbours", () => {
    const numbers = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => random.whole(0, 1_000_000));
    };
    assert.deepEqual(numbers(42), numbers(42));
    assert.notDeepEqual(numbers(42), numbers(43));
  });

  it("reaches both ends, evenly enough", () => {
    const random = new Random(1);
    const counts = new Map<number, number>();
    for (let draw = 0; draw < 6_000; draw++) {
      const face = random.whole(1, 6);
      counts.set(face, (counts.get(face) ?? 0) + 1);
    }
    assert.deepEqual([...counts.keys()].sort(), [1, 2, 3, 4, 5, 6]);
    assert.ok([...counts.values()].every((count) => count > 850 && count < 1_150));
  });
});
