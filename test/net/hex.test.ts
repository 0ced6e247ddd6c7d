import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseHex, toHex } from "../../src/net/hex.ts";

describe("bytes as hexadecimal text", () => {
  for (const [text, bytes] of [
    ["", []],
    ["00ff", [0, 255]],
    ["31339601", [0x31, 0x33, 0x96, 0x01]],
  ] as const) {
    it(`"${text}" both ways`, () => {
      assert.equal(toHex(Uint8Array.from(bytes)), text);
      assert.deepEqual(parseHex(text), Uint8Array.from(bytes));
    });
  }

  it("are read in capitals, too", () => assert.deepEqual(parseHex("FF"), Uint8Array.of(255)));

  for (const text of ["f", "0g", "0x00", "00 ff", "00\n"]) {
    it(`${JSON.stringify(text)} is none`, () => assert.equal(parseHex(text), undefined));
  }
});
