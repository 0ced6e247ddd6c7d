/** New settings in every state: what a reload must not break while addresses are on the move. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import { ip } from "../../src/net/ip.ts";
import {
  after,
  between,
  type Duration,
  formatDuration,
  millis,
  seconds,
  toMillis,
} from "../../src/net/time.ts";
import type { AdvertAction } from "../../src/vrrp/action.ts";
import { decodeAdvert } from "../../src/vrrp/advert.ts";
import { masterDownInterval } from "../../src/vrrp/intervals.ts";
import { multicastTransport, type VirtualAddress } from "../../src/vrrp/settings.ts";
import { Director, HIGHER_ADDRESS, inShort, routerSettings } from "../support/director.ts";

function arm(last: number): VirtualAddress {
  return { address: ip(`192.0.2.${last}`), prefixLength: 32, interface: "eth0" };
}

/** `hold 101 102`: what was asked of the kernel, by the last byte of each address. */
function moves(actions: readonly ElectorAction[]): string[] {
  return actions.flatMap((action) => {
    if (action.kind !== "hold" && action.kind !== "release") return [];
    return [[action.kind, ...action.addresses.map(({ address }) => address.split(".")[3])].join(" ")];
  });
}

const [SHORT, LONG] = [millis(100), seconds(1)];

/** Lets time pass; when adverts left, in milliseconds from now, and the interval in each. */
function timesOfAdverts(director: Director, length: Duration): string[] {
  const [begun, end] = [director.now, after(director.now, length)];
  const found: string[] = [];
  while (director.now < end) {
    for (const action of director.wait(millis(1))) {
      if (action.kind === "advert")
        found.push(`${toMillis(between(begun, director.now))}: ${intervalIn(action)}`);
    }
  }
  return found;
}

function intervalIn({ datagrams: [datagram] }: AdvertAction): string {
  const decoded = decodeAdvert(datagram?.bytes ?? new Uint8Array(), 4);
  return decoded.kind === "advert" ? formatDuration(decoded.advert.interval) : decoded.reason;
}

describe("a master's new interval", () => {
  test("that is longer goes out three times at the old cadence, and only then the silence grows", () => {
    const director = Director.master(routerSettings({ interval: SHORT }));
    assert.deepEqual(inShort(director.configure(routerSettings({ interval: LONG }))), ["advert 100"]);
    assert.deepEqual(timesOfAdverts(director, seconds(3)), ["100: 1s", "200: 1s", "1200: 1s", "2200: 1s"]);
  });

  test("that is longer does not depose it: two of the three may be lost on the way to a backup", () => {
    const wait = masterDownInterval(100, { version: 3, interval: SHORT, downTimerAdverts: 3 });
    const backup = Director.with(routerSettings());
    backup.hear(150);
    backup.wait(millis(300));
    assert.ok(millis(300) < wait, "the third comes three old intervals after the last old one");
    backup.hear(150, HIGHER_ADDRESS, LONG);
    assert.deepEqual(inShort(backup.wait(seconds(3))), []);
    assert.equal(backup.state, "Backup");
  });

  test("that is shorter is told once, and holds at once: whoever misses that waits too long, and claims nothing", () => {
    const director = Director.master(routerSettings({ interval: LONG }));
    director.wait(millis(70));
    assert.deepEqual(inShort(director.configure(routerSettings({ interval: SHORT }))), ["advert 100"]);
    assert.deepEqual(timesOfAdverts(director, millis(200)), ["100: 100ms", "200: 100ms"]);
    const backup = Director.with(routerSettings({ interval: LONG }));
    backup.hear(150, HIGHER_ADDRESS, LONG);
    for (let heard = 0; heard < 5; heard++) {
      assert.deepEqual(inShort(backup.wait(heard === 0 ? millis(400) : SHORT)), []);
      backup.hear(150, HIGHER_ADDRESS, SHORT);
    }
    assert.equal(backup.state, "Backup");
  });

  test("of version 2 is told once: neighbours drop it until they have it too", () => {
    const transport = { ...multicastTransport(4), version: 2 } as const;
    const director = Director.master(routerSettings({ transport, interval: seconds(1) }));
    director.configure(routerSettings({ transport, interval: seconds(2) }));
    assert.deepEqual(timesOfAdverts(director, seconds(4)), ["2000: 2s", "4000: 2s"]);
  });

  test("that changes again keeps to the cadence that neighbours know, until they know the newest", () => {
    const director = Director.master(routerSettings({ interval: SHORT }));
    director.configure(routerSettings({ interval: seconds(2) }));
    director.wait(millis(150));
    director.configure(routerSettings({ interval: LONG }));
    assert.deepEqual(timesOfAdverts(director, millis(1_300)), ["100: 1s", "200: 1s", "1200: 1s"]);
    director.configure(routerSettings({ interval: seconds(2) }));
    director.configure(routerSettings({ interval: SHORT }));
    assert.deepEqual(timesOfAdverts(director, millis(200)), ["100: 100ms", "200: 100ms"]);
  });

  test("that comes while it listens after a stall is told in the same way afterwards", () => {
    const director = Director.master(routerSettings({ interval: SHORT }));
    director.stall(millis(600));
    director.input({ kind: "tick" });
    director.configure(routerSettings({ interval: LONG }));
    const [first = "", ...rest] = timesOfAdverts(director, millis(1_600));
    const from = Number.parseInt(first, 10);
    assert.deepEqual(rest, [`${from + 100}: 1s`, `${from + 200}: 1s`, `${from + 1200}: 1s`]);
  });

  test("is judged by the old one when it stalls before neighbours know better", () => {
    const director = Director.master(routerSettings({ interval: SHORT }));
    director.configure(routerSettings({ interval: LONG }));
    director.stall(millis(600));
    const events = director
      .input({ kind: "tick" })
      .flatMap((one) => (one.kind === "event" ? [one.event.kind] : []));
    assert.deepEqual(events, ["stall"]);
  });
});

describe("a reload", () => {
  test("says nothing while a master listens after a stall, whatever changes", () => {
    const director = Director.master();
    director.stall(millis(600));
    director.input({ kind: "tick" });
    const settings = routerSettings({ interval: millis(50), addresses: [arm(100), arm(101)] });
    const actions = [...director.configure(settings), ...director.wait(millis(51))];
    assert.deepEqual(inShort(actions), ["hold"]);
    assert.deepEqual(inShort(director.wait(millis(51))).slice(0, 2), ["advert 100", "announce"]);
  });

  test("changes nothing for whoever is stopping", () => {
    const front = routerSettings({ addresses: [arm(100)] });
    const back = routerSettings({ name: "back", vrid: 52, priority: 200, addresses: [arm(101)] });
    const director = Director.with(front, back);
    director.hear(200);
    director.wait(millis(330));
    assert.equal(director.state, "Backup,Master");
    director.input({ kind: "stop" });
    director.configure(front, back);
    assert.equal(director.state, "Initialize,Leaving");
    assert.ok(inShort(director.wait(seconds(1))).includes("stopped"));
  });

  for (const [title, order] of [
    ["the one that gets it comes first", ["back", "front"]],
    ["the one that loses it comes first", ["front", "back"]],
  ] as const) {
    test(`moves an address between two masters without taking it away: ${title}`, () => {
      const inOrder = (front: VirtualAddress[], back: VirtualAddress[]) => {
        const settings = {
          front: routerSettings({ addresses: front }),
          back: routerSettings({ name: "back", vrid: 52, addresses: back }),
        };
        return order.map((name) => settings[name]);
      };
      const director = Director.with(...inOrder([arm(100), arm(101)], [arm(102)]));
      director.wait(millis(400));
      const actions = director.configure(...inOrder([arm(100)], [arm(102), arm(101)]));
      assert.deepEqual(moves(actions), ["hold 102 101"]);
    });
  }

  for (const [title, before, after] of [
    ["one that is new", [[100, 101]], [[100], [101]]],
    ["one that stays, from one that goes", [[100], [101]], [[100, 101]]],
  ] as const) {
    test(`leaves an address and its routes where they are on their way to ${title}`, () => {
      const file = (lists: readonly (readonly number[])[]) =>
        lists.map((list, index) => {
          const rules = list.map((last) => ({ family: 4, table: last, priority: last }) as const);
          return routerSettings({
            name: `r${index}`,
            vrid: 51 + index,
            addresses: list.map(arm),
            steering: { routes: [], rules },
          });
        });
      const director = Director.with(...file(before));
      director.wait(millis(400));
      const actions = [...director.configure(...file(after)), ...director.wait(seconds(2))];
      assert.deepEqual(
        moves(actions).filter((move) => move.startsWith("release")),
        [],
      );
      const gone = actions.flatMap((action) => (action.kind === "steer" ? action.gone.rules : []));
      assert.deepEqual(gone, []);
      assert.equal(director.state, after.map(() => "Master").join());
    });
  }

  test("lets an address go with its old prefix length and takes it with the new one", () => {
    const director = Director.master(routerSettings({ addresses: [arm(100)] }));
    const wide = { ...arm(100), prefixLength: 24 };
    const actions = director.configure(routerSettings({ addresses: [wide] }));
    assert.deepEqual(moves(actions).slice(0, 2), ["release 100", "hold 100"]);
  });

  test("during a drill: what left the file is let go also when the drill is called off", () => {
    const director = Director.master(routerSettings({ addresses: [arm(100), arm(101)] }));
    director.input({ kind: "drill" });
    director.configure(routerSettings({ addresses: [arm(100)] }));
    assert.deepEqual(moves(director.wait(seconds(1))).slice(0, 2), ["release 101", "hold 100"]);
  });

  test("that brings a router back while it leaves: it ends as one master, its addresses untouched", () => {
    const director = Director.master();
    director.configure();
    director.wait(millis(50));
    const actions = [...director.configure(routerSettings()), ...director.wait(seconds(2))];
    assert.equal(director.state, "Master");
    assert.ok(!inShort(actions).includes("release"));
    const wills = actions.flatMap((action) => (action.kind === "will" ? [action.will] : []));
    assert.notEqual(wills.at(-1), undefined, "the last word is the new router's will");
  });

  test("that renames a router: both hear the successor, and the address goes when the last lets go", () => {
    const director = Director.master();
    director.configure(routerSettings({ name: "new" }));
    assert.equal(director.state, "Leaving,Leaving");
    director.hear(150);
    assert.deepEqual(moves(director.wait(millis(20))), []);
    assert.equal(director.state, "Leaving,Backup");
    assert.ok(moves(director.hearAnnouncement()).includes("release 100"));
    assert.equal(director.state, "Backup");
  });

  test("before a stop: a router that is handing over already is not made to let go by it", () => {
    const director = Director.master();
    director.configure();
    assert.deepEqual(inShort(director.input({ kind: "stop" })), []);
    assert.deepEqual(inShort(director.input({ kind: "stop" })), [
      "Initialize (let-go)",
      "release",
      "stopped",
    ]);
  });
});

describe("a backup that was about to take a lower master's place", () => {
  for (const change of [{ preempt: false }, { priority: 40 }])
    test(`follows that one when the file has changed its mind: ${JSON.stringify(change)}`, () => {
      const backup = Director.with(routerSettings({ preempt: false }));
      backup.hear(50);
      backup.configure(routerSettings({ preempt: true }));
      for (let heard = 0; heard < 3; heard++) {
        backup.wait(SHORT);
        backup.hear(50);
      }
      backup.configure(routerSettings(change));
      assert.deepEqual(inShort(backup.wait(SHORT)), []);
      backup.hear(50);
      assert.deepEqual(inShort(backup.wait(millis(300))), []);
      assert.equal(backup.state, "Backup");
    });
});
