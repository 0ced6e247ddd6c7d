import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ip } from "../../src/net/ip.ts";
import { instant, millis, seconds } from "../../src/net/time.ts";
import { type Advert, encodeAdvert, MULTICAST_GROUP } from "../../src/vrrp/advert.ts";
import { DROP_REASONS, type DropReason } from "../../src/vrrp/drop.ts";
import type { ReceivedPacket } from "../../src/vrrp/packet.ts";
import { type Expected, validate } from "../../src/vrrp/validate.ts";
import { goldenPayload } from "../support/golden.ts";

const PEER = ip("192.0.2.1");
const OURS = ip("192.0.2.2");
const PATH = { source: PEER, destination: MULTICAST_GROUP };
const ADVERT: Advert = {
  version: 3,
  vrid: 51,
  priority: 100,
  interval: seconds(1),
  addresses: [ip("192.0.2.100")],
};
const BYTES = encodeAdvert(ADVERT, PATH);

const PACKET: ReceivedPacket = {
  interface: "eth0",
  source: PEER,
  destination: MULTICAST_GROUP,
  ttl: 255,
  bytes: BYTES,
  receivedAt: instant(0),
};

const EXPECTED: Expected = {
  source: OURS,
  router: (vrid) => (vrid === 51 || vrid === 52 ? { listening: vrid === 51 } : undefined),
};

describe("validate drops", () => {
  const cases: [string, Partial<ReceivedPacket>, DropReason][] = [
    ["our own source address", { source: OURS }, "own-packet"],
    ["an empty datagram", { bytes: new Uint8Array() }, "too-short"],
    ["half a header", { bytes: BYTES.subarray(0, 7) }, "too-short"],
    ["a count of 2 with one address", { bytes: patch([3, 2]) }, "too-short"],
    ["a TTL of 254", { ttl: 254 }, "bad-ttl"],
    ["a TTL of 0, as when it is unknown", { ttl: 0 }, "bad-ttl"],
    ["version 2", { bytes: goldenPayload("vrrp-v2-ipv4") }, "wrong-version"],
    ["version 15", { bytes: patch([0, 0xf1]) }, "wrong-version"],
    ["type 2", { bytes: patch([0, 0x32]) }, "wrong-type"],
    ["type 0", { bytes: patch([0, 0x30]) }, "wrong-type"],
    ["the VRID of strangers", { bytes: patch([1, 53]) }, "unknown-vrid"],
    ["VRID 0", { bytes: patch([1, 0]) }, "unknown-vrid"],
    ["a router in Initialize or Fault", { bytes: patch([1, 52]) }, "not-listening"],
    ["one trailing byte", { bytes: extended(1) }, "too-long"],
    ["trailing bytes of a whole address", { bytes: extended(4) }, "too-long"],
    ["keepalived's HMAC trailer", { bytes: goldenPayload("vrrp-v3-ipv4-authhmac") }, "too-long"],
    ["a changed priority", { bytes: patch([2, 200]) }, "bad-checksum"],
    ["a changed source address", { source: ip("192.0.2.7") }, "bad-checksum"],
    ["an old unicast checksum", { ...unicast("vrrp-v3-ipv4-unicast-oldsum") }, "bad-checksum"],
    ["a count of 0", { bytes: checksummed(patch([3, 0]).subarray(0, 8)) }, "no-addresses"],
    ["an interval of 0", { bytes: checksummed(patch([4, 0], [5, 0])) }, "zero-interval"],
    ["a datagram to this host", { ...unicast("vrrp-v3-ipv4-unicast") }, "not-multicast"],
  ];
  for (const [name, change, reason] of cases) {
    it(`${name}: ${reason}`, () => {
      assert.deepEqual(validate({ ...PACKET, ...change }, EXPECTED), { kind: "drop", reason });
    });
  }

  it("for every reason there is", () => {
    const seen = new Set(cases.map(([, , reason]) => reason));
    assert.deepEqual([...seen], Object.keys(DROP_REASONS));
  });
});

describe("validate asks in the documented order", () => {
  // Each step heals the earliest fault of a datagram that has all of them.
  const broken = Uint8Array.of(0x22, 53, 100, 2, 0, 0, 0, 0);
  const stages: [Partial<ReceivedPacket>, DropReason][] = [
    [{ source: OURS, destination: OURS, ttl: 1, bytes: broken }, "own-packet"],
    [{ source: PEER }, "too-short"],
    [{ bytes: Uint8Array.of(0x22, 53, 100, 0, 0, 0, 0, 0, ...new Array<number>(9).fill(0)) }, "bad-ttl"],
    [{ ttl: 255 }, "wrong-version"],
    [{ bytes: Uint8Array.of(0x32, 53, 100, 0, 0, 0, 0, 0, 0) }, "wrong-type"],
    [{ bytes: Uint8Array.of(0x31, 53, 100, 0, 0, 0, 0, 0, 0) }, "unknown-vrid"],
    [{ bytes: Uint8Array.of(0x31, 52, 100, 0, 0, 0, 0, 0, 0) }, "not-listening"],
    [{ bytes: Uint8Array.of(0x31, 51, 100, 0, 0, 0, 0, 0, 0) }, "too-long"],
    [{ bytes: Uint8Array.of(0x31, 51, 100, 0, 0, 0, 0, 0) }, "bad-checksum"],
    [{ bytes: checksummed(Uint8Array.of(0x31, 51, 100, 0, 0, 0, 0, 0)) }, "no-addresses"],
    [{ bytes: checksummed(patch([4, 0], [5, 0])) }, "zero-interval"],
    [{ bytes: checksummed(BYTES) }, "not-multicast"],
  ];

  it("one fault at a time", () => {
    let packet = PACKET;
    for (const [change, reason] of stages) {
      packet = { ...packet, ...change };
      assert.deepEqual(validate(packet, EXPECTED), { kind: "drop", reason });
    }
    assert.deepEqual(
      stages.map(([, reason]) => reason),
      Object.keys(DROP_REASONS),
    );
    const healed = validate({ ...packet, destination: MULTICAST_GROUP }, EXPECTED);
    assert.deepEqual(healed, { kind: "advert", advert: ADVERT });
  });
});

describe("validate accepts", () => {
  const leaving = encodeAdvert({ ...ADVERT, priority: 0 }, PATH);
  const reserved = checksummed(patch([4, 0xf0]));
  const short = encodeAdvert({ ...ADVERT, interval: millis(10) }, PATH);
  const cases: [string, Uint8Array, Advert][] = [
    ["keepalived's advert", goldenPayload("vrrp-v3-ipv4"), ADVERT],
    ["a checksum without pseudo-header", goldenPayload("vrrp-v3-ipv4-rfc9568-checksum"), ADVERT],
    ["priority 0", leaving, { ...ADVERT, priority: 0 }],
    ["a reserved nibble", reserved, ADVERT],
    ["another interval than ours", short, { ...ADVERT, interval: millis(10) }],
  ];
  for (const [name, bytes, advert] of cases) {
    it(name, () => {
      assert.deepEqual(validate({ ...PACKET, bytes }, EXPECTED), { kind: "advert", advert });
    });
  }

  it("adverts while our interface has no address", () => {
    assert.equal(validate(PACKET, { ...EXPECTED, source: undefined }).kind, "advert");
  });
});

/** Our advert with some bytes replaced; the checksum stays as it was. */
function patch(...changes: [offset: number, value: number][]): Uint8Array {
  const bytes = BYTES.slice();
  for (const [offset, value] of changes) bytes[offset] = value;
  return bytes;
}

function extended(count: number): Uint8Array {
  return Uint8Array.of(...BYTES, ...new Array<number>(count).fill(0));
}

/** With a right checksum, of the form without pseudo-header; reckoned here, not by the code under test. */
function checksummed(message: Uint8Array): Uint8Array {
  const bytes = message.slice();
  bytes.fill(0, 6, 8);
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) {
    sum += (bytes[index] ?? 0) * 256 + (bytes[index + 1] ?? 0);
  }
  const checksum = 0xffff - ((sum % 0x1_0000) + Math.floor(sum / 0x1_0000));
  bytes.set([Math.floor(checksum / 256), checksum % 256], 6);
  return bytes;
}

function unicast(name: string): Partial<ReceivedPacket> {
  return { destination: OURS, source: PEER, bytes: goldenPayload(name) };
}
