/** What an operator asks of a director: to stay behind for as long as he wants, or to hand over once. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import { millis, seconds } from "../../src/net/time.ts";
import { Director, HIGHER_ADDRESS, inShort, LOWER_ADDRESS, routerSettings } from "../support/director.ts";

const OWNER = routerSettings({ priority: 255 });

function standby(director: Director, on: boolean): ElectorAction[] {
  return director.input({ kind: "standby", on });
}

function snapshotOf(director: Director) {
  const {
    state,
    priority,
    basePriority,
    standby: kept,
    heldBack,
  } = director.engine.snapshot(director.now)[0] ?? {};
  return { state, priority, basePriority, standby: kept, heldBack };
}

describe("on standby", () => {
  test("a backup follows whoever is there, and never preempts", () => {
    const director = Director.with(routerSettings());
    standby(director, true);
    for (let heard = 0; heard < 100; heard++) {
      director.hear(heard % 2 === 0 ? 1 : 2, LOWER_ADDRESS);
      assert.deepEqual(inShort(director.wait(millis(100))), []);
    }
    assert.deepEqual(snapshotOf(director), {
      state: "Backup",
      priority: 1,
      basePriority: 100,
      standby: true,
      heldBack: false,
    });
  });

  test("a backup claims when nobody else is there, as the last, and goes on standing by", () => {
    const director = Director.with(routerSettings());
    standby(director, true);
    director.hear(150);
    assert.deepEqual(inShort(director.wait(millis(398))), []);
    assert.deepEqual(inShort(director.wait(millis(2))), [
      "Master (master-silent)",
      "advert 1",
      "hold",
      "announce",
    ]);
    assert.equal(snapshotOf(director).standby, true);
    assert.deepEqual(inShort(director.hear(2, LOWER_ADDRESS)), ["Leaving (better-master)", "advert 1"]);
  });

  test("a master goes on until somebody else serves", () => {
    const director = Director.master();
    standby(director, true);
    assert.deepEqual(inShort(director.input({ kind: "drill" })), ["Leaving (drill)", "advert 0"]);
    assert.deepEqual(inShort(director.wait(millis(510))), [
      "Master (not-taken)",
      "advert 1",
      "hold",
      "announce",
    ]);
  });

  test("a director that starts so is behind from its first advert on", () => {
    const director = new Director();
    standby(director, true);
    director.input({ kind: "ready" });
    director.configure(routerSettings());
    assert.deepEqual(inShort(director.wait(millis(400)))[1], "advert 1");
  });

  test("an owner is never behind anybody", () => {
    const director = Director.master(OWNER);
    assert.deepEqual(inShort(standby(director, true)), []);
    assert.deepEqual(snapshotOf(director), {
      state: "Master",
      priority: 255,
      basePriority: 255,
      standby: false,
      heldBack: false,
    });
  });

  test("is told once, however often it is said, with what it does to the priority", () => {
    const director = Director.with(routerSettings());
    const events = [true, true, false, false]
      .flatMap((on) => standby(director, on))
      .flatMap((action) => {
        return action.kind === "event" ? [action.event] : [];
      });
    assert.deepEqual(events, [
      { kind: "standby", on: true },
      { kind: "priority", router: "front", from: 100, to: 1, detail: "standby" },
      { kind: "standby", on: false },
      { kind: "priority", router: "front", from: 1, to: 100, detail: "" },
    ]);
  });

  test("a reload changes nothing about it", () => {
    const director = Director.with(routerSettings());
    standby(director, true);
    director.configure(routerSettings({ priority: 200 }));
    assert.deepEqual([snapshotOf(director).priority, snapshotOf(director).basePriority], [1, 200]);
  });
});

describe("released", () => {
  test("a backup takes the place of a lower master", () => {
    const director = Director.with(routerSettings());
    standby(director, true);
    director.hear(50);
    standby(director, false);
    const actions: string[] = [];
    for (let heard = 0; heard < 5; heard++)
      actions.push(...inShort(director.hear(50)), ...inShort(director.wait(millis(100))));
    assert.deepEqual(actions.slice(0, 1), ["Master (preempts)"]);
  });

  test("a backup without preemption does not", () => {
    const director = Director.with(routerSettings({ preempt: false }));
    standby(director, true);
    director.hear(50);
    standby(director, false);
    for (let heard = 0; heard < 50; heard++) {
      director.hear(50);
      assert.deepEqual(inShort(director.wait(millis(100))), []);
    }
  });

  test("a director is free of a drill's hold, too", () => {
    const director = Director.master();
    director.input({ kind: "drill" });
    director.hear(50, HIGHER_ADDRESS);
    director.wait(millis(50));
    assert.equal(snapshotOf(director).heldBack, true);
    assert.deepEqual(standby(director, false), []);
    assert.equal(snapshotOf(director).heldBack, false);
  });
});

describe("a step-down", () => {
  const STAYS = routerSettings({ preempt: false });

  test("hands over, and the priorities decide afterwards", () => {
    const director = Director.master(STAYS);
    assert.deepEqual(inShort(director.input({ kind: "step-down" })), ["Leaving (step-down)", "advert 0"]);
    const taken = [...director.hear(50), ...director.hearAnnouncement()];
    assert.deepEqual(inShort(taken), ["release", "Backup (hand-over-done)"]);
    assert.equal(snapshotOf(director).heldBack, false);
    assert.deepEqual(inShort(director.wait(millis(450))).slice(0, 1), ["Master (master-silent)"]);
  });

  test("is called off when nobody claims, the addresses never away", () => {
    const director = Director.master(STAYS);
    director.input({ kind: "step-down" });
    const actions = inShort(director.wait(seconds(1)));
    assert.equal(actions[0], "Master (not-taken)");
    assert.ok(!actions.includes("release"));
  });

  for (const [title, settings] of [
    ["an owner", OWNER],
    ["who would take its place back at once", routerSettings()],
  ] as const) {
    test(`is nothing for ${title}`, () => {
      const director = Director.master(settings);
      assert.deepEqual(inShort(director.input({ kind: "step-down" })), []);
      assert.equal(director.state, "Master");
    });
  }
});
