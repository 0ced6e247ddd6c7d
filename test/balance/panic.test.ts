import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isSuspect, type Witness } from "../../src/balance/panic.ts";
import type { FailureReason } from "../../src/checks/result.ts";
import { seconds } from "../../src/net/time.ts";

const UP: Witness = { serves: true, failures: [], answers: false };
const NEW: Witness = { serves: false, failures: [], answers: false };

function down(failure: FailureReason): Witness {
  return { serves: false, failures: [failure], answers: false };
}

describe("this director is the suspect", () => {
  const half = { below: 0.5, after: seconds(10) };
  const [silent, away, refused] = [down("timeout"), down("unreachable"), down("refused")];
  const cases: [string, readonly Witness[], boolean][] = [
    ["with every server silent", [silent, away], true],
    ["with one of three healthy, and the others silent", [UP, silent, away], true],
    ["with half of them healthy", [UP, silent], false],
    ["with one that refuses", [silent, silent, refused], false],
    ["with one that answers wrongly", [silent, silent, down("bad-status")], false],
    ["with new ones, and one that is silent", [NEW, NEW, silent], true],
    ["with new ones alone", [NEW, NEW], false],
    ["without servers", [], false],
  ];
  for (const [what, witnesses, expected] of cases) {
    it(`${what}: ${expected}`, () => assert.equal(isSuspect(half, witnesses), expected));
  }
});
