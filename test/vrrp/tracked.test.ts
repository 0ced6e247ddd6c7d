import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  effectivePriority,
  failedTrack,
  type Track,
  trackTexts,
  type Verdict,
} from "../../src/vrrp/tracked.ts";
import { routerSettings } from "../support/director.ts";
import { tracked } from "../support/tracked.ts";

const VERDICTS: Readonly<Record<string, Verdict>> = {
  good: { up: true, detail: "eth2 is up" },
  bad: { up: false, detail: "eth3 is down" },
  calm: { up: true, value: 0, detail: "holds 0" },
  strain: { up: false, value: -20, detail: "holds -20" },
};
const verdictOf = (name: string) => VERDICTS[name];

describe("the effective priority", () => {
  const cases: readonly (readonly [
    base: number,
    tracks: readonly Track[],
    effective: number,
    why: string,
  ])[] = [
    [100, [], 100, "nothing is tracked"],
    [100, [tracked("good", 20)], 120, "up adds a positive weight"],
    [100, [tracked("bad", 20)], 100, "down does not"],
    [100, [tracked("bad", -20)], 80, "down adds a negative weight"],
    [100, [tracked("good", -20)], 100, "up does not"],
    [100, [tracked("unknown", 20), tracked("unknown", -20)], 100, "what nobody has looked at adds nothing"],
    [100, [tracked("strain", 1)], 80, "a number counts as often as it says, also when it is down"],
    [100, [tracked("strain", -2)], 140, "also upside down"],
    [100, [tracked("calm", 20), tracked("calm", -20)], 100, "also not at all"],
    [100, [tracked("good", 20), tracked("bad", -50)], 70, "weights add up"],
    [100, [tracked("good"), tracked("bad")], 100, "what has no weight is a fault instead"],
    [10, [tracked("bad", -50)], 1, "at least 1"],
    [250, [tracked("good", 50)], 254, "at most 254"],
    [255, [tracked("bad", -50)], 255, "an owner stays one"],
  ];
  for (const [priority, tracks, effective, why] of cases) {
    test(`${priority} becomes ${effective}: ${why}`, () => {
      assert.equal(effectivePriority(routerSettings({ priority, tracks }), verdictOf), effective);
    });
  }
});

test("the first that is down and has no weight is a fault", () => {
  const fault = failedTrack([tracked("good"), tracked("unknown"), tracked("bad")], verdictOf);
  assert.deepEqual(fault, { name: "bad", detail: "eth3 is down" });
  assert.equal(failedTrack([tracked("good"), tracked("bad", -3)], verdictOf), undefined);
  assert.equal(failedTrack([tracked("calm"), tracked("strain")], verdictOf)?.name, "strain");
});

test("in short", () => {
  const tracks = [tracked("good"), tracked("bad", 3), tracked("unknown"), tracked("strain", 1)];
  assert.equal(trackTexts(tracks, verdictOf), "good up, bad down, unknown unknown, strain -20");
});
