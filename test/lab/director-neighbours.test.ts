/** Hostile and broken neighbours, as `docs/hostile.md` has them: what they say, on real sockets, and what comes of it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { internetChecksum } from "../../src/net/checksum.ts";
import { ip } from "../../src/net/ip.ts";
import { millis, seconds } from "../../src/net/time.ts";
import type { DropReason } from "../../src/vrrp/drop.ts";
import { type Capture, openCapture } from "../support/capture.ts";
import { type DirectorProcess, pairFile, startDirector, startPair } from "../support/director-process.ts";
import { labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { openStranger } from "../support/stranger.ts";
import { portOf, VIP } from "../support/topology.ts";
import { until } from "../support/until.ts";

type Stranger = ReturnType<typeof openStranger>;
type Words = Parameters<Stranger["say"]>[0];

const OURS = portOf("d1", "outer").address;
const PEER = portOf("d2", "outer").address;
const INTERVAL = millis(100);
const [OLD, UNICAST, FAULTY, NOBODYS] = [52, 53, 54, 99] as const;
const FLOOD = { perSecond: 10_000, count: 10_000 } as const;
/** Each malformed datagram is sent so often. */
const TIMES = 3;

const OTHER_ROUTERS = `
[routers.old]
vrid = ${OLD}
version = 2
password = "s3cr3t"
priority = { lb1 = 150, lb2 = 100 }
addresses = ["10.0.0.101"]
[routers.unicast]
vrid = ${UNICAST}
unicast = true
priority = { lb1 = 150, lb2 = 100 }
addresses = ["10.0.0.102"]
[routers.faulty]
vrid = ${FAULTY}
priority = { lb1 = 150, lb2 = 100 }
track = ["nothing"]
addresses = ["10.0.0.103"]
[tracks.nothing]
type = "interface"
interface = "nowhere0"
`;

/** What only a router that signs drops: director-authentication.test.ts. */
type OfSignatures =
  | "unsigned"
  | "bad-trailer"
  | "stale-signature"
  | "unknown-key"
  | "wrong-signature"
  | "replayed";

/** One datagram for every other reason that can reach us; the kernel keeps other people's VRIDs to itself. */
const MALFORMED: Readonly<
  Record<Exclude<DropReason, "unknown-vrid" | OfSignatures>, (stranger: Stranger) => Words>
> = {
  "own-packet": (stranger) => ({ source: OURS, bytes: stranger.advert({}, { source: OURS }) }),
  "too-short": (stranger) => ({ bytes: stranger.advert().subarray(0, 7) }),
  "bad-ttl": (stranger) => ({ bytes: stranger.advert(), ttl: 254 }),
  "wrong-version": (stranger) => ({ bytes: patched(stranger.advert(), 0, 0x41) }),
  "wrong-type": (stranger) => ({ bytes: patched(stranger.advert(), 0, 0x32) }),
  "not-listening": (stranger) => ({ bytes: stranger.advert({ vrid: FAULTY }) }),
  "too-long": (stranger) => ({ bytes: Uint8Array.of(...stranger.advert(), 0) }),
  "bad-checksum": (stranger) => ({ bytes: patched(stranger.advert(), 2, 200) }),
  "no-addresses": (stranger) => ({ bytes: checksummed(patched(stranger.advert(), 3, 0).subarray(0, 8)) }),
  "zero-interval": (stranger) => ({
    bytes: checksummed(patched(patched(stranger.advert(), 4, 0), 5, 0)),
  }),
  "wrong-destination": (stranger) => ({
    destination: OURS,
    bytes: stranger.advert({}, { destination: OURS }),
  }),
  "unknown-peer": (stranger) => ({
    destination: OURS,
    bytes: stranger.advert({ vrid: UNICAST }, { destination: OURS }),
  }),
  "wrong-authentication": (stranger) => ({ bytes: stranger.advert({ version: 2, vrid: OLD }) }),
  "wrong-password": (stranger) => ({
    bytes: stranger.advert({ version: 2, vrid: OLD }, { password: "s3cr3T" }),
  }),
  "wrong-interval": (stranger) => ({
    bytes: stranger.advert({ version: 2, vrid: OLD, interval: seconds(2) }, { password: "s3cr3t" }),
  }),
};

/** Neither has a VRID of ours: one is told apart by the kernel, the other says too little and is counted. */
const NOT_OURS = {
  foreign: (stranger: Stranger) => ({ bytes: stranger.advert({ vrid: NOBODYS, priority: 255 }) }),
  empty: () => ({ bytes: new Uint8Array() }),
} as const;

const FLOODS: readonly (readonly [string, DropReason | undefined, (stranger: Stranger) => Words])[] = [
  ["somebody else's VRID", undefined, NOT_OURS.foreign],
  ["broken ones", "bad-checksum", MALFORMED["bad-checksum"]],
  ["a lower priority", undefined, (stranger) => ({ bytes: stranger.advert({ interval: INTERVAL }) })],
];

describe("a hostile neighbour", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("that talks nonsense is counted by the reason, told of once, and changes nothing", async (context) => {
    await lab().sysctl("d1", { "ipv4/conf/eth0/accept_local": "1" }); // or the kernel would drop our own source
    const director = startDirector(context, lab(), "d1", pairFile({ more: OTHER_ROUTERS }));
    for (const name of ["front", "old", "unicast"]) await director.state("Master", name);
    await director.state("Fault", "faulty");
    const before = director.eventsOf("transition");
    const stranger = openStranger(context, lab());
    const reasons = Object.keys(MALFORMED);
    for (let time = 0; time < TIMES; time++) {
      stranger.say(NOT_OURS.foreign(stranger));
      stranger.say(NOT_OURS.empty());
      for (const words of Object.values(MALFORMED)) stranger.say(words(stranger));
    }
    const expected = { ...Object.fromEntries(reasons.map((name) => [name, TIMES])), "too-short": 2 * TIMES };
    const drops = await until("all of them", async () => {
      const counted = await dropsOf(director);
      return sum(counted) >= sum(expected) && counted;
    });
    assert.deepEqual(drops, expected);
    assert.deepEqual(director.eventsOf("transition"), before);
    const loud = reasons.filter((name) => name !== "not-listening"); // that is at the level of debugging
    await until("a line for each", () => director.eventsOf("drop").length >= loud.length);
    const told = director.eventsOf("drop").map(({ reason, count }) => `${reason} ${count}`);
    assert.deepEqual(told.toSorted(), loud.map((name) => `${name} 1`).toSorted());
  });

  it("that floods us makes no advert late, and moves nobody", async (context) => {
    const pair = await startPair(context, lab());
    const before = transitionsOf(pair);
    const capture = openCapture(context, lab());
    const reader = setInterval(() => capture.sightings, 20); // or its queue would overflow
    context.after(() => clearInterval(reader));
    const stranger = openStranger(context, lab());
    for (const [name, reason, words] of FLOODS) {
      const [heard, dropped] = [capture.adverts.length, sum(await dropsOf(pair[0]))];
      const slots = (await stranger.flood(words(stranger), FLOOD)) / INTERVAL;
      const own = capture.adverts.slice(heard).filter(({ source }) => source === OURS);
      const gaps = own.slice(1).map(({ stampMicros }, index) => stampMicros - (own[index]?.stampMicros ?? 0));
      const [longest = 0, second = 0] = gaps.toSorted((left, right) => right - left);
      context.diagnostic(
        `${name}: ${own.length} own adverts in ${slots} slots, longest gaps ${longest}, ${second} µs`,
      );
      // A slot, and at most one answer in each interval.
      const [least, most] = [slots - 2, 2 * slots + 2];
      assert.ok(
        own.length >= least && own.length <= most,
        `${own.length} adverts in ${slots} slots of ${name}`,
      );
      // The host may stand still once; what a flood makes late it makes late again and again.
      assert.ok(second < 1.5 * INTERVAL, `gaps of ${longest} and ${second} µs in a flood of ${name}`);
      const counted = dropped + (reason === undefined ? 0 : FLOOD.count);
      await until("what was counted", async () => sum(await dropsOf(pair[0])) === counted);
    }
    assert.deepEqual(transitionsOf(pair), before);
    assert.deepEqual(
      pair[0].eventsOf("drop").map(({ reason, count }) => `${reason} ${count}`),
      ["bad-checksum 1"],
    );
  });

  it("that forges adverts is answered as VRRP says", async (context) => {
    const pair = await startPair(context, lab());
    const stranger = openStranger(context, lab());
    const capture = openCapture(context, lab());

    // Priority 0: the master answers, and nobody has a reason to succeed it.
    const before = transitionsOf(pair);
    stranger.say({ bytes: stranger.advert({ priority: 0 }) });
    await until("announcement", () => capture.announcements.some(({ address }) => address === VIP));
    await intervals(capture, 3);
    assert.deepEqual(transitionsOf(pair), before);

    // Priority 255 takes the address away, for as long as its interval says.
    const since = pair[0].events.length;
    stranger.say({ bytes: stranger.advert({ priority: 255, interval: INTERVAL }) });
    await pair[0].event(
      "transition",
      ({ to, cause }) => to === "Leaving" && cause === "better-master",
      since,
    );
    // Not for long: it is the better one.
    await pair[0].event("transition", ({ to }) => to === "Backup", since);
    await pair[0].state("Master");
    await pair[0].holds(true);
    await pair[1].holds(false);
    for (const director of pair)
      assert.equal(
        (await director.event("stranger")).from,
        stranger.address,
        "it is no director of the file",
      );

    // Two hosts with one address do not hear each other's adverts: it is told before that matters.
    stranger.claim(OURS);
    const { address } = await pair[0].event("own-address-elsewhere");
    assert.equal(address, OURS);

    // The interval of a lower one is not learned: the backup waits no longer for a master that died.
    stranger.say({ bytes: stranger.advert({ interval: seconds(40), addresses: [VIP, ip("10.0.0.101")] }) });
    assert.equal((await pair[1].event("addresses-differ")).from, stranger.address);
    await intervals(capture, 1);
    await pair[0].crash();
    await lab().unplug("d1");
    context.after(() => lab().plug("d1"));
    assert.equal((await pair[1].state("Master")).cause, "master-silent");
  });

  it("that forges adverts is no peer", async (context) => {
    const pair = await startPair(context, lab(), pairFile({ router: "unicast = true" }));
    const before = transitionsOf(pair);
    const stranger = openStranger(context, lab());
    for (const [destination, director] of [
      [OURS, pair[0]],
      [PEER, pair[1]],
    ] as const) {
      stranger.say({ destination, bytes: stranger.advert({ priority: 255 }, { destination }) });
      assert.equal((await director.event("drop")).reason, "unknown-peer");
    }
    assert.deepEqual(transitionsOf(pair), before);
  });
});

async function intervals(capture: Capture, count: number): Promise<void> {
  const wanted = capture.adverts.length + count + 1;
  await until(`${count} intervals`, () => capture.adverts.length >= wanted);
}

async function dropsOf(director: DirectorProcess): Promise<Readonly<Record<string, number>>> {
  return (await director.status())?.elector?.drops ?? {};
}

function transitionsOf(pair: readonly DirectorProcess[]) {
  return pair.map((director) => director.transitions());
}

function patched(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  return bytes.map((byte, index) => (index === offset ? value : byte));
}

/** Right again, of the form without pseudo-header. */
function checksummed(message: Uint8Array): Uint8Array {
  const blank = patched(patched(message, 6, 0), 7, 0);
  const checksum = internetChecksum(blank);
  return patched(patched(blank, 6, checksum >> 8), 7, checksum & 0xff);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
