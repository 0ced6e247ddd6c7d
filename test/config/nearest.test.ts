import assert from "node:assert/strict";
import { it } from "node:test";
import { nearest } from "../../src/config/nearest.ts";

const KEYS = ["vrid", "interface", "interval", "priority", "preempt", "addresses", "weight"];
const CASES: [string, string | undefined][] = [
  ["wieght", "weight"],
  ["vird", "vrid"],
  ["interfce", "interface"],
  ["intervall", "interval"],
  ["Priority", "priority"],
  ["adresses", "addresses"],
  ["premept", "preempt"],
  ["weight", "weight"],
  ["colour", undefined],
  ["x", undefined],
  ["", undefined],
  ["p".repeat(1_000), undefined],
];

for (const [word, expected] of CASES) {
  it(`"${word.slice(0, 20)}" → ${expected}`, () => assert.equal(nearest(word, KEYS), expected));
}
