/** A router that only observes: it decides like any other, and sends and touches nothing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import type { ElectorEvent } from "../../src/elector/event.ts";
import type { ElectorInput } from "../../src/elector/input.ts";
import { ip } from "../../src/net/ip.ts";
import { macFromBytes } from "../../src/net/mac.ts";
import { millis, seconds } from "../../src/net/time.ts";
import {
  Director,
  HIGHER_ADDRESS,
  inShort,
  LEFTOVER_JOURNAL,
  routerSettings,
  VIP,
} from "../support/director.ts";

const OBSERVING = routerSettings({ mode: "observe" });
const ACTIVE = routerSettings();
const STRANGER = macFromBytes(Uint8Array.of(2, 0, 0, 0, 0, 9));

/** Whatever is no event would be sent or done. */
function deeds(actions: readonly ElectorAction[]): string[] {
  return actions.filter(({ kind }) => kind !== "event").map(({ kind }) => kind);
}

/** What it says that it would do. */
function words(actions: readonly ElectorAction[]): string[] {
  return events(actions).flatMap((event) =>
    event.kind === "would-change" ? [`${event.from} → ${event.to} (${event.cause})`] : [],
  );
}

function events(actions: readonly ElectorAction[]): ElectorEvent[] {
  return actions.flatMap((action) => (action.kind === "event" ? [action.event] : []));
}

function snapshotOf(director: Director) {
  return director.engine.snapshot(director.now)[0];
}

describe("a router that observes", () => {
  test("says what it would do, with the cause, and does nothing", () => {
    const director = Director.with(OBSERVING);
    const actions = [...director.hear(150), ...director.wait(seconds(1)), ...director.hear(150)];
    assert.deepEqual(deeds(actions), []);
    assert.deepEqual(words(actions), [
      "Backup → Master (master-silent)",
      "Master → Leaving (better-master)",
      "Leaving → Backup (hand-over-done)",
    ]);
    assert.equal(director.state, "Backup");
  });

  test("would preempt a lower master, and stays with that opinion however long it is ignored", () => {
    const director = Director.with(OBSERVING);
    const actions: ElectorAction[] = [];
    for (let heard = 0; heard < 700; heard++)
      actions.push(...director.hear(50), ...director.wait(millis(100)));
    assert.deepEqual(deeds(actions), []);
    assert.deepEqual(words(actions), ["Backup → Master (preempts)"]);
    const { state, mode, held, advertsReceived } = snapshotOf(director) ?? {};
    assert.deepEqual(
      { state, mode, held, advertsReceived },
      { state: "Master", mode: "observe", held: [], advertsReceived: 700 },
    );
  });

  test("as an owner would be master at once, and sends nothing either", () => {
    const director = new Director();
    const actions = [...director.configure({ ...OBSERVING, priority: 255 }), ...director.wait(seconds(70))];
    assert.deepEqual(deeds(actions), []);
    assert.deepEqual(words(actions), ["Initialize → Master (owner)"]);
  });

  for (const [title, ...inputs] of [
    ["a drill", { kind: "drill" }],
    [
      "the address that somebody else has here",
      { kind: "address", interface: "eth0", address: VIP, present: true },
    ],
    [
      "the address that comes and goes",
      { kind: "address", interface: "eth0", address: VIP, present: true },
      { kind: "address", interface: "eth0", address: VIP, present: false },
    ],
    [
      "the true master's announcement",
      { kind: "announcement", interface: "eth0", address: VIP, mac: STRANGER },
    ],
    ["a link that fails", { kind: "link", interface: "eth0", up: false }],
  ] as const satisfies readonly (readonly [string, ...ElectorInput[]])[]) {
    test(`does and contends nothing after ${title}`, () => {
      const director = Director.master(OBSERVING);
      const actions = inputs.flatMap((input) => director.input(input));
      const told: string[] = events(actions).map(({ kind }) => kind);
      assert.deepEqual(deeds([...actions, ...director.wait(seconds(70))]), []);
      for (const kind of ["address-lost", "foreign-announcement", "drill-refused"])
        assert.ok(!told.includes(kind), told.join());
    });
  }

  test("leaves the addresses of an earlier run to their end", () => {
    const director = new Director();
    director.input({ kind: "address", interface: "eth0", address: VIP, present: true });
    const configured = { kind: "configure", routers: [OBSERVING], journal: LEFTOVER_JOURNAL } as const;
    assert.deepEqual(deeds([...director.input(configured), ...director.wait(seconds(2))]), []);
  });

  test("does not keep a stop waiting", () => {
    const director = Director.master(OBSERVING);
    assert.deepEqual(deeds(director.input({ kind: "stop" })), ["stopped"]);
  });

  test("does not keep another router from letting an address go", () => {
    const other = ip("192.0.2.101");
    const both = [
      { address: VIP, prefixLength: 32, interface: "eth0" },
      { address: other, prefixLength: 32, interface: "eth0" },
    ];
    const front = routerSettings({ addresses: both });
    const back = { ...OBSERVING, name: "back", vrid: 52, addresses: both.slice(1) };
    const director = Director.with(front, back);
    director.wait(seconds(1));
    assert.equal(director.state, "Master,Master");
    const actions = director.configure({ ...front, addresses: both.slice(0, 1) }, back);
    assert.deepEqual(inShort(actions), ["release"]);
  });
});

describe("a reload", () => {
  test("to observing hands over: the address stays until the successor has it, and no will is left", () => {
    const director = Director.master(ACTIVE);
    const first = director.configure(OBSERVING);
    assert.deepEqual(inShort(first), ["Leaving (removed)", "advert 0"]);
    assert.equal(director.state, "Leaving,Backup");
    director.wait(millis(30));
    const taken = [
      ...director.hear(90, HIGHER_ADDRESS),
      ...director.hearAnnouncement(),
      ...director.wait(millis(30)),
    ];
    assert.deepEqual(inShort(taken), ["release", "Initialize (hand-over-done)"]);
    const wills = taken.flatMap((action) => (action.kind === "will" ? [action.will] : []));
    assert.deepEqual(wills, [undefined]);
    assert.deepEqual([director.state, snapshotOf(director)?.mode], ["Backup", "observe"]);
    assert.deepEqual(deeds(director.wait(seconds(5))), []);
  });

  test("to active begins anew: it listens before it claims", () => {
    const director = Director.master(OBSERVING);
    assert.equal(director.state, "Master");
    const actions = director.configure(ACTIVE);
    assert.deepEqual(inShort(actions), ["Backup (startup)"]);
    assert.deepEqual(words(actions), ["Master → Initialize (removed)"]);
    assert.deepEqual(deeds(director.wait(millis(300))), []);
    assert.deepEqual(inShort(director.wait(millis(100))).slice(0, 3), [
      "Master (master-silent)",
      "advert 100",
      "hold",
    ]);
  });

  test("with other settings is adopted in place", () => {
    const director = Director.master(OBSERVING);
    const actions = director.configure({ ...OBSERVING, interval: millis(50), priority: 90 });
    assert.deepEqual(deeds(actions), []);
    assert.equal(director.state, "Master");
  });
});
