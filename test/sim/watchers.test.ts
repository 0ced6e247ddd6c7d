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

/** A world that is what the test says, and all that the watchers said about it. */
function stage() {
  const states = new Map<string, State>();
  const held = new Set<string>();
  const violations: Violation[] = [];
  let hearing = true;
  let now = instant(0);
  const world: World = {
    nodes: ["a", "b"],
    settings: (node) => [
      {
        name: ROUTER,
        vrid: 51,
        interface: "eth0",
        transport: multicastTransport(4),
        interval: millis(100),
        priority: node === "a" ? 200 : 100,
        preempt: true,
        ...PLAIN_ELECTION,
        addresses: [{ address: VIP, prefixLength: 32, interface: "eth0" }],
        stopTimeout: seconds(10),
      },
    ],
    state: (node) => states.get(node),
    awake: (node) => states.has(node),
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
    hear: (whether: boolean) => {
      hearing = whether;
      see({ kind: "network" });
    },
    verdict: () => {
      for (const watcher of watchers) watcher.finish(now);
      return violations.map(({ watcher }) => watcher);
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
      see({ kind: "sent", node: "a", vrid: 51, priority: 0, during: "drill" });
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
      see({ kind: "sent", node: "a", vrid: 51, priority: 200, during });
      pass(gap);
      see({ kind: "sent", node: "a", vrid: 51, priority: 200, during });
      assert.deepEqual(judge(), verdict);
    });
  }
});
