import assert from "node:assert/strict";
import { it } from "node:test";
import { same } from "../../src/config/same.ts";

const CASES: [unknown, unknown, boolean][] = [
  [1, 1, true],
  [1, "1", false],
  [undefined, {}, false],
  [{}, [], false],
  [{ a: 1, b: [{ c: 2 }] }, { a: 1, b: [{ c: 2 }] }, true],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, false],
  [{ a: 1, b: [{ c: 2 }] }, { a: 1, b: [{ c: 3 }] }, false],
  [[1, 2], [2, 1], false],
  [[1], [1, 2], false],
  [{ a: undefined }, {}, false],
  [{ a: undefined }, { b: undefined }, false],
];

for (const [left, right, expected] of CASES) {
  it(`${JSON.stringify(left)} and ${JSON.stringify(right)} are ${expected ? "the same" : "not the same"}`, () => {
    assert.equal(same(left, right), expected);
    assert.equal(same(right, left), expected);
  });
}
