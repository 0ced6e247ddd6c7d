/** Whatever a neighbour says ten thousand times a second, the log is told of it a few times. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import type { ElectorEvent } from "../../src/elector/event.ts";
import { type IpAddress, ip } from "../../src/net/ip.ts";
import { macFromBytes } from "../../src/net/mac.ts";
import { micros, millis, seconds } from "../../src/net/time.ts";
import { multicastTransport, type RouterSettings } from "../../src/vrrp/settings.ts";
import {
  Director,
  HIGHER_ADDRESS,
  LOWER_ADDRESS,
  OWN_ADDRESS,
  routerSettings,
  VIP,
} from "../support/director.ts";

const PACKETS = 10_000;
const APART = micros(100);
const MAC = macFromBytes(Uint8Array.of(2, 0, 0, 0, 0, 99));
const INTERVAL = millis(100);

/** At once, and one more now and then (see `Sparing`). */
const SPARINGLY = 4;
/** Sources that are told apart, and all the others (see `Neighbours`, `DropCounters`). */
const [KNOWN_NEIGHBOURS, COUNTED_SOURCES] = [64, 257];

const transport = multicastTransport(4);
const audience = { ...transport.audience, directors: [OWN_ADDRESS] };
const OWNER = routerSettings({ priority: 255 });

/** All different. */
function host(number: number): IpAddress {
  return ip(`198.18.${number >> 8}.${number & 0xff}`);
}

/** What is said, to whom, and how many events of which kind are the most that may come of it. */
const FLOODS: readonly (readonly [
  string,
  RouterSettings,
  (director: Director, count: number) => ElectorAction[],
  ElectorEvent["kind"],
  number,
])[] = [
  [
    "another list of addresses each time",
    routerSettings(),
    (director, count) => director.hear(150, HIGHER_ADDRESS, INTERVAL, 51, [host(count)]),
    "addresses-differ",
    SPARINGLY,
  ],
  [
    "ours and another in turn",
    routerSettings(),
    (director, count) => director.hear(150, HIGHER_ADDRESS, INTERVAL, 51, [count % 2 ? VIP : host(1)]),
    "addresses-differ",
    SPARINGLY,
  ],
  [
    "another list from everybody",
    routerSettings(),
    (director, count) => director.hear(150, host(count), INTERVAL, 51, [host(1)]),
    "addresses-differ",
    SPARINGLY,
  ],
  [
    "another interval each time",
    routerSettings(),
    (director, count) => director.hear(150, HIGHER_ADDRESS, millis(count % 2 ? 1_000 : 500)),
    "interval-learned",
    SPARINGLY,
  ],
  [
    "another owner each time, to an owner",
    OWNER,
    (director, count) => director.hear(255, host(count)),
    "duplicate-owner",
    SPARINGLY,
  ],
  [
    "two owners in turn, to an owner",
    OWNER,
    (director, count) => director.hear(255, count % 2 ? HIGHER_ADDRESS : LOWER_ADDRESS),
    "duplicate-owner",
    SPARINGLY,
  ],
  [
    "adverts of hosts that no file has",
    routerSettings({ transport: { ...transport, audience } }),
    (director, count) => director.hear(150, host(count)),
    "stranger",
    KNOWN_NEIGHBOURS,
  ],
  [
    "another form of checksum from everybody",
    routerSettings({ transport: { ...transport, checksum: "plain" } }),
    (director, count) => director.hear(150, host(count)),
    "checksum-differs",
    KNOWN_NEIGHBOURS,
  ],
  [
    "broken adverts from everybody",
    routerSettings(),
    (director, count) => {
      const packet = {
        interface: "eth0",
        source: host(count),
        destination: VIP,
        ttl: 1,
        bytes: new Uint8Array(3),
      };
      return director.input({ kind: "packet", packet: { ...packet, receivedAt: director.now } });
    },
    "drop",
    COUNTED_SOURCES,
  ],
  [
    "that our address is its own, to a master",
    OWNER,
    (director) => director.input({ kind: "announcement", interface: "eth0", address: VIP, mac: MAC }),
    "foreign-announcement",
    1,
  ],
  [
    "that it has the address of our adverts",
    routerSettings(),
    (director) => director.input({ kind: "announcement", interface: "eth0", address: OWN_ADDRESS, mac: MAC }),
    "own-address-elsewhere",
    1,
  ],
];

describe("ten thousand packets in a second", () => {
  for (const [what, settings, say, kind, most] of FLOODS) {
    test(`that say ${what}: at most ${most} times ${kind}`, () => {
      const director = Director.with(settings);
      const events = new Map<string, number>();
      for (let count = 0; count < PACKETS; count++) {
        for (const action of [...say(director, count), ...director.wait(APART)]) {
          if (action.kind !== "event") continue;
          events.set(action.event.kind, (events.get(action.event.kind) ?? 0) + 1);
        }
      }
      const told = events.get(kind) ?? 0;
      assert.ok(told > 0 && told <= most, `${told} times ${kind}`);
      const total = [...events.values()].reduce((sum, one) => sum + one, 0);
      assert.ok(total < 2 * most + 10, `${total} events: ${[...events.entries()].join(" ")}`);
    });
  }

  test("that say goodbye and come back in turn change the state as often as its waits allow", () => {
    const director = Director.with(routerSettings());
    let transitions = 0;
    for (let count = 0; count < PACKETS; count++) {
      const actions = director.hear(count % 2 ? 0 : 255, HIGHER_ADDRESS, millis(10));
      for (const action of [...actions, ...director.wait(APART)])
        if (action.kind === "event" && action.event.kind === "transition") transitions += 1;
    }
    assert.equal(transitions, 0, "a goodbye is followed by a skew time of silence, or by nothing");
  });

  test("are told of again after ten seconds", () => {
    const director = Director.with(routerSettings());
    const told = () =>
      director
        .hear(150, HIGHER_ADDRESS, INTERVAL, 51, [host(director.now % 10_000)])
        .filter((action) => action.kind === "event" && action.event.kind === "addresses-differ").length;
    let before = 0;
    for (let count = 0; count < 1_000; count++) {
      before += told();
      director.wait(micros(101));
    }
    assert.equal(before, SPARINGLY);
    director.wait(seconds(10));
    assert.equal(told(), 1);
  });
});
