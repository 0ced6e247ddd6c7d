import assert from "node:assert/strict";
import { hmac } from "../../src/linux/elector/hmac.ts";
import { internetChecksum } from "../../src/net/checksum.ts";
import { type Family, ip } from "../../src/net/ip.ts";
import { instant, seconds } from "../../src/net/time.ts";
import { decodeAdvert, encodeAdvert, MULTICAST_GROUPS } from "../../src/vrrp/advert.ts";
import { DROP_REASONS } from "../../src/vrrp/drop.ts";
import type { ReceivedPacket } from "../../src/vrrp/packet.ts";
import { multicastTransport } from "../../src/vrrp/settings.ts";
import { validate } from "../../src/vrrp/validate.ts";
import { Verification } from "../../src/vrrp/verification.ts";
import { fuzz } from "../support/fuzz.ts";
import { goldenFrame, goldenPayload } from "../support/golden.ts";

const SOURCE = { 4: ip("192.0.2.1"), 6: ip("fe80::1") } as const;
const SETTINGS = { transport: multicastTransport(4), interval: seconds(1) };
const ROUTER = { listening: true, settings: SETTINGS, judgeSignature: () => undefined };
const EXPECTED = { own: () => false, router: () => ROUTER };
const AUTHENTICATION = {
  mode: "enforce",
  activeKey: 1,
  keys: [
    { id: 1, secret: Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, "0")).join("") },
  ],
  window: seconds(5),
} as const;
/** The seconds of the capture. */
const SIGNED_AT = 0x6b00_e93e * 1_000_000;
const verification = new Verification(hmac, new Map());
const VERSION_2 = {
  ...EXPECTED,
  router: () => ({
    ...ROUTER,
    settings: { ...SETTINGS, transport: { ...SETTINGS.transport, version: 2, password: "s3cr3t" } as const },
  }),
};

const ip4Names = ["vrrp-v2-ipv4", "vrrp-v2-ipv4-pass", "vrrp-v3-ipv4", "vrrp-v3-ipv4-owner-25cs"];
const ip4Adverts = ip4Names.map(goldenPayload);
const ip6Adverts = ["vrrp-v3-ipv6", "vrrp-v3-ipv6-unicast"].map((name) => goldenFrame(name).subarray(54));

fuzz("decodeAdvert, IPv4", ip4Adverts, (bytes) => decodeAndBack(bytes, 4));
fuzz("decodeAdvert, IPv6", ip6Adverts, (bytes) => decodeAndBack(bytes, 6));
fuzz("validate", ip4Adverts, validated);
fuzz("validate, version 2", ip4Adverts, (bytes) => {
  const about = { interface: "eth0", source: SOURCE[4], destination: MULTICAST_GROUPS[4], ttl: 255 };
  const result = validate({ ...about, bytes: healed(bytes), receivedAt: instant(0) }, VERSION_2);
  assert(result.kind === "advert" || Object.hasOwn(DROP_REASONS, result.reason));
});
const SIGNED = {
  ...EXPECTED,
  router: () => ({
    ...ROUTER,
    settings: { ...SETTINGS, transport: { ...SETTINGS.transport, authentication: AUTHENTICATION } },
    judgeSignature: (packet: ReceivedPacket, size: number) =>
      verification.judge(packet, size, AUTHENTICATION, SIGNED_AT),
  }),
};
fuzz("validate, signed", [goldenPayload("vrrp-v3-ipv4-authhmac")], (bytes) => {
  const about = { interface: "eth0", source: SOURCE[4], destination: MULTICAST_GROUPS[4], ttl: 255 };
  const result = validate({ ...about, bytes, receivedAt: instant(0) }, SIGNED);
  // Only the checksum is not signed, and it is checked.
  assert(result.kind === "drop" || Buffer.from(bytes).equals(goldenPayload("vrrp-v3-ipv4-authhmac")));
});
fuzz("validate, its checksum healed", ip4Adverts, (bytes) => validated(healed(bytes)));

/** Whatever is an advert can be written, and then says the same. */
function decodeAndBack(bytes: Uint8Array, family: Family): void {
  const decoded = decodeAdvert(bytes, family);
  if (decoded.kind === "drop") return assert(Object.hasOwn(DROP_REASONS, decoded.reason));
  const path = { source: SOURCE[family], destination: SOURCE[family] };
  assert.deepEqual(decodeAdvert(encodeAdvert(decoded.advert, path), family), decoded);
}

function validated(bytes: Uint8Array): void {
  const about = { interface: "eth0", source: SOURCE[4], destination: MULTICAST_GROUPS[4], ttl: 255 };
  const result = validate({ ...about, bytes, receivedAt: instant(0) }, EXPECTED);
  if (result.kind === "drop") return assert(Object.hasOwn(DROP_REASONS, result.reason));
  assert(result.advert.version === 3 && result.advert.addresses.length > 0 && result.advert.interval > 0);
}

/** With the checksum that needs no pseudo-header. */
function healed(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 8) return bytes;
  const message = bytes.slice();
  message.fill(0, 6, 8);
  const checksum = internetChecksum(message);
  message.set([Math.floor(checksum / 256), checksum % 256], 6);
  return message;
}
