/** What is written down of an election; test/control/recording.test.ts reads it back. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Masking } from "../../src/elector/masking.ts";
import { RecordingWriter } from "../../src/elector/recording.ts";
import { hmac } from "../../src/linux/elector/hmac.ts";
import { ip } from "../../src/net/ip.ts";
import { instant, seconds } from "../../src/net/time.ts";
import { checksumIsValid, encodeAdvert, MULTICAST_GROUPS, withTrailer } from "../../src/vrrp/advert.ts";
import type { ReceivedPacket } from "../../src/vrrp/packet.ts";
import { multicastTransport } from "../../src/vrrp/settings.ts";
import { Signing } from "../../src/vrrp/signing.ts";
import { type Expected, validate } from "../../src/vrrp/validate.ts";
import { Verification } from "../../src/vrrp/verification.ts";
import { HIGHER_ADDRESS, routerSettings, VIP } from "../support/director.ts";

const PATH = { source: HIGHER_ADDRESS, destination: MULTICAST_GROUPS[4] };

function settingsWith(password: string) {
  const transport = { ...multicastTransport(4), version: 2, password } as const;
  return routerSettings({ transport, interval: seconds(1) });
}

function packetWith(
  password: string,
  spoil: (bytes: Uint8Array) => Uint8Array = (all) => all,
): ReceivedPacket {
  const advert = { version: 2, vrid: 51, priority: 150, interval: seconds(1), addresses: [VIP] } as const;
  const bytes = spoil(encodeAdvert(advert, PATH, { password }));
  return { interface: "eth0", ...PATH, ttl: 255, bytes, receivedAt: instant(0) };
}

function holds(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes).includes(text);
}

describe("a password of version 2", () => {
  const right = "Sesame";
  for (const [title, packet] of [
    ["the right password", packetWith(right)],
    ["another password", packetWith("Simsim")],
    ["a wrong checksum", packetWith(right, (bytes) => bytes.with(7, (bytes[7] ?? 0) ^ 1))],
    ["too few bytes", packetWith(right, (bytes) => bytes.slice(0, -1))],
    ["too many bytes", packetWith(right, (bytes) => Uint8Array.of(...bytes, 0))],
    ["more addresses announced than there are", packetWith(right, (bytes) => bytes.with(3, 2))],
    ["no address announced", packetWith(right, (bytes) => bytes.with(3, 0))],
  ] as const) {
    it(`is not recorded, and changes no verdict: ${title}`, () => {
      const masking = new Masking(hmac);
      const settings = masking.settings(settingsWith(right));
      const bytes = masking.packet(packet);
      const expected = (one: typeof settings): Expected => {
        return {
          own: () => false,
          router: () => ({ listening: true, settings: one, judgeSignature: () => undefined }),
        };
      };
      assert.deepEqual(
        validate({ ...packet, bytes }, expected(settings)),
        validate(packet, expected(settingsWith(right))),
      );
      for (const secret of ["Sesame", "Simsim"]) {
        assert(!holds(bytes, secret.slice(0, 3)), Buffer.from(bytes).toString("latin1"));
        assert(!JSON.stringify(settings).includes(secret));
      }
    });
  }

  it("no more than a few are told apart, and the configured one always", () => {
    const masking = new Masking(hmac);
    const names = Array.from({ length: 1_000 }, (_, count) => {
      return Buffer.from(masking.packet(packetWith(`no${count}`)).slice(-8)).toString();
    });
    assert.equal(new Set(names).size, 257);
    const { password = "" } = masking.settings(settingsWith(right)).transport;
    const named = masking.packet(packetWith(right));
    assert(holds(named, password) && checksumIsValid(named, PATH));
    assert(!names.some((one) => one.startsWith(password)));
  });

  it("is none where there is none: version 3, and version 2 without authentication", () => {
    const masking = new Masking(hmac);
    const advert = {
      version: 3,
      vrid: 51,
      priority: 150,
      interval: seconds(1),
      addresses: [ip("192.0.2.9")],
    } as const;
    const third = encodeAdvert(advert, PATH);
    assert.deepEqual(masking.packet({ ...packetWith(""), bytes: third }), third);
    const bare = encodeAdvert({ ...advert, version: 2 }, PATH);
    assert.deepEqual(masking.packet({ ...packetWith(""), bytes: bare }), bare);
  });
});

describe("a recording", () => {
  it("is a header and numbered lines of JSON, bytes in hexadecimal digits", () => {
    const writer = new RecordingWriter(hmac);
    const header = { version: "0.1.0", node: "lb1", generation: 3, wall: 1_700_000_000_000, now: instant(5) };
    assert.deepEqual(JSON.parse(writer.header(header)), { recording: 1, ...header });
    const { bytes: _, ...way } = packetWith("");
    const packet = { ...way, bytes: Uint8Array.of(0x31, 0x33, 0xff) };
    assert.deepEqual(JSON.parse(writer.line({ kind: "packet", packet }, instant(7))), {
      n: 1,
      at: 7,
      kind: "packet",
      ...way,
      bytes: "3133ff",
    });
    const line = writer.line(
      { kind: "configure", routers: [settingsWith("Sesame")], journal: new Set(["eth0 a"]) },
      instant(8),
    );
    assert(line.endsWith("\n") && !line.includes("Sesame"));
    assert.deepEqual(JSON.parse(line).journal, ["eth0 a"]);
    assert.equal(JSON.parse(line).n, 2);
  });
});

describe("a key of signed adverts", () => {
  const window = seconds(5);
  const authentication = (secret: string) => {
    return { mode: "enforce", activeKey: 1, keys: [{ id: 1, secret: secret.repeat(32) }], window } as const;
  };
  const signed = (family: 4 | 6, secret: string): ReceivedPacket => {
    const path = family === 4 ? PATH : { source: ip("fe80::2"), destination: MULTICAST_GROUPS[6] };
    const addresses = [family === 4 ? VIP : ip("2001:db8::100")];
    const message = { version: 3, vrid: 51, priority: 150, interval: seconds(1), addresses } as const;
    const bytes = encodeAdvert(message, path);
    const trailer = new Signing(hmac, undefined).sign(bytes, path.source, authentication(secret), 0);
    assert(trailer !== undefined);
    return {
      interface: "eth0",
      ...path,
      ttl: 255,
      bytes: withTrailer(bytes, trailer, path),
      receivedAt: instant(0),
    };
  };

  for (const family of [4, 6] as const) {
    for (const [title, secret] of [
      ["the right key", "a1"],
      ["another key", "b2"],
    ] as const) {
      it(`is not recorded, and changes no verdict over IPv${family}: ${title}`, () => {
        const masking = new Masking(hmac);
        const transport = { ...multicastTransport(family), authentication: authentication("a1") };
        const real = routerSettings({ transport });
        const masked = masking.settings(real);
        assert(!JSON.stringify(masked).includes("a1a1"));
        const packet = signed(family, secret);
        const bytes = masking.packet(packet);
        const verdict = (settings: typeof real, heard: ReceivedPacket) => {
          const { authentication: keys } = settings.transport;
          const verification = new Verification(hmac, new Map());
          const judgeSignature = (one: ReceivedPacket, size: number) =>
            keys && verification.judge(one, size, keys, 0);
          return validate(heard, {
            own: () => false,
            router: () => ({ listening: true, settings, judgeSignature }),
          });
        };
        const wanted = verdict(real, packet);
        assert.equal(wanted.kind, secret === "a1" ? "advert" : "drop");
        assert.deepEqual(verdict(masked, { ...packet, bytes }), wanted);
        if (secret === "a1") assert.notDeepEqual(bytes.subarray(-16), packet.bytes.subarray(-16));
      });
    }
  }
});
