import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import { millis, seconds } from "../../src/net/time.ts";
import { Director, inShort, routerSettings } from "../support/director.ts";
import { reported, tracked } from "../support/tracked.ts";

function eventsIn(actions: readonly ElectorAction[]): string[] {
  return actions.flatMap((action) => {
    if (action.kind !== "event") return [];
    const { event } = action;
    if (event.kind === "track") return [`${event.track} ${event.up ? "up" : "down"}: ${event.detail}`];
    if (event.kind === "priority") return [`priority ${event.from} → ${event.to} (${event.detail})`];
    if (event.kind === "start-delayed") return [`delayed ${event.wait}`];
    return [];
  });
}

function advertsIn(actions: readonly ElectorAction[]): string[] {
  return inShort(actions).filter((one) => one.startsWith("advert"));
}

function link(director: Director, up: boolean): ElectorAction[] {
  return director.input({ kind: "link", interface: "eth2", up });
}

/** A master whose eth2 is up. */
function masterWith(...tracks: Parameters<typeof tracked>[]): Director {
  const settings = routerSettings({ tracks: tracks.map((one) => tracked(...one)) });
  const director = new Director();
  link(director, true);
  director.input({ kind: "ready" });
  director.configure(settings);
  director.wait(millis(400));
  assert.equal(director.state, "Master");
  return director;
}

describe("a router that tracks an interface", () => {
  test("is in fault while that is down, when it has no weight", () => {
    const director = masterWith(["uplink"]);
    const actions = link(director, false);
    assert.deepEqual(inShort(actions).slice(0, 2), ["Leaving (track-failed)", "advert 0"]);
    assert.deepEqual(eventsIn(actions), ["uplink down: eth2 is down"]);
    director.wait(millis(99));
    const taken = director.hear(50);
    assert.equal(director.state, "Leaving");
    assert.deepEqual(inShort(taken), []);
    const gone = inShort(director.wait(millis(20)));
    assert.deepEqual(gone, ["Backup (hand-over-done)", "release", "Fault (track-failed)"]);
    assert.deepEqual(inShort(link(director, true)), ["Backup (track-recovered)"]);
  });

  test("goes on when nobody took its place in time, and what it tracks is up again", () => {
    const director = masterWith(["uplink"]);
    link(director, false);
    director.wait(millis(300));
    link(director, true);
    assert.equal(director.state, "Leaving");
    const actions = inShort(director.wait(millis(300)));
    assert.equal(director.state, "Master");
    assert.ok(!actions.includes("release"));
  });

  test("begins in fault when that is down from the start", () => {
    const director = Director.with(routerSettings({ tracks: [tracked("uplink")] }));
    assert.equal(director.state, "Fault");
  });

  test("says its new priority in its next advert", () => {
    const director = masterWith(["uplink", -30]);
    const actions = link(director, false);
    assert.deepEqual(eventsIn(actions), ["uplink down: eth2 is down", "priority 100 → 70 (uplink down)"]);
    assert.deepEqual(advertsIn(director.wait(millis(100))), ["advert 70"]);
    link(director, true);
    assert.deepEqual(advertsIn(director.wait(millis(100))), ["advert 100"]);
  });

  test("waits as long as its priority of now asks, and no longer preempts whom it is below", () => {
    const settings = routerSettings({ tracks: [tracked("uplink", -60)], priority: 150 });
    const director = new Director();
    director.input({ kind: "ready" });
    director.configure(settings);
    assert.equal(director.engine.snapshot(director.now)[0]?.priority, 90);
    for (let count = 0; count < 10; count++) {
      director.hear(100);
      director.wait(millis(100));
    }
    assert.equal(director.state, "Backup");
    link(director, true);
    for (let count = 0; count < 10 && director.state === "Backup"; count++) {
      director.hear(100);
      director.wait(millis(100));
    }
    assert.equal(director.state, "Master");
  });

  test("does not mind what does not last", () => {
    const director = masterWith(["uplink", undefined, { down: seconds(1), up: seconds(5) }]);
    link(director, false);
    director.wait(millis(900));
    link(director, true);
    director.wait(seconds(10));
    assert.equal(director.state, "Master");
    link(director, false);
    assert.deepEqual(eventsIn(director.wait(millis(1_000))), ["uplink down: eth2 is down"]);
    director.wait(seconds(1));
    assert.equal(director.state, "Fault");
    link(director, true);
    director.wait(millis(4_999));
    assert.equal(director.state, "Fault");
    assert.deepEqual(eventsIn(director.wait(millis(1))), ["uplink up: eth2 is up"]);
  });

  test("keeps what is known of it over a reload, unless it is watched in another way", () => {
    const director = masterWith(["uplink", undefined, { down: seconds(1) }]);
    link(director, false);
    director.configure(routerSettings({ tracks: [tracked("uplink", undefined, { down: seconds(1) })] }));
    assert.equal(director.state, "Master");
    director.configure(routerSettings({ tracks: [tracked("uplink")] }));
    assert.equal(director.state, "Leaving");
    director.wait(seconds(1));
    assert.equal(director.state, "Fault");
    director.configure(routerSettings());
    assert.equal(director.state, "Backup");
  });

  test("an owner's priority is not shifted", () => {
    const settings = routerSettings({ priority: 255, tracks: [tracked("uplink", -30)] });
    assert.equal(Director.with(settings).state, "Master");
  });
});

describe("a router that tracks what the balancer reports", () => {
  const settings = routerSettings({ tracks: [reported("gateway", seconds(5))] });
  const say = (director: Director, up: boolean | undefined) => {
    const verdict = up === undefined ? {} : { up };
    return director.input({ kind: "track", name: "gateway", detail: "exit status 0", ...verdict });
  };

  test("takes part while there is no verdict, and follows those that come", () => {
    const director = Director.with(settings);
    director.wait(seconds(1));
    assert.equal(director.state, "Master");
    assert.deepEqual(eventsIn(say(director, undefined)), []);
    assert.deepEqual(eventsIn(say(director, true)), ["gateway up: exit status 0"]);
    assert.deepEqual(eventsIn(say(director, true)), []);
    say(director, false);
    assert.equal(director.state, "Leaving");
  });

  test("keeps the last verdict for a while when nothing comes, and then believes it no more", () => {
    const director = Director.with(settings);
    say(director, true);
    director.wait(seconds(4));
    say(director, true);
    assert.deepEqual(eventsIn(director.wait(millis(4_999))), []);
    const silent = eventsIn(director.wait(millis(1)));
    assert.deepEqual(silent, ["gateway down: nothing was heard of it for 5s"]);
    director.wait(seconds(1));
    assert.equal(director.state, "Fault");
    assert.deepEqual(eventsIn(say(director, true)), ["gateway up: exit status 0"]);
    assert.equal(director.state, "Backup");
  });

  test("follows a number, and does not keep it for longer than anything else", () => {
    const tracks = [reported("strain", seconds(5), 1)];
    const director = Director.with(routerSettings({ tracks }));
    const hold = (value: number) => {
      const report = { name: "strain", up: value === 0, value, detail: `holds ${value}` };
      return eventsIn(director.input({ kind: "track", ...report }));
    };
    assert.deepEqual(hold(-20), ["strain down: holds -20", "priority 100 → 80 (strain -20)"]);
    assert.deepEqual(hold(-20), []);
    assert.deepEqual(hold(-30), ["strain down: holds -30", "priority 80 → 70 (strain -30)"]);
    const [snapshot] = director.engine.tracks();
    assert.deepEqual(snapshot, {
      name: "strain",
      up: false,
      value: -30,
      detail: "holds -30",
      since: director.now,
    });
    assert.deepEqual(eventsIn(director.wait(seconds(5))), [
      "strain down: nothing was heard of it for 5s",
      "priority 70 → 100 (strain down)",
    ]);
  });

  test("gives the balancer time to start, but not for ever", () => {
    const director = Director.with(settings);
    assert.deepEqual(eventsIn(director.wait(millis(34_999))), []);
    assert.deepEqual(eventsIn(director.wait(millis(1))), ["gateway down: it was never heard of"]);
  });

  test("does not take its own standing still for silence", () => {
    const director = Director.with(settings);
    say(director, true);
    director.stall(seconds(9));
    assert.deepEqual(eventsIn(director.input({ kind: "tick" })), []);
    assert.deepEqual(eventsIn(director.wait(millis(4_999))), []);
    assert.equal(eventsIn(director.wait(millis(1))).length, 1);
  });

  test("does not serve again after a drill that nobody took up", () => {
    const director = Director.with(settings);
    say(director, true);
    director.wait(millis(400));
    director.input({ kind: "drill" });
    say(director, false);
    director.wait(seconds(1));
    assert.equal(director.state, "Fault");
  });

  test("does not listen to what it does not track", () => {
    const director = Director.with(settings);
    assert.deepEqual(director.input({ kind: "track", name: "other", up: false, detail: "" }), []);
  });
});

describe("after a start", () => {
  test("no router takes part before the delay is over", () => {
    const director = new Director();
    const actions = director.configure(routerSettings({ startDelay: seconds(30) }));
    assert.deepEqual(eventsIn(actions), ["delayed 30000000"]);
    assert.deepEqual(inShort(director.wait(seconds(29))), []);
    assert.equal(director.state, "Initialize");
    director.hear(50);
    assert.deepEqual(inShort(director.wait(seconds(1))), ["Backup (startup)"]);
  });

  test("nor when its link came later", () => {
    const director = new Director();
    director.input({ kind: "link", interface: "eth0", up: false });
    director.configure(routerSettings({ startDelay: seconds(30) }));
    assert.equal(director.state, "Fault");
    director.wait(seconds(1));
    director.input({ kind: "link", interface: "eth0", up: true });
    assert.deepEqual(inShort(director.wait(millis(28_999))), []);
    assert.deepEqual(inShort(director.wait(millis(1))), ["Backup (link-up)"]);
  });

  test("of the machine, the same; a later start does not wait", () => {
    const early = new Director();
    early.configure(routerSettings({ delayAfterBoot: seconds(30) }));
    assert.equal(early.state, "Initialize");
    early.wait(seconds(29));
    assert.equal(early.state, "Backup");
    const late = new Director();
    late.wait(seconds(30));
    late.configure(routerSettings({ delayAfterBoot: seconds(30) }));
    assert.equal(late.state, "Backup");
  });

  test("a router that comes with a later file does not wait", () => {
    const director = new Director();
    director.configure();
    director.wait(seconds(30));
    director.configure(routerSettings({ startDelay: seconds(30) }));
    assert.equal(director.state, "Backup");
  });

  test("a stop ends the waiting", () => {
    const director = new Director();
    director.configure(routerSettings({ startDelay: seconds(30) }));
    assert.deepEqual(inShort(director.input({ kind: "stop" })), ["stopped"]);
    assert.deepEqual(inShort(director.wait(seconds(60))), []);
  });
});

test("who preempts after a delay leaves a lower master in its place until then", () => {
  const director = Director.with(routerSettings({ preemptDelay: seconds(2) }));
  for (let count = 0; count < 20; count++) {
    director.hear(50);
    director.wait(millis(100));
  }
  assert.equal(director.state, "Backup");
  const [router] = director.engine.snapshot(director.now);
  assert.equal(router?.holdDown, undefined);
  for (let count = 0; count < 4 && director.state === "Backup"; count++) {
    director.hear(50);
    director.wait(millis(100));
  }
  assert.equal(director.state, "Master");
});
