import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { alignAttribute, alignMessage } from "../../src/netlink/align.ts";
import { Attributes, AttributeWriter } from "../../src/netlink/attributes.ts";
import { fromHex, toHex } from "../support/golden.ts";

describe("alignment", () => {
  const cases = [
    [0, 0],
    [1, 4],
    [4, 4],
    [5, 8],
    [65_535, 65_536],
  ] as const;
  for (const [length, aligned] of cases) {
    it(`${length} → ${aligned}`, () => {
      assert.equal(alignAttribute(length), aligned);
      assert.equal(alignMessage(length), aligned);
    });
  }
});

describe("Attributes", () => {
  it("are found by type, whatever the two high bits say", () => {
    const attributes = new Attributes(fromHex("0800 0180 04000200 0500 0240 07000000"));
    assert.equal(attributes.bytes(1)?.length, 4);
    assert.equal(attributes.nested(1)?.bytes(2)?.length, 0);
    assert.equal(attributes.u8(2), 7);
    assert.equal(attributes.u8(3), undefined);
    assert.equal(attributes.error, undefined);
  });

  it("the last of a type counts", () => {
    assert.equal(new Attributes(fromHex("05000100 01000000 05000100 02000000")).u8(1), 2);
  });

  it("need no padding behind the last one", () => {
    const attributes = new Attributes(fromHex("05000100 07"));
    assert.equal(attributes.u8(1), 7);
    assert.equal(attributes.error, undefined);
  });

  it("read text without its NUL, and without needing one", () => {
    const attributes = new Attributes(fromHex("07000100 72720000 06000200 72720000"));
    assert.equal(attributes.text(1), "rr");
    assert.equal(attributes.text(2), "rr");
  });

  it("remember a wrong size, also one deep inside", () => {
    const attributes = new Attributes(fromHex("0c000100 05000200 01000000"));
    assert.equal(attributes.nested(1)?.u32(2), undefined);
    assert.equal(attributes.error, "attribute 2 has 1 bytes instead of 4");
  });

  const broken = [
    ["shorter than its header", "03000100", "an attribute of 3 bytes"],
    ["longer than what there is", "09000100 00000000", "5 bytes wanted at 4, 4 left"],
    ["a header cut in two", "0400", "2 bytes wanted at 2, 0 left"],
  ] as const;
  for (const [name, hex, error] of broken) {
    it(name, () => assert.equal(new Attributes(fromHex(hex)).error, error));
  }
});

describe("AttributeWriter", () => {
  it("pads, and counts the padding in no length", () => {
    const bytes = new AttributeWriter()
      .u8(1, 7)
      .nested(2, (inside) => inside.u16(3, 0x0102).networkU16(4, 80))
      .text(5, "wlc")
      .finish();
    assert.equal(
      toHex(bytes),
      "0500010007000000" + "14000280" + "0600030002010000" + "0600040000500000" + "08000500776c6300",
    );
  });

  it("writes what Attributes reads", () => {
    const fields = {
      u8: fc.nat(0xff),
      u16: fc.nat(0xffff),
      port: fc.nat(0xffff),
      u32: fc.nat(0xffff_ffff),
      text: fc.string({ unit: "binary-ascii" }).map((text) => text.replaceAll("\0", "")),
      bytes: fc.uint8Array({ maxLength: 40 }),
    };
    const payload = fc.record(fields, { noNullPrototype: true });
    fc.assert(
      fc.property(payload, (value) => {
        const bytes = new AttributeWriter()
          .nested(9, (inside) => inside.u8(1, value.u8).u16(2, value.u16).networkU16(3, value.port))
          .u32(4, value.u32)
          .text(5, value.text)
          .bytes(6, value.bytes)
          .finish();
        const read = new Attributes(bytes);
        const inside = read.nested(9);
        assert.deepEqual(
          {
            u8: inside?.u8(1),
            u16: inside?.u16(2),
            port: inside?.networkU16(3),
            u32: read.u32(4),
            text: read.text(5),
            bytes: read.bytes(6),
          },
          value,
        );
        assert.equal(read.error, undefined);
      }),
    );
  });
});
