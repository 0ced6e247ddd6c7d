import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Bug } from "../../src/net/bug.ts";
import { macBytes, macFromBytes, parseMac } from "../../src/net/mac.ts";

describe("MAC addresses", () => {
  const cases: [string, string | undefined][] = [
    ["02:00:00:00:00:0a", "02:00:00:00:00:0a"],
    ["00:00:5E:00:01:33", "00:00:5e:00:01:33"],
    ["02:00:00:00:00", undefined],
    ["02:00:00:00:00:0a:0b", undefined],
    ["2:0:0:0:0:a", undefined],
    ["02-00-00-00-00-0a", undefined],
    ["02:00:00:00:00:0g", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of cases) {
    it(`${JSON.stringify(text)} is ${expected ?? "none"}`, () => assert.equal(parseMac(text), expected));
  }

  it("go to bytes and back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
        const mac = macFromBytes(bytes);
        assert.deepEqual(macBytes(mac), bytes);
        assert.equal(parseMac(mac), mac);
      }),
    );
  });

  it("have six bytes", () => {
    assert.throws(() => macFromBytes(new Uint8Array(5)), Bug);
    assert.throws(() => macFromBytes(new Uint8Array(8)), Bug);
  });
});
