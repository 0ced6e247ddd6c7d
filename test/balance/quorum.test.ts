import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { holds, type QuorumSettings } from "../../src/balance/quorum.ts";

const SERVERS: QuorumSettings = { of: "servers", need: 3, hysteresis: 0 };
const WEIGHT: QuorumSettings = { of: "weight", need: 10, hysteresis: 2 };

/** `3 0/5 ?/2`: what each has of its weight; with `?` there is no verdict. */
function shares(text: string) {
  return text.split(" ").map((part) => {
    const [have = "", whole = have] = part.split("/");
    return { capacity: Number(have.replace("?", "0")), weight: Number(whole), undecided: have === "?" };
  });
}

describe("a quorum", () => {
  const cases: [string, QuorumSettings, boolean | undefined, string, boolean | undefined][] = [
    ["of servers, with enough", SERVERS, true, "5 5 5 0/5", true],
    ["of servers, with one too few", SERVERS, true, "5 5 0/5 0/5", false],
    ["once lost, with enough again", SERVERS, false, "5 5 5 0/5", true],
    ["of more servers than there are, with all", { ...SERVERS, need: 9 }, false, "1 1", true],
    ["of more servers than there are, with one less", { ...SERVERS, need: 9 }, true, "1 0/1", false],
    ["of weight, within its hysteresis", WEIGHT, true, "4 4 0/6", true],
    ["of weight, below it", WEIGHT, true, "4 3 0/6", false],
    ["of weight, lost, at its need alone", WEIGHT, false, "6 4 0/6", false],
    ["of weight, lost, at need and hysteresis", WEIGHT, false, "6 6 0/6", true],
    ["of weight, lost, with all there is", { ...WEIGHT, need: 12 }, false, "6 6", true],
    ["with nothing at all, whatever its hysteresis", { ...WEIGHT, need: 2 }, true, "0/2 0/2", false],
    ["of a service without servers", SERVERS, undefined, "0", false],
    ["at the start, while checks are awaited", SERVERS, undefined, "?/1 ?/1 0/1", undefined],
    ["at the start, with enough before all have answered", SERVERS, undefined, "1 1 1 ?/1", true],
    ["at the start, after the last answer", SERVERS, undefined, "1 1 0/1 0/1", false],
    ["that was held, while a new server is awaited", SERVERS, true, "1 1 1 ?/1", true],
  ];
  for (const [what, settings, before, text, after] of cases) {
    it(`${what}: ${after ?? "undecided"}`, () => assert.equal(holds(before, settings, shares(text)), after));
  }
});
