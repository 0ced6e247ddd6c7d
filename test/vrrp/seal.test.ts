import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Surroundings } from "../../src/elector/surroundings.ts";
import { SyncGroups } from "../../src/elector/sync-groups.ts";
import { hmac } from "../../src/linux/elector/hmac.ts";
import { type IpAddress, ip } from "../../src/net/ip.ts";
import { after, type Instant, instant, micros, millis, seconds } from "../../src/net/time.ts";
import { MULTICAST_GROUPS } from "../../src/vrrp/advert.ts";
import type { DropReason } from "../../src/vrrp/drop.ts";
import type { Arm } from "../../src/vrrp/node.ts";
import { type Marks, Seal } from "../../src/vrrp/seal.ts";
import { sequenceAt } from "../../src/vrrp/sequence.ts";
import {
  type Authentication,
  multicastTransport,
  PLAIN_ELECTION,
  type RouterSettings,
} from "../../src/vrrp/settings.ts";
import { advertAction } from "../../src/vrrp/speech.ts";
import { decodeTrailer, TRAILER_SIZE } from "../../src/vrrp/trailer.ts";

const [US, PEER] = [ip("192.0.2.1"), ip("192.0.2.2")];
const VIP: Arm = { interface: "eth0", address: ip("192.0.2.100") };
const KEYS = [
  { id: 1, secret: "01".repeat(32) },
  { id: 2, secret: "02".repeat(32) },
];
const WINDOW = seconds(5);
const ENFORCED: Authentication = { mode: "enforce", activeKey: 1, keys: KEYS, window: WINDOW };
/** 2026-01-01T00:00:00Z, at the machine's start. */
const BOOT = 1_767_225_600_000_000;

function router(authentication: Authentication): RouterSettings {
  return {
    name: "front",
    vrid: 51,
    interface: "eth0",
    transport: { ...multicastTransport(4), authentication },
    interval: millis(100),
    priority: 100,
    preempt: true,
    ...PLAIN_ELECTION,
    addresses: [{ ...VIP, prefixLength: 32 }],
    stopTimeout: seconds(1),
  };
}

/** A director whose clock is ahead by so much. */
function director(ahead = 0, marks?: Marks) {
  const node = new Surroundings(new SyncGroups(), hmac);
  node.setClock(BOOT + ahead, instant(0));
  if (marks !== undefined) node.remember({ front: marks });
  return new Seal("front", node);
}

function advert(seal: Seal, source: IpAddress, at: Instant, authentication = ENFORCED): Uint8Array {
  const settings = router(authentication);
  const { datagrams } = advertAction(settings, 100, source, seal.signer(settings, at));
  const bytes = datagrams[0]?.bytes;
  assert(bytes !== undefined);
  return bytes;
}

const MESSAGE_SIZE = 12;

function judge(
  seal: Seal,
  bytes: Uint8Array,
  at: Instant,
  authentication = ENFORCED,
  source = PEER,
): DropReason | undefined {
  const destination = MULTICAST_GROUPS[4];
  const packet = { interface: "eth0", source, destination, ttl: 255, bytes, receivedAt: at };
  return seal.judge(packet, MESSAGE_SIZE, router(authentication));
}

function sequence(bytes: Uint8Array): bigint {
  const trailer = decodeTrailer(bytes.subarray(-TRAILER_SIZE));
  assert(trailer !== undefined);
  return trailer.sequence;
}

const T1 = instant(10_000_000);
const later = (length: number) => after(T1, micros(length));

describe("who hears signed adverts", () => {
  const permissive = { ...ENFORCED, mode: "permissive" } as const;
  const receiving = { ...ENFORCED, mode: "receive-only" } as const;
  const other = { ...ENFORCED, keys: [{ id: 1, secret: "03".repeat(32) }] };
  const cases: [string, Authentication, Authentication, DropReason | undefined][] = [
    ["believes its peer", ENFORCED, ENFORCED, undefined],
    ["drops what is not signed", receiving, ENFORCED, "unsigned"],
    ["believes it where that is permitted", receiving, permissive, undefined],
    ["believes it where it only receives", receiving, receiving, undefined],
    ["verifies also where it need not", other, permissive, "wrong-signature"],
    ["verifies also where it only receives", other, receiving, "wrong-signature"],
    ["believes every key it has", { ...ENFORCED, activeKey: 2 }, ENFORCED, undefined],
    [
      "knows no other key",
      { ...ENFORCED, activeKey: 2 },
      { ...ENFORCED, keys: KEYS.slice(0, 1) },
      "unknown-key",
    ],
  ];
  for (const [name, theirs, ours, reason] of cases) {
    it(name, () => {
      assert.equal(judge(director(), advert(director(), PEER, T1, theirs), T1, ours), reason);
    });
  }

  it("hears the same once", () => {
    const [us, bytes] = [director(), advert(director(), PEER, T1)];
    assert.equal(judge(us, bytes, T1), undefined);
    assert.equal(judge(us, bytes, later(1_000)), "replayed");
  });

  it("knows what its last run has heard", () => {
    const [us, bytes] = [director(), advert(director(), PEER, T1)];
    assert.equal(judge(us, bytes, T1), undefined);
    const marks: Marks = JSON.parse(JSON.stringify(us.marks));
    assert.equal(judge(director(0, marks), bytes, later(1_000)), "replayed");
  });

  it("drops what is older than the window, before it reckons", () => {
    const bytes = advert(director(), PEER, T1);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    assert.equal(judge(director(), bytes, later(7_000_000)), "stale-signature");
    assert.equal(judge(director(), bytes, later(4_000_000)), "wrong-signature");
  });

  it("drops an advert that another host sends", () => {
    const bytes = advert(director(), PEER, T1);
    assert.equal(judge(director(), bytes, T1, ENFORCED, ip("192.0.2.66")), "wrong-signature");
  });

  it("follows a clock that was put right, backwards too", () => {
    const us = director();
    assert.equal(judge(us, advert(director(4_000_000), PEER, T1), T1), undefined);
    assert.equal(judge(us, advert(director(), PEER, later(100_000)), later(100_000)), "replayed");
    const corrected = later(10_000_000);
    assert.equal(judge(us, advert(director(), PEER, corrected), corrected), undefined);
  });

  it("says once that two clocks drift apart, before they part", () => {
    const us = director();
    for (const step of [0, 1, 2]) {
      const at = later(step * 1_000_000);
      assert.equal(judge(us, advert(director(4_000_000), PEER, at), at), undefined);
      const skew = us.takeSkew(router(ENFORCED));
      if (step > 0) assert.equal(skew, undefined);
      else
        assert.deepEqual(skew, { kind: "clock-skew", router: "front", from: PEER, ahead: 4, window: WINDOW });
    }
  });
});

describe("who signs", () => {
  it("says something later each time, also within a microsecond", () => {
    const seal = director();
    const said = [0, 0, 0, 1, 20, 100_000].map((step) => sequence(advert(seal, US, later(step))));
    assert.deepEqual(
      said,
      said.toSorted((left, right) => (left < right ? -1 : 1)),
    );
    assert.equal(new Set(said).size, said.length);
    assert.equal(said[0], sequenceAt(BOOT + T1));
  });

  it("goes on behind its last run, and behind the goodbye that was left for it", () => {
    const first = director();
    const settings = router(ENFORCED);
    const will = advertAction(settings, 0, US, first.bequeather(settings, T1)).datagrams[0];
    assert(will !== undefined);
    const during = sequence(advert(first, US, later(600_000)));
    assert(during < sequence(will.bytes), "what is said meanwhile comes before the goodbye");
    const marks: Marks = JSON.parse(JSON.stringify(first.marks));
    assert(sequence(advert(director(0, marks), US, later(700_000))) > sequence(will.bytes));
  });

  it("leaves a goodbye that is believed until it is signed anew, and not for long after", () => {
    const settings = router(ENFORCED);
    const will = advertAction(settings, 0, US, director().bequeather(settings, T1)).datagrams[0];
    assert(will !== undefined);
    for (const wait of [0, 625_000, 5_000_000]) {
      assert.equal(judge(director(), will.bytes, later(wait), ENFORCED, US), undefined, `${wait} µs later`);
    }
    assert.equal(judge(director(), will.bytes, later(8_000_000), ENFORCED, US), "stale-signature");
  });
});
