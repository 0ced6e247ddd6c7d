import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Bug } from "../../src/net/bug.ts";
import { ip, ipFromBytes } from "../../src/net/ip.ts";
import { micros, millis, seconds } from "../../src/net/time.ts";
import {
  type Advert,
  checksumIsValid,
  decodeAdvert,
  encodeAdvert,
  MULTICAST_GROUPS,
  type Path,
} from "../../src/vrrp/advert.ts";
import { fromHex, goldenFrame, goldenPayload, toHex } from "../support/golden.ts";

const A = ip("192.0.2.1");
const B = ip("192.0.2.2");
const [VIP, VIP2, VIP3] = [ip("192.0.2.100"), ip("192.0.2.101"), ip("192.0.2.102")];
const MULTICAST: Path = { source: A, destination: MULTICAST_GROUPS[4] };
const V2: Advert = { version: 2, vrid: 51, priority: 100, interval: seconds(1), addresses: [VIP, VIP2] };
const V3: Advert = { version: 3, vrid: 51, priority: 100, interval: seconds(1), addresses: [VIP] };
const OWNER: Advert = { ...V3, priority: 255, interval: millis(250), addresses: [VIP, VIP2, VIP3] };

const LINK_LOCAL_PATH: Path = { source: ip("fe80::ff:fe00:a"), destination: ip("ff02::12") };
const GLOBAL_PATH: Path = { source: ip("2001:db8::1"), destination: ip("2001:db8::2") };
const V3_IP6: Advert = { ...V3, addresses: [ip("fe80::100"), ip("2001:db8::100")] };
const V3_IP6_UNICAST: Advert = { ...V3, addresses: [ip("2001:db8::100")] };
const IP6_PAYLOAD = 14 + 40;

describe("encodeAdvert and decodeAdvert agree with keepalived", () => {
  const cases: [string, Advert, Path, Parameters<typeof encodeAdvert>[2]?][] = [
    ["vrrp-v2-ipv4", V2, MULTICAST],
    ["vrrp-v2-ipv4-prio0", { ...V2, priority: 0 }, MULTICAST],
    ["vrrp-v2-ipv4-unicast", { ...V2, addresses: [VIP] }, { source: A, destination: B }],
    ["vrrp-v2-ipv4-pass", { ...V2, addresses: [VIP] }, MULTICAST, { password: "s3cr3t" }],
    ["vrrp-v3-ipv4", V3, MULTICAST],
    ["vrrp-v3-ipv4-rfc9568-checksum", V3, MULTICAST, { checksum: "plain" }],
    ["vrrp-v3-ipv4-prio0", { ...V3, priority: 0 }, MULTICAST],
    ["vrrp-v3-ipv4-owner-25cs", OWNER, MULTICAST],
    ["vrrp-v3-ipv4-vmac", V3, MULTICAST],
    ["vrrp-v3-ipv4-unicast", V3, { source: A, destination: B }],
    ["vrrp-v3-ipv6", V3_IP6, LINK_LOCAL_PATH],
    ["vrrp-v3-ipv6-unicast", V3_IP6_UNICAST, GLOBAL_PATH],
  ];
  for (const [name, advert, path, form] of cases) {
    it(name, () => {
      const family = name.includes("ipv6") ? 6 : 4;
      const payload = family === 4 ? goldenPayload(name) : goldenFrame(name).subarray(IP6_PAYLOAD);
      assert.equal(toHex(encodeAdvert(advert, path, form)), toHex(payload));
      assert.deepEqual(decodeAdvert(payload, family), { kind: "advert", advert });
      assert.equal(checksumIsValid(payload, path), true);
    });
  }

  it("a password of more than 8 bytes is a mistake of ours", () => {
    assert.throws(() => encodeAdvert(V2, MULTICAST, { password: "123456789" }), Bug);
  });
});

describe("checksumIsValid", () => {
  it("accepts a version 3 IPv4 checksum without pseudo-header", () => {
    assert.equal(checksumIsValid(goldenPayload("vrrp-v3-ipv4-rfc9568-checksum"), MULTICAST), true);
  });

  it("refuses a version 3 IPv6 checksum without pseudo-header", () => {
    const plain = fromHex("3133 6401 0064 0000 2001 0db8 0000 0000 0000 0000 0000 0100");
    plain.set(fromHex("3cdd"), 6);
    assert.equal(checksumIsValid(plain, GLOBAL_PATH), false);
  });

  it("refuses any single changed bit", () => {
    const bytes = goldenPayload("vrrp-v3-ipv4").slice();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const mask = 1 << (bit % 8);
      const offset = Math.floor(bit / 8);
      bytes[offset] = (bytes[offset] ?? 0) ^ mask;
      assert.equal(checksumIsValid(bytes, MULTICAST), false, `bit ${bit}`);
      bytes[offset] = (bytes[offset] ?? 0) ^ mask;
    }
  });

  it("refuses another path", () => {
    assert.equal(checksumIsValid(goldenPayload("vrrp-v3-ipv4"), { ...MULTICAST, source: B }), false);
  });
});

describe("decodeAdvert", () => {
  it("rejects every truncated prefix as too short", () => {
    for (const name of ["vrrp-v2-ipv4", "vrrp-v3-ipv4-owner-25cs"]) {
      const bytes = goldenPayload(name);
      for (let length = 0; length < bytes.length; length++) {
        const decoded = decodeAdvert(bytes.subarray(0, length), 4);
        assert.deepEqual(decoded, { kind: "drop", reason: "too-short" }, `${name}, ${length} bytes`);
      }
    }
  });

  const rejected: [string, string, 4 | 6, string][] = [
    ["version 2 with IPv6 addresses", `2133 6401 0001 0000 ${"00".repeat(16)}`, 6, "wrong-version"],
    ["version 4", "4133 6401 0064 0000 c000 0264", 4, "wrong-version"],
    ["type 2", "3233 6401 0064 0000 c000 0264", 4, "wrong-type"],
    ["a byte more than the count explains", "3133 6401 0064 0000 c000 0264 00", 4, "too-long"],
    ["keepalived's HMAC trailer", `3133 6401 0064 0572 c000 0264 ${"00".repeat(28)}`, 4, "too-long"],
    ["no address", "3133 6400 0064 0000", 4, "no-addresses"],
    ["an interval of 0", "3133 6401 0000 0000 c000 0264", 4, "zero-interval"],
    ["an interval of 0 beside a reserved nibble", "3133 6401 f000 0000 c000 0264", 4, "zero-interval"],
  ];
  for (const [name, hex, family, reason] of rejected) {
    it(`rejects ${name}`, () => {
      assert.deepEqual(decodeAdvert(fromHex(hex), family), { kind: "drop", reason });
    });
  }

  it("ignores the reserved nibble", () => {
    const bytes = goldenPayload("vrrp-v3-ipv4").slice();
    bytes[4] = 0xf0;
    assert.deepEqual(decodeAdvert(bytes, 4), { kind: "advert", advert: V3 });
  });

  it("keeps no reference to the bytes it was given", () => {
    const bytes = goldenPayload("vrrp-v3-ipv4").slice();
    const decoded = decodeAdvert(bytes, 4);
    bytes.fill(0xaa);
    assert.deepEqual(decoded, { kind: "advert", advert: V3 });
  });
});

describe("encodeAdvert", () => {
  const bugs: [string, Advert, Path][] = [
    ["no address", { ...V3, addresses: [] }, MULTICAST],
    ["256 addresses", { ...V3, addresses: Array.from({ length: 256 }, () => VIP) }, MULTICAST],
    ["an IPv6 address over IPv4", V3_IP6, MULTICAST],
    ["version 2 over IPv6", { ...V2, addresses: [ip("fe80::100")] }, LINK_LOCAL_PATH],
    ["an interval of 0", { ...V3, interval: millis(0) }, MULTICAST],
    ["half a centisecond", { ...V3, interval: millis(15) }, MULTICAST],
    ["an interval of 40.96 s", { ...V3, interval: millis(40_960) }, MULTICAST],
    ["half a second in version 2", { ...V2, interval: millis(1500) }, MULTICAST],
    ["256 s in version 2", { ...V2, interval: seconds(256) }, MULTICAST],
    ["a VRID of 256", { ...V3, vrid: 256 }, MULTICAST],
    ["a priority of -1", { ...V3, priority: -1 }, MULTICAST],
  ];
  for (const [name, advert, path] of bugs) {
    it(`refuses ${name} as a bug of ours`, () => {
      assert.throws(() => encodeAdvert(advert, path), Bug);
    });
  }

  const byte = fc.integer({ min: 0, max: 255 });
  const address = (size: number) => fc.uint8Array({ minLength: size, maxLength: size }).map(ipFromBytes);
  const pathOf = (size: number) => fc.record({ source: address(size), destination: address(size) });
  const advertOf = (size: number) =>
    fc.record<Advert>(
      {
        version: fc.constant(3),
        vrid: byte,
        priority: byte,
        interval: fc.integer({ min: 1, max: 4095 }).map((centiseconds) => micros(centiseconds * 10_000)),
        addresses: fc.array(address(size), { minLength: 1, maxLength: 255 }),
      },
      { noNullPrototype: true },
    );
  for (const [family, size] of [[4, 4] as const, [6, 16] as const]) {
    it(`makes what decodeAdvert reads, whatever the values (IPv${family})`, () => {
      fc.assert(
        fc.property(advertOf(size), pathOf(size), (advert, path) => {
          const bytes = encodeAdvert(advert, path);
          assert.equal(checksumIsValid(bytes, path), true);
          assert.deepEqual(decodeAdvert(bytes, family), { kind: "advert", advert });
        }),
      );
    });
  }
});
