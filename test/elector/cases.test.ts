/** Behaviour cases: each folder of `cases/` says in its README.md what it is about. */
import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { linesIn, playCase } from "../support/behaviour-case.ts";

const CASES = join(import.meta.dirname, "cases");

describe("behaviour cases", () => {
  for (const name of readdirSync(CASES).sort()) {
    const folder = join(CASES, name);
    const intent = linesIn(folder, "README.md").join(" ");

    it(`${name}: ${intent}`, () => {
      const done = playCase(folder);
      if (process.env["UPDATE_CASES"] === "1")
        writeFileSync(join(folder, "expected.jsonl"), `${done.join("\n")}\n`);
      const hint = "to see what has changed: UPDATE_CASES=1, and look at the difference";
      assert.deepEqual(done, linesIn(folder, "expected.jsonl"), hint);
    });
  }
});
