/** A router with an election for each family, as stories: it is master on one director, whatever one family hears. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ip } from "../../src/net/ip.ts";
import { micros, millis, seconds } from "../../src/net/time.ts";
import type { Cluster } from "../../src/sim/cluster.ts";
import { ROUTER, ROUTER_6, routersOf } from "../../src/sim/plan.ts";
import { A_MOMENT, endWell, INTERVAL, idle, masterDownTime, PLAN, running, skew } from "./story.ts";

const FAMILIES = [4, 6] as const;
const [BOTH_WAYS, ONE_WAY] = [
  [
    ["a", "b"],
    ["b", "a"],
  ],
  [["a", "b"]],
] as const;
const PER_FAMILY = { election: "per-family" } as const;
const ADDRESSES = ["192.0.2.100", "10.0.0.1", "2001:db8::100"].map(ip);
/** Longer than a hand-over. */
const LONG = seconds(3);
/** Short beside what a backup waits even after a goodbye. */
const LOOK = millis(5);

function ofBoth(cluster: Cluster): string[][] {
  return [ROUTER, ROUTER_6].map((router) => [...cluster.mastersOf(router)]);
}

function assertMaster(cluster: Cluster, node: string): void {
  assert.deepEqual(ofBoth(cluster), [[node], [node]], cluster.timeline.text);
}

/** As `assertMaster`, again and again. */
function runAsMaster(cluster: Cluster, node: string, length = LONG): void {
  for (let elapsed = 0; elapsed < length; elapsed += LOOK) {
    cluster.run(LOOK);
    assertMaster(cluster, node);
  }
}

function cutAdverts(cluster: Cluster, family: 4 | 6, ways: readonly (readonly [string, string])[]): void {
  for (const [from, to] of ways) cluster.cut(from, to, family);
}

function mend(cluster: Cluster): void {
  for (const [from, to] of BOTH_WAYS) cluster.mend(from, to);
}

describe("an election for each family", () => {
  it("is won in both at once", () => {
    const cluster = running(PER_FAMILY);
    assertMaster(cluster, "a");
    assert.deepEqual(cluster.held("a", ROUTER_6), ["2001:db8::100"]);
    endWell(cluster, "a");
  });

  for (const family of FAMILIES) {
    for (const [title, ways] of [
      ["both ways", BOTH_WAYS],
      ["one way", ONE_WAY],
    ] as const) {
      it(`splits nobody when the adverts of IPv${family} alone are lost ${title}`, () => {
        const cluster = running(PER_FAMILY);
        cutAdverts(cluster, family, ways);
        runAsMaster(cluster, "a");
        mend(cluster);
        endWell(cluster, "a");
      });
    }

    it(`moves as a whole while IPv${family} is deaf, when the master dies and when it is back`, () => {
      const cluster = running(PER_FAMILY);
      cutAdverts(cluster, family, BOTH_WAYS);
      cluster.run(seconds(1));
      cluster.director("a").killEverything();
      cluster.run(micros(masterDownTime(100) + A_MOMENT));
      assertMaster(cluster, "b");
      cluster.director("a").start(millis(1));
      cluster.run(micros(masterDownTime(200) + 6 * INTERVAL));
      assertMaster(cluster, "a");
      mend(cluster);
      endWell(cluster, "a");
    });

    it(`gives way in both when only IPv${family} hears a better master`, () => {
      const cluster = running(PER_FAMILY);
      for (const [from, to] of BOTH_WAYS) cluster.cut(from, to);
      cluster.run(LONG);
      assert.deepEqual(ofBoth(cluster), [
        ["a", "b"],
        ["a", "b"],
      ]);
      mend(cluster);
      cutAdverts(cluster, family === 4 ? 6 : 4, BOTH_WAYS);
      cluster.run(micros(INTERVAL + A_MOMENT));
      assertMaster(cluster, "a");
      mend(cluster);
      endWell(cluster, "a");
    });
  }

  it("takes one skew time when the elector dies, in both", () => {
    const cluster = running(PER_FAMILY);
    cluster.director("a").killElector();
    cluster.run(micros(skew(100) + A_MOMENT));
    assertMaster(cluster, "b");
    endWell(cluster, "b");
  });

  it("finds one master among equals, though each family ranks them by other addresses", () => {
    const cluster = idle({ ...PER_FAMILY, preempt: false, priorities: { a: 100, b: 100, c: 100 } });
    cluster.startAll();
    cluster.run(micros(5 * masterDownTime(100)));
    const [first = [], second] = ofBoth(cluster);
    assert.equal(first.length, 1, cluster.timeline.text);
    assert.deepEqual(first, second);
    cluster.cut("a", "b", 4);
    cluster.cut("b", "a", 4);
    cluster.run(LONG);
    assert.deepEqual(ofBoth(cluster), [first, first]);
  });

  it("begins and ends by reloads that take no address away, one director after the other", () => {
    const cluster = running({ election: "shared" });
    for (const election of ["per-family", "shared", "per-family"] as const) {
      for (const node of ["b", "a"]) {
        cluster.reload(node, routersOf({ ...PLAN, election }, node));
        for (let elapsed = 0; elapsed < seconds(1); elapsed += LOOK) {
          cluster.run(LOOK);
          const [first] = ofBoth(cluster);
          const held = ADDRESSES.every((address) => cluster.director("a").kernel.holds(address));
          assert.ok(held && first?.join() === "a", cluster.timeline.text);
        }
      }
    }
    assertMaster(cluster, "a");
    endWell(cluster, "a");
  });

  it("is lost and won as a whole while one director has it and the other has not", () => {
    for (const own of ["a", "b"]) {
      const cluster = running({ election: "shared" });
      cluster.reload(own, routersOf({ ...PLAN, ...PER_FAMILY }, own));
      cluster.run(seconds(1));
      cluster.director("a").killEverything();
      cluster.run(micros(masterDownTime(100) + A_MOMENT));
      assert.ok(ADDRESSES.every((address) => cluster.director("b").kernel.holds(address)));
      cluster.director("a").start(millis(1));
      cluster.run(micros(masterDownTime(200) + 6 * INTERVAL));
      const held = cluster.nodes.filter((node) =>
        ADDRESSES.some((address) => cluster.director(node).kernel.holds(address)),
      );
      assert.deepEqual(held, ["a"], cluster.timeline.text);
    }
  });
});
