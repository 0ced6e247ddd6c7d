import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { NetworkReader, NetworkWriter } from "../../src/net/bytes.ts";
import { fromHex, toHex } from "../support/golden.ts";

describe("NetworkReader", () => {
  it("reads big-endian, unsigned", () => {
    const reader = new NetworkReader(fromHex("ff fffe fffffffd 0102 03"));
    assert.deepEqual([reader.u8(), reader.u16(), reader.u32()], [0xff, 0xfffe, 0xffff_fffd]);
    reader.skip(1);
    assert.deepEqual(reader.take(2), fromHex("0203"));
    assert.equal(reader.remaining, 0);
    assert.equal(reader.error, undefined);
  });

  it("gives zeros after its first error, and remembers that one", () => {
    const reader = new NetworkReader(fromHex("010203"));
    reader.u8();
    assert.equal(reader.u32(), 0);
    assert.equal(reader.error, "4 bytes wanted at 1, 2 left");
    assert.equal(reader.u8(), 0);
    assert.deepEqual(reader.take(3), new Uint8Array(3));
    assert.equal(reader.error, "4 bytes wanted at 1, 2 left");
  });

  it("never hands out a short slice", () => {
    const reader = new NetworkReader(fromHex("010203"));
    assert.deepEqual(reader.take(4), new Uint8Array(4));
    assert.equal(reader.error, "4 bytes wanted at 0, 3 left");
    assert.equal(reader.u8(), 0);
  });

  it("takes copies", () => {
    const bytes = fromHex("010203");
    const taken = new NetworkReader(bytes).take(3);
    bytes.fill(0xaa);
    assert.deepEqual(taken, fromHex("010203"));
  });

  it("respects where a view begins", () => {
    assert.equal(new NetworkReader(fromHex("01020304").subarray(2)).u16(), 0x0304);
  });
});

describe("NetworkWriter", () => {
  it("fills a junk-filled buffer to its last byte", () => {
    const buffer = new Uint8Array(12).fill(0xaa);
    const writer = new NetworkWriter(buffer).u8(1).u16(2).u32(0xffff_fffe).zeros(3).bytes(fromHex("0506"));
    assert.equal(toHex(writer.finish()), "010002fffffffe0000000506");
    assert.equal(writer.finish(), buffer);
  });

  const bugs: [string, (writer: NetworkWriter) => unknown, string][] = [
    ["a byte of 256", (writer) => writer.u8(256).zeros(3), "256 does not fit in 1 bytes"],
    ["a negative word", (writer) => writer.u16(-1).zeros(2), "-1 does not fit in 2 bytes"],
    ["half a number", (writer) => writer.u32(0.5), "0.5 does not fit in 4 bytes"],
    ["33 bits", (writer) => writer.u32(2 ** 32), "4294967296 does not fit in 4 bytes"],
    ["missing bytes", (writer) => writer.u16(1), "2 bytes of 4 were never written"],
    ["a number too much", (writer) => writer.u16(1).u32(1), "4 bytes to write at 2, room for 2"],
    ["zeros too much", (writer) => writer.zeros(5), "5 bytes to write at 0, room for 4"],
    [
      "bytes too many",
      (writer) => writer.u8(1).bytes(new Uint8Array(4)),
      "4 bytes to write at 1, room for 3",
    ],
    ["two errors: the first", (writer) => writer.u8(256).zeros(9), "256 does not fit in 1 bytes"],
  ];
  for (const [name, write, message] of bugs) {
    it(`calls it a bug of ours: ${name}`, () => {
      const writer = new NetworkWriter(new Uint8Array(4));
      write(writer);
      assert.throws(() => writer.finish(), { name: "Bug", message });
    });
  }

  it("writes what the reader reads", () => {
    const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(u32, fc.uint8Array({ maxLength: 40 }), (number, bytes) => {
        const size = 7 + bytes.length;
        const writer = new NetworkWriter(new Uint8Array(size).fill(0xaa));
        writer
          .u32(number)
          .u16(number % 0x1_0000)
          .u8(number % 0x100)
          .bytes(bytes);
        const reader = new NetworkReader(writer.finish());
        assert.deepEqual(
          [reader.u32(), reader.u16(), reader.u8()],
          [number, number % 0x1_0000, number % 0x100],
        );
        assert.deepEqual(reader.take(bytes.length), bytes);
        assert.equal(reader.error, undefined);
      }),
    );
  });
});
