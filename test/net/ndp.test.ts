import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Bug } from "../../src/net/bug.ts";
import { internetChecksum, pseudoHeaderSum } from "../../src/net/checksum.ts";
import { ip, ipFromBytes } from "../../src/net/ip.ts";
import { macFromBytes } from "../../src/net/mac.ts";
import { decodeNeighborAdvertisement, unsolicitedAdvertisement } from "../../src/net/ndp.ts";
import { fromHex, goldenFrame, toHex } from "../support/golden.ts";

const NODE_A = macFromBytes(fromHex("02000000000a"));
const VIRTUAL = macFromBytes(fromHex("00005e000233"));
const [LINK_LOCAL, GLOBAL] = [ip("fe80::100"), ip("2001:db8::100")];
const ICMP_OFFSET = 14 + 40;
const OPTION_OFFSET = ICMP_OFFSET + 24;

describe("unsolicitedAdvertisement and decodeNeighborAdvertisement agree with keepalived", () => {
  const cases = [
    ["una-linklocal", NODE_A, LINK_LOCAL, false],
    ["una-global", NODE_A, GLOBAL, false],
    ["una-router-flag", NODE_A, GLOBAL, true],
    ["una-vmac", VIRTUAL, GLOBAL, false],
  ] as const;
  for (const [name, mac, address, router] of cases) {
    it(name, () => {
      assert.equal(toHex(unsolicitedAdvertisement(mac, address, router)), toHex(goldenFrame(name)));
      assert.deepEqual(decodeNeighborAdvertisement(goldenFrame(name)), {
        router,
        solicited: false,
        override: true,
        target: address,
        targetMac: mac,
      });
    });
  }

  it("and with each other, whatever the addresses", () => {
    const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
    const unicast = bytes(16).filter((address) => address[0] !== 0xff);
    fc.assert(
      fc.property(
        bytes(6).map(macFromBytes),
        unicast.map(ipFromBytes),
        fc.boolean(),
        (mac, address, router) => {
          const decoded = decodeNeighborAdvertisement(unsolicitedAdvertisement(mac, address, router));
          const flags = { router, solicited: false, override: true };
          assert.deepEqual(decoded, { ...flags, target: address, targetMac: mac });
        },
      ),
    );
  });
});

describe("unsolicitedAdvertisement", () => {
  it("cannot announce an IPv4 address", () => {
    assert.throws(() => unsolicitedAdvertisement(NODE_A, ip("192.0.2.100"), false), Bug);
  });
});

describe("decodeNeighborAdvertisement", () => {
  it("rejects every truncated prefix", () => {
    const frame = goldenFrame("una-global");
    for (let length = 0; length < frame.length; length++) {
      assert.equal(decodeNeighborAdvertisement(frame.subarray(0, length)), undefined, `${length} bytes`);
    }
  });

  it("ignores Ethernet padding", () => {
    const padded = Uint8Array.of(...goldenFrame("una-global"), ...new Uint8Array(6));
    assert.equal(decodeNeighborAdvertisement(padded)?.target, GLOBAL);
  });

  it("does without the option", () => {
    const decoded = decodeNeighborAdvertisement(healed(cut(goldenFrame("una-global"), 24)));
    assert.deepEqual([decoded?.target, decoded?.targetMac], [GLOBAL, undefined]);
  });

  it("skips an option it does not know", () => {
    const decoded = decodeNeighborAdvertisement(healed(patched([OPTION_OFFSET, 14])));
    assert.deepEqual([decoded?.target, decoded?.targetMac], [GLOBAL, undefined]);
  });

  it("ignores reserved bits", () => {
    assert.equal(decodeNeighborAdvertisement(healed(patched([ICMP_OFFSET + 7, 0xff])))?.target, GLOBAL);
  });

  const rejected: [string, Uint8Array][] = [
    ["another EtherType", goldenFrame("vrrp-v3-ipv4")],
    ["a VRRP advert", goldenFrame("vrrp-v3-ipv6")],
    ["IP version 4", patched([14, 0x40])],
    ["a hop limit of 254", patched([21, 254])],
    ["a wrong checksum", patched([ICMP_OFFSET + 2, 0])],
    ["an IP length beyond the frame", patched([19, 33])],
    ["a neighbour solicitation", healed(patched([ICMP_OFFSET, 135]))],
    ["another code", healed(patched([ICMP_OFFSET + 1, 1]))],
    ["a multicast target", healed(patched([ICMP_OFFSET + 8, 0xff]))],
    ["solicited, to everybody", healed(patched([ICMP_OFFSET + 4, 0x60]))],
    ["an option of length 0", healed(patched([OPTION_OFFSET + 1, 0]))],
    ["an option longer than the packet", healed(patched([OPTION_OFFSET + 1, 2]))],
    ["half an option", healed(cut(goldenFrame("una-global"), 25))],
    ["half a header", healed(cut(goldenFrame("una-global"), 23))],
  ];
  for (const [name, frame] of rejected) {
    it(`rejects ${name}`, () => assert.equal(decodeNeighborAdvertisement(frame), undefined));
  }
});

function patched(...changes: [offset: number, value: number][]): Uint8Array {
  const frame = goldenFrame("una-global");
  for (const [offset, value] of changes) frame[offset] = value;
  return frame;
}

/** With an ICMPv6 message of `length` bytes. */
function cut(frame: Uint8Array, length: number): Uint8Array {
  const shorter = frame.slice(0, ICMP_OFFSET + length);
  shorter[19] = length;
  return shorter;
}

/** With a right checksum. */
function healed(frame: Uint8Array): Uint8Array {
  const message = frame.subarray(ICMP_OFFSET);
  message.fill(0, 2, 4);
  const [source, destination] = [ipFromBytes(frame.slice(22, 38)), ipFromBytes(frame.slice(38, 54))];
  const checksum = internetChecksum(message, pseudoHeaderSum(source, destination, 58, message.length));
  message.set([Math.floor(checksum / 256), checksum % 256], 2);
  return frame;
}
