import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ARP_REPLY, ARP_REQUEST, type ArpPacket, decodeArp, gratuitousArp } from "../../src/net/arp.ts";
import { Bug } from "../../src/net/bug.ts";
import { ip, ipFromBytes } from "../../src/net/ip.ts";
import { macFromBytes } from "../../src/net/mac.ts";
import { fromHex, goldenFrame, toHex } from "../support/golden.ts";

const NODE_A = macFromBytes(fromHex("02000000000a"));
const NODE_B = macFromBytes(fromHex("02000000000b"));
const VIRTUAL = macFromBytes(fromHex("00005e000133"));
const ALL_ONES = macFromBytes(fromHex("ffffffffffff"));
const ZERO = macFromBytes(new Uint8Array(6));
const VIP = ip("192.0.2.100");
const PADDING = "00".repeat(18);

describe("gratuitousArp", () => {
  it("has a form that nobody answers", () => {
    const [request, reply] = [gratuitousArp(NODE_A, VIP), gratuitousArp(NODE_A, VIP, ARP_REPLY)];
    assert.deepEqual(decodeArp(reply), { ...decodeArp(request), operation: ARP_REPLY });
  });

  for (const [name, mac] of [["garp-request", NODE_A] as const, ["garp-request-vmac", VIRTUAL] as const]) {
    it(`${name}: keepalived's frame, padded to 60 bytes`, () => {
      assert.equal(toHex(gratuitousArp(mac, VIP)), toHex(goldenFrame(name)) + PADDING);
    });
  }

  it("is read back, whatever the addresses", () => {
    const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
    fc.assert(
      fc.property(bytes(6).map(macFromBytes), bytes(4).map(ipFromBytes), (mac, address) => {
        assert.deepEqual(decodeArp(gratuitousArp(mac, address)), gratuitous(mac, address));
      }),
    );
  });

  it("cannot announce an IPv6 address", () => {
    assert.throws(() => gratuitousArp(NODE_A, ip("2001:db8::100")), Bug);
  });
});

describe("decodeArp", () => {
  const [addressA, addressB] = [ip("192.0.2.1"), ip("192.0.2.2")];
  const cases: [string, ArpPacket][] = [
    ["garp-request", gratuitous(NODE_A, VIP)],
    ["garp-answered-by-stale-owner", { ...gratuitous(VIRTUAL, VIP), operation: 2, targetMac: VIRTUAL }],
    ["arp-request", { ...gratuitous(NODE_A, addressA), targetMac: ZERO, targetAddress: addressB }],
    [
      "arp-reply",
      { ...gratuitous(NODE_B, addressB), operation: 2, targetMac: NODE_A, targetAddress: addressA },
    ],
  ];
  for (const [name, packet] of cases) {
    it(name, () => assert.deepEqual(decodeArp(goldenFrame(name)), packet));
  }

  it("carries an operation it does not know", () => {
    assert.equal(decodeArp(patched(21, 9))?.operation, 9);
  });

  it("rejects every truncated prefix", () => {
    const frame = goldenFrame("garp-request");
    for (let length = 0; length < frame.length; length++) {
      assert.equal(decodeArp(frame.subarray(0, length)), undefined, `${length} bytes`);
    }
  });

  const rejected: [string, Uint8Array][] = [
    ["another EtherType", goldenFrame("vrrp-v3-ipv4")],
    ["hardware that is not Ethernet", patched(15, 6)],
    ["a protocol that is not IPv4", patched(16, 0x86)],
    ["a hardware address of 8 bytes", patched(18, 8)],
    ["a protocol address of 16 bytes", patched(19, 16)],
  ];
  for (const [name, frame] of rejected) {
    it(`rejects ${name}`, () => assert.equal(decodeArp(frame), undefined));
  }
});

function gratuitous(mac: ArpPacket["senderMac"], address: ArpPacket["senderAddress"]): ArpPacket {
  return {
    operation: ARP_REQUEST,
    senderMac: mac,
    senderAddress: address,
    targetMac: ALL_ONES,
    targetAddress: address,
  };
}

function patched(offset: number, value: number): Uint8Array {
  const frame = goldenFrame("garp-request");
  frame[offset] = value;
  return frame;
}
