import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Placement, place, type Standing } from "../../src/balance/placement.ts";

const UP: Standing = {
  weight: 3,
  checked: true,
  state: "up",
  presumed: "absent",
  onFailure: "remove",
  removed: undefined,
  override: undefined,
};
const UNKNOWN: Standing = { ...UP, state: "unknown" };
const DOWN: Standing = { ...UP, state: "down" };

describe("place", () => {
  const cases: [string, Standing, Placement["weight"], Placement["cause"]][] = [
    ["a healthy server", UP, 3, "check-passed"],
    ["a server without check", { ...UP, checked: false }, 3, "no-check"],
    ["a server whose weight is 0 in the file", { ...UP, weight: 0 }, 0, "check-passed"],
    ["a healthy server with an operator's weight", { ...UP, override: 7 }, 7, "override"],
    ["a server that an operator drains", { ...UP, override: 0 }, 0, "override"],
    ["a new server", UNKNOWN, undefined, "not-yet-checked"],
    ["a new server with an operator's weight", { ...UNKNOWN, override: 7 }, undefined, "not-yet-checked"],
    ["a server that the kernel has", { ...UNKNOWN, presumed: "up" }, 3, "presumed-up"],
    ["the same with an operator's weight", { ...UNKNOWN, presumed: "up", override: 7 }, 7, "override"],
    ["a server that the kernel has at 0", { ...UNKNOWN, presumed: "drained" }, 0, "presumed-drained"],
    ["a failed server, at first", DOWN, 0, "check-failed"],
    ["a failed server, once idle", { ...DOWN, removed: "idle" }, undefined, "idle"],
    ["a failed server, after its time", { ...DOWN, removed: "remove-after" }, undefined, "remove-after"],
    ["a failed server that never was there", { ...DOWN, removed: "absent" }, undefined, "absent"],
    ["a failed server that is to stay", { ...DOWN, onFailure: "drain" }, 0, "check-failed"],
    ["the same, although it was idle", { ...DOWN, onFailure: "drain", removed: "idle" }, 0, "check-failed"],
    ["a failed server with an operator's weight", { ...DOWN, override: 7 }, 0, "check-failed"],
  ];
  for (const [name, standing, weight, cause] of cases) {
    it(`${name}: ${weight ?? "absent"}, ${cause}`, () => {
      assert.deepEqual(place(standing), { weight, cause });
    });
  }

  it("never gives a failed server weight, nor takes it from a healthy one", () => {
    const standing = fc.record<Standing>({
      weight: fc.integer({ min: 1, max: 65_535 }),
      checked: fc.constant(true),
      state: fc.constantFrom("up", "down", "unknown"),
      presumed: fc.constantFrom("up", "drained", "absent"),
      onFailure: fc.constantFrom("remove", "drain"),
      removed: fc.constantFrom(undefined, "idle", "remove-after", "absent"),
      override: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(standing, (one) => {
        const { weight } = place(one);
        if (one.state === "down") assert.ok(weight === undefined || weight === 0);
        if (one.state === "up") assert.equal(weight, one.override ?? one.weight);
      }),
    );
  });
});
