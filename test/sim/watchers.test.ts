/** The watchers' numbers: what is just allowed, and what is not. Whether they see anything at all, the mutants show. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ip } from "../../src/net/ip.ts";
import { instant, millis, seconds } from "../../src/net/time.ts";
import type { Observation, Violation, World } from "../../src/sim/observation.ts";
import { allWatchers } from "../../src/sim/watchers.ts";
import { multicastTransport, PLAIN_ELECTION } from "../../src/vrrp/settings.ts";
import type { State } from "../../src/vrrp/state.ts";

const VIP = ip("192.0.2.100");
const ROUTER = "front";

interface Scene {
  readonly preempt?: boolean;
  /** Two routers that stay together. */
  readonly grouped?: boolean;
}

/** A world that is what the test says, and all that the watchers said about it. */
function stage({ preempt = true, grouped = false }: Scene = {}) {
  const states = new Map<string, State>();
  const held = new Set<string>();
  const asleep = new Set<string>();
  const routers = grouped ? [ROUTER, "other"] : [ROUTER];
  const violations: Violation[] = [];
  let hearing = true;
  let now = instant(0);
  const world: World = {
    nodes: ["a", "b"],
    settings: (node) =>
      routers.map((name) => ({
        name,
        vrid: 51,
        interface: "eth0",
        transport: multicastTransport(4),
        interval: millis(100),
        priority: node === "a" ? 200 : 100,
        preempt,
        ...PLAIN_ELECTION,
        ...(grouped ? { syncGroup: "all" } : {}),
        addresses: [{ address: VIP, prefixLength: 32, interface: "eth0" }],
        stopTimeout: seconds(10),
      })),
    priority: (node) => (node === "a" ? 200 : 100),
    intervals: () => ({ shortest: millis(100), longest: millis(100) }),
    missingAdverts: () => ({ fewest: 3, most: 3 }),
    roundTrip: () => millis(2),
    state: (node, router) => states.get(router === ROUTER ? node : `${node} ${router}`),
    awake: (node) => states.has(node) && !asleep.has(node),
    healthy: () => hearing,
    held: (node) => (held.has(node) ? [VIP] : []),
    willed: (node) => (held.has(node) ? [VIP] : undefined),
    refuses: () => false,
    isHeldBack: () => false,
    misled: () => [],
  };
  const watchers = allWatchers(world, (at, watcher, text) => violations.push({ at, watcher, text }));
  const see = (...seen: Observation[]) => {
    for (const one of seen) for (const watcher of watchers) watcher.see(now, one);
  };
  return {
    see,
    pass: (ms: number) => {
      now = instant(now + millis(ms));
    },
    become: (node: string, to: State, cause = "master-silent") => {
      const from = states.get(node) ?? "Initialize";
      states.set(node, to);
      if (to === "Master") held.add(node);
      if (to === "Backup") held.delete(node);
      see({ kind: "transition", node, router: ROUTER, from, to, cause }, { kind: "handled", node });
    },
    stall: (...nodes: string[]) => {
      for (const node of nodes) {
        asleep.add(node);
        see({ kind: "asleep", node, why: "stall" });
      }
    },
    awaken: (...nodes: string[]) => {
      for (const node of nodes) {
        asleep.delete(node);
        see({ kind: "awake", node });
      }
    },
    hear: (whether: boolean) => {
      hearing = whether;
      see({ kind: "network" });
    },
    /** Of one of them, where the scene is none that ends well. */
    verdict: (of?: string) => {
      for (const watcher of watchers) watcher.finish(now);
      const names = violations.map(({ watcher }) => watcher);
      return of === undefined ? names : names.filter((name) => name === of);
    },
  };
}

describe("one-master", () => {
  for (const [overlap, verdict] of [
    [19, []],
    [21, ["one-master"]],
  ] as const) {
    it(`${verdict.length === 0 ? "allows" : "refuses"} ${overlap} ms of two masters after a claim`, () => {
      const { become, hear, pass, verdict: judge } = stage();
      hear(true);
      become("a", "Master");
      become("b", "Backup");
      pass(1_000);
      become("b", "Master");
      pass(overlap);
      become("b", "Leaving", "better-master");
      become("b", "Backup", "hand-over-done");
      assert.deepEqual(judge(), verdict);
    });
  }

  for (const [overlap, verdict] of [
    [101, []],
    [110, ["one-master"]],
  ] as const) {
    it(`${verdict.length === 0 ? "allows" : "refuses"} ${overlap} ms after a cut has healed`, () => {
      const { become, hear, pass, verdict: judge } = stage();
      hear(false);
      become("a", "Master");
      become("b", "Master");
      pass(5_000);
      hear(true);
      pass(overlap);
      become("b", "Leaving", "better-master");
      become("b", "Backup", "hand-over-done");
      assert.deepEqual(judge(), verdict);
    });
  }
});

describe("leaving-ends", () => {
  for (const [length, verdict] of [
    [520, []],
    [523, ["leaving-ends"]],
  ] as const) {
    it(`${verdict.length === 0 ? "allows" : "refuses"} a drill of ${length} ms at intervals of 100 ms`, () => {
      const { become, pass, see, verdict: judge } = stage();
      become("a", "Master");
      see({ kind: "sent", node: "a", router: ROUTER, priority: 0, during: "drill" });
      become("a", "Leaving", "drill");
      pass(length);
      become("a", "Master", "not-taken");
      assert.deepEqual(judge(), verdict);
    });
  }
});

describe("advert-spacing", () => {
  for (const [during, gap, verdict] of [
    ["tick", 51, []],
    ["tick", 49, ["advert-spacing"]],
    ["packet", 100, []],
    ["packet", 99, ["advert-spacing"]],
  ] as const) {
    it(`${verdict.length === 0 ? "allows" : "refuses"} two adverts ${gap} ms apart (${during})`, () => {
      const { become, pass, see, verdict: judge } = stage();
      become("a", "Master");
      see({ kind: "sent", node: "a", router: ROUTER, priority: 200, during });
      pass(gap);
      see({ kind: "sent", node: "a", router: ROUTER, priority: 200, during });
      assert.deepEqual(judge(), verdict);
    });
  }
});

describe("address-overlap", () => {
  for (const [overlap, verdict] of [
    [21, []],
    [23, ["address-overlap"]],
  ] as const) {
    it(`${verdict.length === 0 ? "allows" : "refuses"} ${overlap} ms of a planned hand-over, 2 ms of them on the wire`, () => {
      const { become, hear, pass, see, verdict: judge } = stage();
      hear(true);
      become("a", "Master");
      become("b", "Backup");
      pass(1_000);
      see({ kind: "sent", node: "a", router: ROUTER, priority: 0, during: "drill" });
      become("a", "Leaving", "drill");
      become("b", "Master", "master-left");
      pass(overlap);
      become("a", "Backup", "hand-over-done");
      assert.deepEqual(judge("address-overlap"), verdict);
    });
  }
});

describe("adverts-keep-coming", () => {
  for (const [silence, verdict] of [
    [101, []],
    [102, ["adverts-keep-coming"]],
  ] as const) {
    it(`${verdict.length === 0 ? "allows" : "refuses"} ${silence} ms of silence over a reload, at intervals of 100 ms`, () => {
      const { become, pass, see, verdict: judge } = stage();
      become("a", "Master");
      see({ kind: "sent", node: "a", router: ROUTER, priority: 200, during: "tick" });
      pass(50);
      see({ kind: "reloaded", node: "a" }, { kind: "handled", node: "a" });
      pass(silence - 50);
      see({ kind: "handled", node: "a" });
      assert.deepEqual(judge("adverts-keep-coming"), verdict);
    });
  }
});

describe("pure-priority", () => {
  for (const [priority, verdict] of [
    [200, []],
    [0, []],
    [199, ["pure-priority"]],
  ] as const) {
    it(`${verdict.length === 0 ? "allows" : "refuses"} an advert of priority ${priority} from one who has 200`, () => {
      const { become, see, verdict: judge } = stage();
      become("a", "Master");
      see({ kind: "sent", node: "a", router: ROUTER, priority, during: "tick" });
      assert.deepEqual(judge("pure-priority"), verdict);
    });
  }
});

describe("never-preempts", () => {
  for (const [preempt, heardFor, verdict] of [
    [false, 401, []],
    [false, 402, ["never-preempts"]],
    [true, 402, []],
  ] as const) {
    const may = verdict.length === 0 ? "allows" : "refuses";
    it(`${may} a claim beside a master heard for ${heardFor} ms, with preempt = ${preempt}`, () => {
      const { become, hear, pass, verdict: judge } = stage({ preempt });
      hear(true);
      become("b", "Master");
      pass(heardFor);
      become("a", "Master", "preempts");
      assert.deepEqual(judge("never-preempts"), verdict);
    });
  }
});

describe("never-split", () => {
  for (const [length, verdict] of [
    [521, []],
    [522, ["never-split"]],
  ] as const) {
    it(`${verdict.length === 0 ? "allows" : "refuses"} ${length} ms of half a sync group`, () => {
      const { become, pass, see, verdict: judge } = stage({ grouped: true });
      become("a", "Master");
      pass(length);
      see({ kind: "handled", node: "a" });
      become("a", "Backup", "hand-over-done");
      assert.deepEqual(judge("never-split"), verdict);
    });
  }
});

describe("served-again", () => {
  for (const [silence, verdict] of [
    [562, []],
    [563, ["served-again"]],
  ] as const) {
    it(`${verdict.length === 0 ? "allows" : "refuses"} ${silence} ms of silence after both had stood still`, () => {
      const { become, hear, stall, awaken, pass, see, verdict: judge } = stage();
      hear(true);
      become("a", "Master");
      become("b", "Backup");
      stall("a", "b");
      pass(5_000);
      awaken("a", "b");
      pass(silence);
      see({ kind: "handled", node: "b" });
      assert.deepEqual(judge("served-again"), verdict);
    });
  }
});
