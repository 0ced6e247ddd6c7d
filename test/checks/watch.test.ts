import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ScriptWatch, UNWATCHED, watch } from "../../src/checks/watch.ts";
import { seconds } from "../../src/net/time.ts";

const SETTINGS: ScriptWatch = {
  kind: "script",
  name: "uplink",
  command: ["/usr/bin/true"],
  interval: seconds(1),
  timeout: seconds(1),
  rise: 2,
  fall: 3,
};

/** `+` passed, `-` failed; what is known after each: `?`, `u`p or `d`own. */
const CASES: readonly (readonly [results: string, verdicts: string, why: string])[] = [
  ["+", "u", "a first success is believed"],
  ["---", "??d", "a first failure is not"],
  ["--+", "??u", "nor are two"],
  ["+--+--", "uuuuuu", "a success forgets the failures"],
  ["+---", "uuud", "three failures in a row count"],
  ["---+-++", "??ddddu", "two successes in a row bring it back"],
];

describe("what a script's results say:", () => {
  for (const [results, verdicts, why] of CASES) {
    test(`${results} says ${verdicts}: ${why}`, () => {
      let state = UNWATCHED;
      const said = Array.from(results, (result) => {
        state = watch(state, result === "+", SETTINGS);
        if (state.up === undefined) return "?";
        return state.up ? "u" : "d";
      });
      assert.equal(said.join(""), verdicts);
    });
  }
});
