import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { placesFor } from "../../src/checks/places.ts";

describe("the places of checks", () => {
  for (const [descriptors, places] of [
    [Number.POSITIVE_INFINITY, 4096],
    [1_048_576, 4096],
    [8192, 4096],
    [8191, 4095],
    [1024, 512],
    [20, 64],
  ] as const) {
    it(`are ${places} for ${descriptors} file descriptors`, () => {
      assert.equal(placesFor(descriptors), places);
    });
  }
});
