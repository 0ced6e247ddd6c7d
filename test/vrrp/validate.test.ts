import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ip, ipBytes, ipFromBytes } from "../../src/net/ip.ts";
import { type Duration, instant, millis, seconds } from "../../src/net/time.ts";
import { type Advert, encodeAdvert, MULTICAST_GROUPS } from "../../src/vrrp/advert.ts";
import { DROP_REASONS, type DropReason } from "../../src/vrrp/drop.ts";
import type { ReceivedPacket } from "../../src/vrrp/packet.ts";
import { multicastTransport, type Transport } from "../../src/vrrp/settings.ts";
import { type Expected, validate } from "../../src/vrrp/validate.ts";
import { goldenFrame, goldenPayload } from "../support/golden.ts";

const PEER = ip("192.0.2.1");
const OURS = ip("192.0.2.2");
const STRANGER = ip("192.0.2.66");
const GROUP = MULTICAST_GROUPS[4];
const PATH = { source: PEER, destination: GROUP };
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
  destination: GROUP,
  ttl: 255,
  bytes: BYTES,
  receivedAt: instant(0),
};

const AUTHENTICATION = { mode: "enforce", activeKey: 1, keys: [], window: seconds(5) } as const;
const EXPECTED = expecting(multicastTransport(4));
const UNICAST = expecting({
  ...multicastTransport(4),
  audience: { kind: "peers", peers: [PEER], minTtl: 255 },
});
const VERSION_2 = expecting({ ...multicastTransport(4), version: 2 });
/** `validate` asks whoever knows the keys: here, one who finds fault with everything. */
const refusing = (reason: DropReason) => {
  const transport = { ...multicastTransport(4), authentication: AUTHENTICATION };
  return expecting(transport, () => reason);
};
const IPV6 = expecting(multicastTransport(6));
/** As keepalived writes it. */
const V2 = goldenPayload("vrrp-v2-ipv4");
const PASSWORD = expecting({ ...multicastTransport(4), version: 2, password: "s3cr3t" });

const SIGNATURE_REASONS: readonly DropReason[] = [
  "unsigned",
  "bad-trailer",
  "stale-signature",
  "unknown-key",
  "wrong-signature",
  "replayed",
];

/** Routers 51, which listens, and 52, which does not. */
function expecting(transport: Transport, judgeSignature = (): DropReason | undefined => undefined): Expected {
  const settings = { transport, interval: seconds(1) };
  return {
    own: (address) => address === OURS,
    router(vrid, family) {
      if (family !== transport.family) return undefined;
      return vrid === 51 || vrid === 52 ? { listening: vrid === 51, settings, judgeSignature } : undefined;
    },
  };
}

describe("validate drops", () => {
  const cases: [string, Partial<ReceivedPacket>, DropReason, Expected?][] = [
    ["our own source address", { source: OURS }, "own-packet"],
    ["an empty datagram", { bytes: new Uint8Array() }, "too-short"],
    ["half a header", { bytes: BYTES.subarray(0, 7) }, "too-short"],
    ["a count of 2 with one address", { bytes: patch([3, 2]) }, "too-short"],
    [
      "version 2 without its eight bytes of authentication",
      { bytes: V2.subarray(0, -8) },
      "too-short",
      VERSION_2,
    ],
    ["half an IPv6 address", { ...ip6Cut(8) }, "too-short", IPV6],
    ["a TTL of 254", { ttl: 254 }, "bad-ttl"],
    ["a TTL of 0, as when it is unknown", { ttl: 0 }, "bad-ttl"],
    ["a hop limit of 64 over IPv6", { ...ip6(), ttl: 64 }, "bad-ttl", IPV6],
    ["no hop limit over IPv6", { ...ip6(), ttl: 0 }, "bad-ttl", IPV6],
    ["version 2 for a router of version 3", { bytes: goldenPayload("vrrp-v2-ipv4") }, "wrong-version"],
    ["version 2 over IPv6, which keepalived can send", { ...ip6Patched([0, 0x21]) }, "wrong-version", IPV6],
    ["version 0", { bytes: patch([0, 0x01]) }, "wrong-version"],
    ["version 15", { bytes: patch([0, 0xf1]) }, "wrong-version"],
    ["version 3 for a router of version 2", {}, "wrong-version", VERSION_2],
    ["type 2", { bytes: patch([0, 0x32]) }, "wrong-type"],
    ["type 0", { bytes: patch([0, 0x30]) }, "wrong-type"],
    ["the VRID of strangers", { bytes: patch([1, 53]) }, "unknown-vrid"],
    ["the VRID of another family", { ...ip6() }, "unknown-vrid"],
    ["VRID 0", { bytes: patch([1, 0]) }, "unknown-vrid"],
    ["a router in Initialize or Fault", { bytes: patch([1, 52]) }, "not-listening"],
    ["a datagram to this host", { ...unicast("vrrp-v3-ipv4-unicast") }, "wrong-destination"],
    ["a datagram to all, who speak to peers", {}, "wrong-destination", UNICAST],
    ["a peer of strangers", { ...unicastFrom(STRANGER) }, "unknown-peer", UNICAST],
    ...SIGNATURE_REASONS.map((reason): [string, Partial<ReceivedPacket>, DropReason, Expected] => {
      return ["what its keys' holder refuses", {}, reason, refusing(reason)];
    }),
    ["one trailing byte", { bytes: extended(1) }, "too-long"],
    ["one trailing byte behind version 2", { bytes: Uint8Array.of(...V2, 0) }, "too-long", VERSION_2],
    ["one trailing byte over IPv6", { ...ip6Cut(-1) }, "too-long", IPV6],
    ["trailing bytes of a whole address", { bytes: extended(4) }, "too-long"],
    ["keepalived's HMAC trailer", { bytes: goldenPayload("vrrp-v3-ipv4-authhmac") }, "too-long"],
    ["a changed priority", { bytes: patch([2, 200]) }, "bad-checksum"],
    ["a changed priority in version 2", { bytes: V2.with(2, 200) }, "bad-checksum", VERSION_2],
    ["a changed priority over IPv6", { ...ip6Patched([2, 200]) }, "bad-checksum", IPV6],
    ["version 2 summed as version 3 is", { bytes: summedAsVersion3() }, "bad-checksum", VERSION_2],
    ["a changed source address", { source: ip("192.0.2.7") }, "bad-checksum"],
    ["an old unicast checksum", { ...unicast("vrrp-v3-ipv4-unicast-oldsum") }, "bad-checksum", UNICAST],
    ["a count of 0", { bytes: checksummed(patch([3, 0]).subarray(0, 8)) }, "no-addresses"],
    ["an interval of 0", { bytes: checksummed(patch([4, 0], [5, 0])) }, "zero-interval"],
    ["an interval of 0 in version 2", { bytes: checksummed(V2.with(5, 0)) }, "zero-interval", VERSION_2],
    ["AH's type of authentication", { bytes: checksummed(V2.with(4, 2)) }, "wrong-authentication", VERSION_2],
    [
      "a type of authentication that nobody has",
      { bytes: checksummed(V2.with(4, 3)) },
      "wrong-authentication",
      VERSION_2,
    ],
    ["no password", { bytes: goldenPayload("vrrp-v2-ipv4") }, "wrong-authentication", PASSWORD],
    ["a password", { bytes: goldenPayload("vrrp-v2-ipv4-pass") }, "wrong-authentication", VERSION_2],
    ["another password", { bytes: withPassword("s3cr3T") }, "wrong-password", PASSWORD],
    ["a longer password", { bytes: withPassword("s3cr3tly") }, "wrong-password", PASSWORD],
    ["another interval", { bytes: ofVersion2(seconds(2)) }, "wrong-interval", VERSION_2],
  ];
  for (const [name, change, reason, expected = EXPECTED] of cases) {
    it(`${name}: ${reason}`, () => {
      assert.deepEqual(validate({ ...PACKET, ...change }, expected), { kind: "drop", reason });
    });
  }

  it("a unicast advert that crossed a router, unless that is allowed", () => {
    const packet = { ...PACKET, ...unicast("vrrp-v3-ipv4-unicast"), ttl: 254 };
    assert.deepEqual(validate(packet, UNICAST), { kind: "drop", reason: "bad-ttl" });
    const audience = { kind: "peers", peers: [PEER], minTtl: 254 } as const;
    assert.equal(validate(packet, expecting({ ...multicastTransport(4), audience })).kind, "advert");
    assert.equal(
      validate({ ...packet, ttl: 253 }, expecting({ ...multicastTransport(4), audience })).kind,
      "drop",
    );
  });

  it("for every reason there is", () => {
    const seen = new Set(cases.map(([, , reason]) => reason));
    assert.equal(seen.size, Object.keys(DROP_REASONS).length);
    assert.deepEqual([...seen], Object.keys(DROP_REASONS));
  });
});

describe("validate asks in the documented order", () => {
  // Each step heals the earliest fault of a datagram that has all of them.
  const broken = Uint8Array.of(0xf2, 53, 100, 2, 0, 0, 0, 0);
  const stages: [Partial<ReceivedPacket>, DropReason][] = [
    [{ source: OURS, destination: ip("224.0.0.99"), ttl: 1, bytes: broken }, "own-packet"],
    [{ source: PEER }, "too-short"],
    [{ bytes: Uint8Array.of(0xf2, 53, 100, 0, 0, 0, 0, 0, ...new Array<number>(9).fill(0)) }, "bad-ttl"],
    [{ ttl: 255 }, "wrong-version"],
    [{ bytes: Uint8Array.of(0x32, 53, 100, 0, 0, 0, 0, 0, 0) }, "wrong-type"],
    [{ bytes: Uint8Array.of(0x31, 53, 100, 0, 0, 0, 0, 0, 0) }, "unknown-vrid"],
    [{ bytes: Uint8Array.of(0x31, 52, 100, 0, 0, 0, 0, 0, 0) }, "not-listening"],
    [{ bytes: Uint8Array.of(0x31, 51, 100, 0, 0, 0, 0, 0, 0) }, "wrong-destination"],
    [{ destination: GROUP }, "too-long"],
    [{ bytes: Uint8Array.of(0x31, 51, 100, 0, 0, 0, 0, 0) }, "bad-checksum"],
    [{ bytes: checksummed(Uint8Array.of(0x31, 51, 100, 0, 0, 0, 0, 0)) }, "no-addresses"],
    [{ bytes: checksummed(patch([4, 0], [5, 0])) }, "zero-interval"],
  ];
  /** Those that only a unicast or a signed router has. */
  const elsewhere = new Set<string>(["unknown-peer", ...SIGNATURE_REASONS]);

  it("one fault at a time", () => {
    let packet = PACKET;
    for (const [change, reason] of stages) {
      packet = { ...packet, ...change };
      assert.deepEqual(validate(packet, EXPECTED), { kind: "drop", reason });
    }
    assert.deepEqual(
      stages.map(([, reason]) => reason),
      Object.keys(DROP_REASONS)
        .filter((reason) => !elsewhere.has(reason))
        .slice(0, stages.length),
    );
    const healed = validate({ ...packet, bytes: checksummed(BYTES) }, EXPECTED);
    assert.deepEqual(healed, { kind: "advert", advert: ADVERT });
  });
});

describe("validate of signed adverts", () => {
  const signed = (transport: Transport) => expecting({ ...transport, authentication: AUTHENTICATION });

  it("leaves their trailer out of the checksum over IPv4, and in it over IPv6", () => {
    const of4 = { ...PACKET, bytes: goldenPayload("vrrp-v3-ipv4-authhmac") };
    assert.equal(validate(of4, signed(multicastTransport(4))).kind, "advert");
    const of6 = { ...PACKET, ...ip6("vrrp-v3-ipv6-authhmac") };
    assert.equal(validate(of6, signed(multicastTransport(6))).kind, "advert");
  });

  it("knows the end of a message of version 2", () => {
    const packet = { ...PACKET, bytes: goldenPayload("vrrp-v2-ipv4-authhmac") };
    assert.equal(validate(packet, signed({ ...multicastTransport(4), version: 2 })).kind, "advert");
  });

  it("still drops them for a router that signs nothing", () => {
    const packet = { ...PACKET, bytes: goldenPayload("vrrp-v3-ipv4-authhmac") };
    assert.deepEqual(validate(packet, EXPECTED), { kind: "drop", reason: "too-long" });
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
    assert.equal(validate(PACKET, { ...EXPECTED, own: () => false }).kind, "advert");
  });

  it("keepalived's advert to one peer", () => {
    assert.equal(validate({ ...PACKET, ...unicast("vrrp-v3-ipv4-unicast") }, UNICAST).kind, "advert");
  });

  it("keepalived's version 2, with a password and without", () => {
    const plain = validate({ ...PACKET, bytes: goldenPayload("vrrp-v2-ipv4") }, VERSION_2);
    assert.equal(plain.kind, "advert");
    assert.deepEqual(validate({ ...PACKET, bytes: goldenPayload("vrrp-v2-ipv4-pass") }, PASSWORD), {
      kind: "advert",
      advert: { ...ADVERT, version: 2 },
    });
  });

  it("keepalived's IPv6", () => {
    const result = validate({ ...PACKET, ...ip6() }, expecting(multicastTransport(6)));
    assert.equal(result.kind, "advert");
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

function unicastFrom(source: typeof PEER): Partial<ReceivedPacket> {
  return { source, destination: OURS, bytes: encodeAdvert(ADVERT, { source, destination: OURS }) };
}

function withPassword(password: string): Uint8Array {
  return encodeAdvert({ ...ADVERT, version: 2 }, PATH, { password });
}

function ofVersion2(interval: Duration): Uint8Array {
  return encodeAdvert({ ...ADVERT, version: 2, interval }, PATH);
}

/** As keepalived sent it: the addresses of its IPv6 header, and what that carries. */
function ip6(name = "vrrp-v3-ipv6"): Partial<ReceivedPacket> {
  const frame = goldenFrame(name);
  const source = ipFromBytes(frame.subarray(22, 38));
  return { source, destination: ipFromBytes(frame.subarray(38, 54)), bytes: frame.subarray(54) };
}

/** The same without its last bytes; less than none: with more. */
function ip6Cut(count: number): Partial<ReceivedPacket> {
  const packet = ip6();
  const bytes = packet.bytes ?? new Uint8Array();
  const cut = count < 0 ? Uint8Array.of(...bytes, ...new Uint8Array(-count)) : bytes.subarray(0, -count);
  return { ...packet, bytes: cut };
}

/** The checksum stays as it was. */
function ip6Patched([offset, value]: readonly [number, number]): Partial<ReceivedPacket> {
  const packet = ip6();
  return { ...packet, bytes: (packet.bytes ?? new Uint8Array()).with(offset, value) };
}

/** Version 2, and a checksum that covers the pseudo-header, which is version 3's alone. */
function summedAsVersion3(): Uint8Array {
  const blank = V2.with(6, 0).with(7, 0);
  const header = Uint8Array.of(...ipBytes(PEER), ...ipBytes(GROUP), 0, 112, 0, V2.length);
  const sum = checksummed(Uint8Array.of(...blank, ...header)).subarray(6, 8);
  return blank.with(6, sum[0] ?? 0).with(7, sum[1] ?? 0);
}
