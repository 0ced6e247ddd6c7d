import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Bug } from "../../src/net/bug.ts";
import { HostReader, HostWriter, readNumber } from "../../src/netlink/host-bytes.ts";
import { fromHex, toHex } from "../support/golden.ts";

describe("HostReader", () => {
  it("reads little-endian, unsigned unless asked otherwise", () => {
    const reader = new HostReader(fromHex("ff feff fdffffff efffffff 0102"));
    assert.deepEqual(
      [reader.u8(), reader.u16(), reader.u32(), reader.i32()],
      [0xff, 0xfffe, 0xffff_fffd, -17],
    );
    assert.deepEqual(reader.rest(), fromHex("0102"));
    assert.equal(reader.remaining, 0);
    assert.equal(reader.error, undefined);
  });

  it("gives zeros after its first error, and remembers that one", () => {
    const reader = new HostReader(fromHex("010203"));
    reader.u8();
    assert.equal(reader.u32(), 0);
    assert.equal(reader.u8(), 0);
    assert.equal(reader.view(1).length, 0);
    assert.equal(reader.error, "4 bytes wanted at 1, 2 left");
  });

  it("reads 64 bits at any offset", () => {
    assert.equal(readNumber(fromHex("aa 0000000001000000"), 1, 8), 2 ** 32);
  });
});

describe("HostWriter", () => {
  it("writes what the reader reads", () => {
    fc.assert(
      fc.property(fc.nat(0xff), fc.nat(0xffff), fc.nat(0xffff_ffff), (byte, word, long) => {
        const bytes = new HostWriter().u8(byte).u16(word).u32(long).finish();
        const reader = new HostReader(bytes);
        assert.deepEqual([reader.u8(), reader.u16(), reader.u32()], [byte, word, long]);
      }),
    );
  });

  it("grows, pads and patches", () => {
    const out = new HostWriter().bytes(new Uint8Array(1_000).fill(7)).padTo(1_004).patchU16(0, 0x0102);
    assert.equal(out.length, 1_004);
    const bytes = out.finish();
    assert.equal(toHex(bytes.subarray(0, 3)), "020107");
    assert.equal(toHex(bytes.subarray(999)), "0700000000");
  });

  it("calls it a bug when a number does not fit", () => {
    for (const value of [256, -1, 0.5, Number.NaN]) assert.throws(() => new HostWriter().u8(value), Bug);
  });
});
