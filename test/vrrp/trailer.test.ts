import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hmac } from "../../src/linux/elector/hmac.ts";
import { ip } from "../../src/net/ip.ts";
import { advertSize, decodeHeader } from "../../src/vrrp/advert.ts";
import { decodeTrailer, digestOf, signatureOf, TRAILER_SIZE } from "../../src/vrrp/trailer.ts";
import { fromHex, goldenFrame, goldenPayload, toHex } from "../support/golden.ts";

/** The draft's key, and that of the captures: 00 01 … 1f. */
const SECRET = toHex(Uint8Array.from({ length: 32 }, (_, index) => index));

/** Messages with their trailers, from the draft's appendix and from captures of keepalived. */
const VECTORS = [
  {
    name: "the draft's advert of version 3 over IPv4",
    source: "198.51.100.10",
    message: "3133c80100644402c0000264",
    prefix: "010100006800000080000000",
    digest: "1b84bc4e8e43892dc6d98448f8ee2265",
  },
  {
    name: "the draft's over IPv6",
    source: "fe80::10",
    message: "3133c8010064a2e9fe800000000000000000000000000100",
    prefix: "010100006800000080000000",
    digest: "c8c56146ebfd66ee10ec4d8186461b78",
  },
  {
    name: "keepalived's of version 2",
    source: "10.77.0.1",
    message: "21077802000151920a4d00640a4d00650000000000000000",
    prefix: "010900006b00e6b416280000",
    digest: "d9458831b0cb79e2ba959366361da2b3",
  },
  {
    name: "keepalived's of version 3 over IPv4",
    source: "10.77.0.1",
    message: "310878010032612c0a4d006e",
    prefix: "010900006b00e6b251f80000",
    digest: "62720cfa62d61a0c35041498eba74bee",
  },
  {
    name: "keepalived's over IPv6",
    source: "fe80::aca6:eff:fe4b:88a3",
    message: "3109780200647c0ffe80000000000000000000000077000120010db8000000000000000000000077",
    prefix: "010900006b00e6b41b740000",
    digest: "da96576c4125fd78b4fb53f1de9ba61b",
  },
];

const FRAMES = [
  { source: "192.0.2.1", bytes: goldenPayload("vrrp-v2-ipv4-authhmac"), family: 4 },
  { source: "192.0.2.1", bytes: goldenPayload("vrrp-v3-ipv4-authhmac"), family: 4 },
  { source: "fe80::ff:fe00:a", bytes: goldenFrame("vrrp-v3-ipv6-authhmac").subarray(54), family: 6 },
] as const;

describe("a signature", () => {
  for (const { name, source, message, prefix, digest } of VECTORS) {
    it(`is that of ${name}`, () => {
      const trailer = decodeTrailer(fromHex(prefix + digest));
      assert(trailer !== undefined);
      const key = { id: trailer.keyId, secret: SECRET };
      const made = signatureOf(fromHex(message), ip(source), key, trailer.sequence, hmac);
      assert.equal(toHex(made), prefix + digest);
    });

    it(`does not depend on the checksum of ${name}`, () => {
      const changed = fromHex(message);
      changed[6] = (changed[6] ?? 0) ^ 0xff;
      assert.equal(toHex(digestOf(changed, ip(source), fromHex(prefix), SECRET, hmac)), digest);
    });

    it(`depends on every other byte of ${name}, on its source and on the key`, () => {
      const [whole, head] = [fromHex(message), fromHex(prefix)];
      const others = [
        ...flipped(whole)
          .filter((_, index) => index !== 6 && index !== 7)
          .map((bytes) => ({ whole: bytes, head })),
        ...flipped(head).map((bytes) => ({ whole, head: bytes })),
      ];
      for (const other of others)
        assert.notEqual(toHex(digestOf(other.whole, ip(source), other.head, SECRET, hmac)), digest);
      const stranger = ip(source.includes(":") ? "fe80::99" : "192.0.2.99");
      assert.notEqual(toHex(digestOf(whole, stranger, head, SECRET, hmac)), digest);
      assert.notEqual(toHex(digestOf(whole, ip(source), head, SECRET.replace("1f", "1e"), hmac)), digest);
    });
  }

  for (const { source, bytes, family } of FRAMES) {
    it(`of a frame of keepalived's, ${bytes.length} bytes`, () => {
      const { version, count } = decodeHeader(bytes);
      const size = advertSize(version, count, family);
      assert.equal(bytes.length, size + TRAILER_SIZE);
      const [message, trailer] = [bytes.subarray(0, size), bytes.subarray(size)];
      const wanted = digestOf(message, ip(source), trailer, SECRET, hmac);
      assert.deepEqual(toHex(trailer.subarray(12)), toHex(wanted));
    });
  }
});

describe("decodeTrailer", () => {
  const whole = fromHex("010900006b00e6b251f8000062720cfa62d61a0c35041498eba74bee");
  it("reads key id and sequence", () => {
    const trailer = decodeTrailer(whole);
    assert.equal(trailer?.keyId, 9);
    assert.equal(trailer?.sequence, 0x6b00_e6b2_51f8_0000n);
  });
  const bad: [string, Uint8Array][] = [
    ["another scheme", Uint8Array.of(2, ...whole.subarray(1))],
    ["key id 0", Uint8Array.of(1, 0, ...whole.subarray(2))],
    ["reserved bits", Uint8Array.of(1, 9, 0, 1, ...whole.subarray(4))],
    ["one byte too few", whole.subarray(0, 27)],
  ];
  for (const [name, bytes] of bad) {
    it(`knows nothing of ${name}`, () => assert.equal(decodeTrailer(bytes), undefined));
  }
});

/** Each with one byte changed. */
function flipped(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte, index) => {
    const other = bytes.slice();
    other[index] = byte ^ 1;
    return other;
  });
}
