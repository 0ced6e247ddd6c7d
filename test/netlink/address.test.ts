import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ip, ipFromBytes } from "../../src/net/ip.ts";
import {
  type AddressKey,
  type AddressTraits,
  addAddress,
  decodeAddress,
  deleteAddress,
  getAddresses,
  type NewAddress,
} from "../../src/netlink/address.ts";
import { Attributes } from "../../src/netlink/attributes.ts";
import { encodeRequest, type Request, splitMessages } from "../../src/netlink/message.ts";
import { toHex } from "../support/golden.ts";
import { goldenBytes, goldenMessage } from "./golden.ts";

/** `struct ifaddrmsg` */
const HEADER = 8;
/** Up to IFA_TARGET_NETNSID. */
const IFA_TYPES = Array.from({ length: 11 }, (_, index) => index);
const vip: AddressKey = { interfaceIndex: 5, address: ip("192.0.2.100"), prefixLength: 24 };

function decoded(request: Request) {
  const [message] = splitMessages(encodeRequest(request, 1)).messages;
  assert(message !== undefined);
  return decodeAddress(message);
}

const anyAddress = fc.oneof(
  fc.record({ bytes: fc.uint8Array({ minLength: 4, maxLength: 4 }), prefixLength: fc.nat(32) }),
  fc.record({ bytes: fc.uint8Array({ minLength: 16, maxLength: 16 }), prefixLength: fc.nat(128) }),
);
const anyNewAddress: fc.Arbitrary<NewAddress> = fc
  .tuple(anyAddress, fc.nat(0xffff_ffff), fc.option(fc.integer({ min: 1, max: 0xffff_fffe })))
  .map(([{ bytes, prefixLength }, interfaceIndex, validSeconds]) => ({
    interfaceIndex,
    address: ipFromBytes(bytes),
    prefixLength,
    ...(validSeconds === null ? {} : { validSeconds }),
  }));

describe("requests", () => {
  it("deletes by LOCAL and ADDRESS, as keepalived does", () => {
    assert.equal(toHex(encodeRequest(deleteAddress(vip), 1)), toHex(goldenBytes("rtnl-deladdr-v4")));
  });

  it("adds with CREATE and REPLACE, so that the same request renews the lifetime", () => {
    assert.equal(addAddress(vip).flags, 0x505);
    const hex = toHex(addAddress({ ...vip, validSeconds: 60 }).body);
    assert.equal(
      hex,
      "02180000 05000000 08000200c0000264 08000100c0000264".replaceAll(" ", "") +
        "14000600 3c000000 3c000000 0000000000000000 05000b004b000000".replaceAll(" ", ""),
    );
  });

  const told: readonly (readonly [golden: string, address: NewAddress])[] = [
    [
      "rtnl-newaddr-v4-broadcast",
      {
        ...{ interfaceIndex: 3, address: ip("192.0.2.100"), prefixLength: 24 },
        traits: { label: "dmy0:vip", scope: 253, broadcast: ip("192.0.2.255") },
      },
    ],
    [
      "rtnl-newaddr-v4-noprefixroute",
      {
        ...{ interfaceIndex: 3, address: ip("192.0.2.101"), prefixLength: 24 },
        traits: { prefixRoute: false },
      },
    ],
    [
      "rtnl-newaddr-v6-home",
      {
        ...{ interfaceIndex: 3, address: ip("2001:db8::100"), prefixLength: 64, validSeconds: 60 },
        traits: { home: true, deprecated: true },
      },
    ],
    [
      "rtnl-newaddr-v6-noprefixroute",
      {
        ...{ interfaceIndex: 3, address: ip("2001:db8::101"), prefixLength: 64, validSeconds: 60 },
        traits: { prefixRoute: false },
      },
    ],
  ];
  for (const [golden, address] of told) {
    it(`says all that iproute2 says: ${golden}`, () => {
      const theirs = goldenMessage(golden).body;
      const ours = addAddress(address).body;
      assert.equal(toHex(ours.subarray(0, HEADER)), toHex(theirs.subarray(0, HEADER)));
      const [written, wanted] = [ours, theirs].map((body) => new Attributes(body.subarray(HEADER)));
      for (const type of IFA_TYPES) {
        const bytes = wanted?.bytes(type);
        if (bytes !== undefined) assert.deepEqual(written?.bytes(type), bytes, `attribute ${type}`);
      }
    });
  }

  it("makes a floating IPv6 address that is alone no source of connections, unless it is told to", () => {
    const deprecated = (prefixLength: number, traits?: AddressTraits) => {
      const address = { interfaceIndex: 3, address: ip("2001:db8::100"), prefixLength, validSeconds: 60 };
      const body = addAddress({ ...address, ...(traits === undefined ? {} : { traits }) }).body;
      return new Attributes(body.subarray(HEADER)).bytes(6)?.[0] === 0;
    };
    assert.deepEqual([deprecated(128), deprecated(64)], [true, false]);
    assert.deepEqual(
      [deprecated(128, { deprecated: false }), deprecated(64, { deprecated: true })],
      [false, true],
    );
  });

  it("dumps the addresses of all families, with a header that strict checking accepts", () => {
    assert.equal(toHex(encodeRequest(getAddresses(), 1)), "180000001600050301000000000000000000000000000000");
  });

  it("are read back as they were written", () => {
    fc.assert(
      fc.property(anyNewAddress, (wanted) => {
        const info = decoded(addAddress(wanted));
        assert.equal(info?.interfaceIndex, wanted.interfaceIndex);
        assert.equal(info.address, wanted.address);
        assert.equal(info.prefixLength, wanted.prefixLength);
        assert.equal(info.validSeconds, wanted.validSeconds);
        assert.equal(info.protocol, 75);
        assert.equal(decoded(deleteAddress(wanted))?.address, wanted.address);
      }),
    );
  });
});

describe("decodeAddress", () => {
  it("reads what keepalived asked the kernel for", () => {
    assert.deepEqual(decodeAddress(goldenMessage("rtnl-newaddr-v6-vmac-ll")), {
      family: 6,
      interfaceIndex: 6,
      address: "fe80::ff:fe00:a",
      prefixLength: 64,
      scope: 0,
      secondary: false,
      deprecated: false,
      tentative: false,
      protocol: 18,
      validSeconds: undefined,
    });
    assert.equal(decodeAddress(goldenMessage("rtnl-newaddr-v4-label"))?.address, "192.0.2.100");
    assert.equal(decodeAddress(goldenMessage("rtnl-newaddr-v6-vip"))?.prefixLength, 64);
    assert.equal(decodeAddress(goldenMessage("rtnl-deladdr-v6"))?.address, "fe80::100");
  });

  it("reads the flags of 32 bits when there are any, else those of 8", () => {
    const message = goldenMessage("rtnl-deladdr-v4");
    const body = message.body.slice();
    body[2] = 0x61;
    const short = decodeAddress({ ...message, body });
    assert.deepEqual([short?.secondary, short?.deprecated, short?.tentative], [true, true, true]);
    const long = decodeAddress({ ...message, body: Uint8Array.of(...body, 8, 0, 8, 0, 0x20, 0, 0, 0) });
    assert.deepEqual([long?.secondary, long?.deprecated, long?.tentative], [false, true, false]);
  });

  it("reads no address of the wrong length, of another family, or of another message", () => {
    const message = goldenMessage("rtnl-deladdr-v4");
    const body = message.body.slice();
    body[0] = 10;
    assert.equal(decodeAddress({ ...message, body }), undefined);
    body[0] = 7;
    assert.equal(decodeAddress({ ...message, body }), undefined);
    assert.equal(decodeAddress({ ...message, type: 24 }), undefined);
  });

  it("reads no prefix of a message, unless only attributes at its end are missing", () => {
    const message = goldenMessage("rtnl-newaddr-v6-vip");
    for (let length = 0; length < message.body.length; length++) {
      const info = decodeAddress({ ...message, body: message.body.subarray(0, length) });
      if (length < 28) assert.equal(info, undefined, `${length} bytes`);
      else if (info !== undefined) assert.equal(info.prefixLength, 64);
    }
  });
});
