/** Two directors with priority 255: never two masters for long, and nobody lets go before the other one serves. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import { type Duration, micros, millis, minutes, seconds, times } from "../../src/net/time.ts";
import type { RouterSettings } from "../../src/vrrp/settings.ts";
import {
  Director,
  HIGHER_ADDRESS,
  inShort,
  LOWER_ADDRESS,
  OWN_ADDRESS,
  routerSettings,
} from "../support/director.ts";

const INTERVAL = millis(100);
const OWNER = routerSettings({ priority: 255 });
/** Three intervals and 1/256. */
const DOWN = micros(300_391);

function told(actions: readonly ElectorAction[]): string[] {
  return actions.flatMap((action) => {
    if (action.kind !== "event" || action.event.kind !== "duplicate-owner") return [];
    return [`${action.event.own} and ${action.event.from}`];
  });
}

/** A rival that takes no notice, at every interval; until the state changes, for at most `length`. */
function ignored(director: Director, length: Duration, interval: Duration = INTERVAL): ElectorAction[] {
  const before = director.state;
  const actions: ElectorAction[] = [];
  for (let elapsed = 0; elapsed < length && director.state === before; elapsed += interval) {
    actions.push(...director.hear(255, LOWER_ADDRESS, interval));
    if (director.state === before) actions.push(...director.wait(interval));
  }
  return actions;
}

/** It has given way to the one with the higher address. */
function loser(changes: Partial<RouterSettings> = {}): Director {
  const director = Director.master({ ...OWNER, ...changes });
  director.hear(255, HIGHER_ADDRESS);
  director.hearAnnouncement();
  assert.equal(director.state, "Backup");
  return director;
}

function flap(director: Director): void {
  director.input({ kind: "link", interface: "eth0", up: false });
  assert.equal(director.state, "Fault");
  director.input({ kind: "link", interface: "eth0", up: true });
}

describe("an owner that hears another owner", () => {
  test("gives way to a higher address, and says who they are", () => {
    const director = Director.master(OWNER);
    const actions = director.hear(255, HIGHER_ADDRESS);
    assert.deepEqual(inShort(actions), ["Leaving (better-master)", "advert 255"]);
    assert.deepEqual(told(actions), [`${OWN_ADDRESS} and ${HIGHER_ADDRESS}`]);
    assert.deepEqual(inShort(director.hearAnnouncement()), ["release", "Backup (hand-over-done)"]);
  });

  test("answers a lower address, once per interval, and stays when that one is silent from then on", () => {
    const director = Director.master(OWNER);
    director.wait(millis(250));
    const actions = director.hear(255, LOWER_ADDRESS);
    assert.deepEqual(inShort(actions), ["advert 255", "announce"]);
    assert.deepEqual(told(actions), [`${OWN_ADDRESS} and ${LOWER_ADDRESS}`]);
    assert.deepEqual(inShort(director.hear(255, LOWER_ADDRESS)), []);
    director.wait(seconds(10));
    assert.equal(director.state, "Master");
  });

  for (const [title, interval] of [
    ["of the same interval", INTERVAL],
    ["of a longer interval", millis(300)],
  ] as const) {
    test(`gives way after four intervals to a lower address ${title} that does not listen`, () => {
      const director = Director.master(OWNER);
      const before = director.now;
      const last = inShort(ignored(director, seconds(10), interval));
      assert.deepEqual(last.filter((one) => one !== "announce").slice(-2), [
        "Leaving (not-heard)",
        "advert 0",
      ]);
      assert.equal(director.now - before, times(interval, 4));
      assert.deepEqual(inShort(director.wait(millis(20))), ["Backup (hand-over-done)", "release"]);
    });
  }

  test("begins to count anew when that one was silent in between", () => {
    const director = Director.master(OWNER);
    for (let again = 0; again < 5; again++) {
      ignored(director, micros(4 * INTERVAL));
      assert.equal(director.state, "Master");
      director.wait(millis(350));
    }
  });

  test("hears no owner in a priority of 254, and no other director hears one in 255", () => {
    const owner = Director.master(OWNER);
    assert.deepEqual(told(owner.hear(254, HIGHER_ADDRESS)), []);
    assert.equal(owner.state, "Master");
    for (let heard = 0; heard < 10; heard++) {
      owner.hear(254, HIGHER_ADDRESS);
      owner.wait(INTERVAL);
    }
    assert.equal(owner.state, "Master");
    assert.deepEqual(told(Director.with(routerSettings({ priority: 254 })).hear(255)), []);
  });

  test("tells of it once, and again every ten minutes while it goes on", () => {
    const director = Director.master(OWNER);
    const minutesTold: number[] = [];
    for (let minute = 0; minute < 25; minute++) {
      if (told(director.hear(255, HIGHER_ADDRESS, seconds(40))).length > 0) minutesTold.push(minute);
      director.wait(minutes(1));
    }
    assert.deepEqual(minutesTold, [0, 10, 20]);
    assert.equal(director.state, "Backup");
  });
});

describe("an owner that gave way to another owner", () => {
  test("follows it, whatever its address, and claims when it is silent", () => {
    for (const director of [loser(), yielded()]) {
      for (let heard = 0; heard < 50; heard++) {
        assert.deepEqual(inShort(director.wait(INTERVAL)), []);
        director.hear(255, director.engine.snapshot(director.now)[0]?.master?.source);
      }
      director.wait(micros(DOWN - 1));
      assert.equal(director.state, "Backup");
      const claim = inShort(director.wait(micros(1)));
      assert.deepEqual(claim, ["Master (master-silent)", "advert 255", "hold", "announce"]);
    }
  });

  test("waits for it like anybody else when its link comes back, and is the owner again once it was master", () => {
    const director = loser();
    flap(director);
    assert.equal(director.state, "Backup");
    director.hear(255, HIGHER_ADDRESS);
    flap(director);
    assert.equal(director.state, "Backup");
    director.wait(DOWN);
    assert.equal(director.state, "Master");
    flap(director);
    assert.equal(director.state, "Master");
  });

  test("takes its place when it has a lower priority at last, and claims nothing sooner", () => {
    const director = loser();
    for (let heard = 0; heard < 10; heard++) {
      director.hear(255, HIGHER_ADDRESS);
      director.wait(INTERVAL);
    }
    for (let heard = 0; heard < 3; heard++) {
      assert.equal(director.state, "Backup");
      director.hear(100, HIGHER_ADDRESS);
      director.wait(INTERVAL);
    }
    assert.equal(director.state, "Master");
  });

  test("has its priority still: no drill, no standby and no weight changes that", () => {
    const source = { kind: "reported", patience: seconds(3) } as const;
    const director = loser({ tracks: [{ name: "uplink", source, weight: -50 }] });
    const drill = director.input({ kind: "drill" });
    const reasons = drill.flatMap((action) => {
      return action.kind === "event" && action.event.kind === "drill-refused" ? [action.event.reason] : [];
    });
    assert.deepEqual(reasons, ["owner"]);
    assert.deepEqual(inShort(director.input({ kind: "step-down" })), []);
    director.input({ kind: "standby", on: true });
    director.input({ kind: "track", name: "uplink", up: false, detail: "gone" });
    const [router] = director.engine.snapshot(director.now);
    assert.deepEqual([router?.priority, router?.standby, router?.state], [255, false, "Backup"]);
  });
});

/** It gave way to the one with the lower address, which did not listen. */
function yielded(): Director {
  const director = Director.master(OWNER);
  ignored(director, seconds(1));
  director.wait(millis(20));
  assert.equal(director.state, "Backup");
  director.hear(255, LOWER_ADDRESS);
  return director;
}
