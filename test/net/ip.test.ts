import assert from "node:assert/strict";
import { isIP } from "node:net";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Bug } from "../../src/net/bug.ts";
import {
  compareIp,
  familyOf,
  ip,
  ipBytes,
  ipFromBytes,
  ipRange,
  isMulticast,
  parseIp,
} from "../../src/net/ip.ts";
import { fromHex, toHex } from "../support/golden.ts";

describe("parseIp", () => {
  const cases: [string, string | undefined][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["256.0.2.1", undefined],
    ["192.0.2", undefined],
    ["192.0.2.1.1", undefined],
    ["192.0.02.1", undefined],
    ["192.0.2.1/32", undefined],
    ["192.0.2.", undefined],
    [" 192.0.2.1", undefined],
    ["0x7f.0.0.1", undefined],
    ["::", "::"],
    ["::1", "::1"],
    ["2001:DB8:0:0:0:0:0:100", "2001:db8::100"],
    ["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
    ["1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"],
    ["192.0.2.1::", undefined],
    ["1:2:3:4:5:6:7:8:9", undefined],
    ["1:2:3:4:5:6:7", undefined],
    ["1:2:3:4::5:6:7:8", undefined],
    ["1::2::3", undefined],
    [":::", undefined],
    [":1", undefined],
    ["1:", undefined],
    ["12345::", undefined],
    ["fe80::1%eth0", undefined],
    ["[::1]", undefined],
    ["", undefined],
    ["front", undefined],
  ];
  for (const [text, expected] of cases) {
    it(`${JSON.stringify(text)} is ${expected ?? "none"}`, () => assert.equal(parseIp(text), expected));
  }

  it("agrees with the runtime about which text is an address", () => {
    const piece = fc.oneof(
      fc.constantFrom(":", "::", ".", "0", "f", "00"),
      fc.integer({ min: 0, max: 300 }).map(String),
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 18 }).map((pieces) => pieces.join("")),
      fc.ipV6(),
      fc.ipV4(),
    );
    fc.assert(fc.property(text, (one) => assert.equal(parseIp(one) !== undefined, isIP(one) !== 0)));
  });
});

describe("canonical text", () => {
  it("is the same that a URL has", () => {
    const sixteen = fc.array(fc.constantFrom(0, 0, 0, 1, 0x20), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(sixteen, (bytes) => {
        const address = ipFromBytes(Uint8Array.from(bytes));
        assert.equal(new URL(`http://[${address}]/`).hostname, `[${address}]`);
      }),
    );
  });

  for (const size of [4, 16]) {
    it(`goes to ${size} bytes and back`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: size, maxLength: size }), (bytes) => {
          const address = ipFromBytes(bytes);
          assert.equal(familyOf(address), size === 4 ? 4 : 6);
          assert.deepEqual(ipBytes(address), bytes);
          assert.equal(parseIp(address), address);
        }),
      );
    });
  }

  it("has its bytes in network order", () => {
    assert.equal(toHex(ipBytes(ip("192.0.2.100"))), "c0000264");
    assert.equal(ipFromBytes(fromHex("fe80000000000000000000fffe00000a")), "fe80::ff:fe00:a");
  });

  it("is refused to anything else, as a bug of ours", () => {
    assert.throws(() => ip("example.org"), Bug);
    assert.throws(() => ipFromBytes(new Uint8Array(5)), Bug);
    assert.throws(() => ipFromBytes(new Uint8Array(0)), Bug);
  });
});

describe("compareIp", () => {
  const ascending = ["9.0.0.1", "10.0.0.1", "10.0.0.2", "192.0.2.1", "::1", "fe80::9", "fe80::10"].map(ip);

  it("compares bytes unsigned, not text", () => {
    for (const [index, left] of ascending.entries()) {
      for (const [other, right] of ascending.entries()) {
        assert.equal(Math.sign(compareIp(left, right)), Math.sign(index - other), `${left} with ${right}`);
      }
    }
  });
});

describe("isMulticast", () => {
  const cases: [string, boolean][] = [
    ["223.255.255.255", false],
    ["224.0.0.18", true],
    ["239.1.2.3", true],
    ["240.0.0.1", false],
    ["22.4.0.1", false],
    ["ff02::12", true],
    ["ffff::", true],
    ["fff::1", false],
    ["ff::1", false],
    ["fe80::ff02", false],
    ["::", false],
  ];
  for (const [text, expected] of cases) {
    it(`${text}: ${expected}`, () => assert.equal(isMulticast(ip(text)), expected));
  }
});

describe("a range of addresses", () => {
  const cases: readonly (readonly [title: string, ...expected: string[]])[] = [
    ["of one", "192.0.2.1"],
    ["of some", "192.0.2.254", "192.0.2.255"],
    ["over the end of a byte", "192.0.1.255", "192.0.2.0", "192.0.2.1"],
    ["of IPv6", "2001:db8::fffe", "2001:db8::ffff", "2001:db8::1:0"],
    ["of the last", "255.255.255.255"],
  ];
  for (const [title, ...expected] of cases)
    it(title, () => {
      const [first = "", last = first] = [expected[0], expected.at(-1)];
      assert.deepEqual(Array.from(ipRange(ip(first), ip(last))), expected);
    });
});
