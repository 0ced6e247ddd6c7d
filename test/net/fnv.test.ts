import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fnv1a } from "../../src/net/fnv.ts";

describe("FNV-1a", () => {
  // draft-eastlake-fnv, test vectors for 32 bits.
  for (const [text, hash] of [
    ["", 0x811c_9dc5],
    ["a", 0xe40c_292c],
    ["foobar", 0xbf9c_f968],
  ] as const) {
    it(`of "${text}" is as published`, () => {
      assert.equal(fnv1a(new TextEncoder().encode(text)), hash);
    });
  }
});
