import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Reading, type Steady, settle } from "../../src/checks/steady.ts";
import { instant, seconds } from "../../src/net/time.ts";

const DELAYS = { upDelay: seconds(5), downDelay: seconds(2) };

function reading(text: string): Reading {
  const value = Number(text);
  return Number.isNaN(value) ? { up: text === "up", detail: "" } : { up: value === 0, value, detail: "" };
}

describe("what is seen counts when it has lasted", () => {
  const cases: readonly [
    what: string,
    seen: readonly (readonly [second: number, seen: string])[],
    verdicts: string,
  ][] = [
    ["the first time at once", [[0, "down"]], "false"],
    [
      "up after its delay",
      [
        [0, "down"],
        [1, "up"],
        [5.9, "up"],
        [6, "up"],
      ],
      "false false false true",
    ],
    [
      "down after its own",
      [
        [0, "up"],
        [1, "down"],
        [2.9, "down"],
        [3, "down"],
      ],
      "true true true false",
    ],
    [
      "not when it went away between",
      [
        [0, "up"],
        [1, "down"],
        [2, "up"],
        [3, "down"],
        [4, "down"],
      ],
      "true true true true true",
    ],
    [
      "another number, too",
      [
        [0, "0"],
        [1, "5"],
        [2, "6"],
        [3.5, "6"],
        [4, "6"],
      ],
      "0 0 0 0 6",
    ],
    [
      "a number that is one no more",
      [
        [0, "5"],
        [1, "down"],
        [3, "down"],
      ],
      "5 5 false",
    ],
  ];
  for (const [what, seen, verdicts] of cases) {
    it(what, () => {
      let steady: Steady | undefined;
      const told = seen.map(([second, text]) => {
        steady = settle(steady, reading(text), DELAYS, instant(second * 1_000_000));
        return steady.verdict.value ?? steady.verdict.up;
      });
      assert.equal(told.join(" "), verdicts);
    });
  }

  it("says when that will be", () => {
    const before = settle(undefined, reading("up"), DELAYS, instant(0));
    assert.equal(before.next, undefined);
    const next = settle(before, reading("down"), DELAYS, instant(1_000_000)).next;
    assert.equal(next?.at, instant(3_000_000));
  });
});
