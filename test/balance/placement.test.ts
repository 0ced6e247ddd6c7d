import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Override } from "../../src/balance/override.ts";
import { type Placement, place, type Standing } from "../../src/balance/placement.ts";

const UP: Standing = {
  weight: 3,
  checked: true,
  state: "up",
  presumed: "absent",
  onFailure: "remove",
  removed: undefined,
  override: undefined,
  reported: undefined,
  isSorry: false,
  panics: false,
  withdrawn: false,
  ramped: undefined,
};
const SORRY: Standing = { ...UP, weight: 1, checked: false, isSorry: true };
const UNKNOWN: Standing = { ...UP, state: "unknown" };
const DOWN: Standing = { ...UP, state: "down" };

const SAID = { by: "anna", at: 0 };
const SEVEN: Override = { kind: "weight", weight: 7, ...SAID };
const DRAIN: Override = { kind: "drain", connections: 0, ...SAID };

describe("place", () => {
  const cases: [string, Standing, Placement["weight"], Placement["cause"]][] = [
    ["a healthy server", UP, 3, "check-passed"],
    ["a server without check", { ...UP, checked: false }, 3, "no-check"],
    ["a server whose weight is 0 in the file", { ...UP, weight: 0 }, 0, "check-passed"],
    ["a healthy server with an operator's weight", { ...UP, override: SEVEN }, 7, "override"],
    ["a server that an operator drains", { ...UP, override: DRAIN }, 0, "draining"],
    ["a drained server", { ...UP, override: DRAIN, removed: "drained" }, undefined, "drained"],
    [
      "a server whose drain took too long",
      { ...UP, override: DRAIN, removed: "drain-deadline" },
      undefined,
      "drain-deadline",
    ],
    ["a failed server that an operator drains", { ...DOWN, override: DRAIN }, 0, "draining"],
    ["a new server", UNKNOWN, undefined, "not-yet-checked"],
    ["a new server with an operator's weight", { ...UNKNOWN, override: SEVEN }, 7, "override"],
    ["a server that the kernel has", { ...UNKNOWN, presumed: "up" }, 3, "presumed-up"],
    ["the same with an operator's weight", { ...UNKNOWN, presumed: "up", override: SEVEN }, 7, "override"],
    ["a server that the kernel has at 0", { ...UNKNOWN, presumed: "drained" }, 0, "presumed-drained"],
    ["a failed server, at first", DOWN, 0, "check-failed"],
    ["a failed server, once idle", { ...DOWN, removed: "idle" }, undefined, "idle"],
    ["a failed server, after its time", { ...DOWN, removed: "remove-after" }, undefined, "remove-after"],
    ["a failed server that never was there", { ...DOWN, removed: "absent" }, undefined, "absent"],
    ["a failed server that is to stay", { ...DOWN, onFailure: "drain" }, 0, "check-failed"],
    ["the same, although it was idle", { ...DOWN, onFailure: "drain", removed: "idle" }, 0, "check-failed"],
    ["a failed server with an operator's weight", { ...DOWN, override: SEVEN }, 7, "override"],
    ["the same, once it had left", { ...DOWN, removed: "idle", override: SEVEN }, 7, "override"],
    ["a server whose check reports a weight", { ...UP, reported: 5 }, 5, "check-weight"],
    ["a failed one whose check had reported a weight", { ...DOWN, reported: 5 }, 0, "check-failed"],
    ["a new server that counts as up", { ...UNKNOWN, presumed: "assumed" }, 3, "assumed-up"],
    ["a server that begins to serve", { ...UP, ramped: 2 }, 2, "slow-start"],
    ["the same, when its check reports a weight", { ...UP, ramped: 2, reported: 5 }, 5, "check-weight"],
    ["the same, when an operator gave it one", { ...UP, ramped: 2, override: SEVEN }, 7, "override"],
    ["the same, when it fails", { ...DOWN, ramped: 2 }, 0, "check-failed"],
    ["a server for which the sorry server serves", { ...UP, withdrawn: true }, 0, "quorum-lost"],
    ["the same, when its check reports a weight", { ...UP, withdrawn: true, reported: 5 }, 0, "quorum-lost"],
    ["the same, when an operator gave it one", { ...UP, withdrawn: true, override: SEVEN }, 7, "override"],
    ["the same, when it fails", { ...DOWN, withdrawn: true, removed: "idle" }, undefined, "idle"],
    ["a failed server in a panic", { ...DOWN, panics: true, removed: "idle" }, 3, "panic"],
    ["the same, drained by an operator", { ...DOWN, panics: true, override: DRAIN }, 0, "draining"],
    ["a healthy server in a panic", { ...UP, panics: true }, 3, "check-passed"],
    ["a new server in a panic", { ...UNKNOWN, panics: true }, undefined, "not-yet-checked"],
    ["a sorry server that serves", SORRY, 1, "sorry-serves"],
    ["a sorry server that waits, at first", { ...SORRY, state: "down" }, 0, "sorry-waits"],
    ["the same, once idle", { ...SORRY, state: "down", removed: "idle" }, undefined, "idle"],
    ["one that an operator overrules", { ...UP, reported: 5, override: SEVEN }, 7, "override"],
  ];
  for (const [name, standing, weight, cause] of cases) {
    it(`${name}: ${weight ?? "absent"}, ${cause}`, () => {
      assert.deepEqual(place(standing), { weight, cause });
    });
  }

  it("hears the operator first, then the check's failure, the quorum, the check's weight, the slow start, and the file last", () => {
    const standing = fc.record<Standing>({
      weight: fc.integer({ min: 1, max: 65_535 }),
      checked: fc.constant(true),
      state: fc.constantFrom("up", "down", "unknown"),
      presumed: fc.constantFrom("up", "drained", "absent", "assumed"),
      onFailure: fc.constantFrom("remove", "drain"),
      removed: fc.constantFrom(undefined, "idle", "remove-after", "absent"),
      override: fc.constantFrom(undefined, SEVEN),
      isSorry: fc.constant(false),
      panics: fc.constant(false),
      withdrawn: fc.boolean(),
      ramped: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
      reported: fc.option(fc.integer({ min: 1, max: 255 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(standing, (one) => {
        const { weight } = place(one);
        if (one.override !== undefined) assert.equal(weight, 7);
        else if (one.state === "down") assert.ok(weight === undefined || weight === 0);
        else if (one.state === "up" && one.withdrawn) assert.equal(weight, 0);
        else if (one.state === "up") assert.equal(weight, one.reported ?? one.ramped ?? one.weight);
      }),
    );
  });
});
