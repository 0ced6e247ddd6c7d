/** More stories: of networks that lie, of directors that were away, and of what they find when they come back. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { micros, millis, seconds } from "../../src/net/time.ts";
import { inflict } from "../../src/sim/fault.ts";
import { type Plan, ROUTER, routersOf, TRACK } from "../../src/sim/plan.ts";
import {
  A_MOMENT,
  assertMaster,
  assertState,
  endWell,
  heldBy,
  INTERVAL,
  idle,
  masterDownTime,
  PLAN,
  running,
  runServed,
  skew,
} from "./story.ts";

const AT_ONCE = millis(1);
const NEVER = seconds(1_000_000);
/** The hand-over between two that know of each other. */
const LEAVING = millis(25);

describe("a confused network", () => {
  it("has two masters while one is not heard, and one soon after", () => {
    const cluster = running();
    cluster.cut("a", "b");
    cluster.run(seconds(3));
    assert.deepEqual(cluster.masters, ["a", "b"]);
    cluster.mend("a", "b");
    cluster.run(micros(INTERVAL + A_MOMENT));
    assertMaster(cluster, "a");
    endWell(cluster, "a");
  });

  it("has one master again when the one that is not heard gives way, and it tries again ever more rarely", () => {
    const cluster = running({ unheard: "give-way" });
    cluster.cut("a", "b");
    cluster.run(micros(masterDownTime(100) + 3 * INTERVAL));
    assert.deepEqual(cluster.masters, ["a", "b"]);
    cluster.run(micros(2 * INTERVAL + LEAVING));
    assertMaster(cluster, "b");
    assert.deepEqual(heldBy(cluster), ["b"]);
    assert.match(cluster.timeline.text, /a {2}front: Master → Leaving \(not-heard\)/);
    for (const hold of [10, 20, 40]) {
      cluster.run(seconds(hold - 1));
      assertMaster(cluster, "b");
      cluster.run(micros(seconds(1) + masterDownTime(200) + A_MOMENT));
      assert.deepEqual(cluster.masters, ["a", "b"]);
      cluster.run(micros(5 * INTERVAL + LEAVING));
      assertMaster(cluster, "b");
    }
    cluster.mend("a", "b");
    cluster.run(seconds(80));
    endWell(cluster, "a");
  });

  it("claims over the one that is not heard as soon as that one is silent, whatever it waits for", () => {
    const cluster = running({ unheard: "give-way" });
    cluster.cut("a", "b");
    cluster.run(seconds(2));
    assertMaster(cluster, "b");
    inflict(cluster, { kind: "kill-everything", node: "b", length: seconds(5), readyAfter: AT_ONCE });
    cluster.run(micros(masterDownTime(200) + A_MOMENT));
    assertMaster(cluster, "a");
  });

  it("does not take an answer that is on its way for deafness", () => {
    const cluster = running({ unheard: "give-way" });
    cluster.cut("a", "b");
    cluster.run(micros(masterDownTime(100) + 2 * INTERVAL));
    assert.deepEqual(cluster.masters, ["a", "b"]);
    cluster.mend("a", "b");
    cluster.run(micros(INTERVAL + LEAVING));
    assertMaster(cluster, "a");
    endWell(cluster, "a");
  });

  it("hears the master whom nobody else hears", () => {
    const cluster = running({ priorities: { a: 200, b: 150, c: 100 } });
    cluster.cut("a", "c");
    cluster.run(seconds(3));
    assertState(cluster, "b", "Backup");
    cluster.mend("a", "c");
    endWell(cluster, "a");
  });

  it("does not end a master when two adverts in a row are lost", () => {
    const cluster = running();
    cluster.cut("a", "b");
    cluster.run(millis(210));
    cluster.mend("a", "b");
    cluster.run(seconds(1));
    assert.doesNotMatch(cluster.timeline.text, /b {2}front: Backup → Master/);
    endWell(cluster, "a");
  });
});

describe("a director that was away", () => {
  it("is missed by nobody after a stall of two intervals", () => {
    const cluster = running();
    inflict(cluster, { kind: "stall", node: "a", length: micros(2 * INTERVAL) });
    runServed(cluster, seconds(2));
    assert.doesNotMatch(cluster.timeline.text, /b {2}front: Backup → Master/);
    endWell(cluster, "a");
  });

  it("asks first who is there after a stall of five intervals, and gives way", () => {
    const cluster = running({ preempt: false });
    inflict(cluster, { kind: "stall", node: "a", length: micros(5 * INTERVAL) });
    runServed(cluster, micros(5 * INTERVAL));
    runServed(cluster, micros(INTERVAL + A_MOMENT));
    assertMaster(cluster, "b");
    endWell(cluster, "b");
  });

  it("waits its time after it gave way, also when it may preempt", () => {
    const cluster = running();
    inflict(cluster, { kind: "stall", node: "a", length: micros(12 * INTERVAL) });
    runServed(cluster, micros(12 * INTERVAL + A_MOMENT));
    assertMaster(cluster, "b");
    runServed(cluster, micros(masterDownTime(200) - 2 * A_MOMENT));
    assertMaster(cluster, "b");
    endWell(cluster, "a");
  });

  it("waits its time after it gave way, however old what waits in its queue is", () => {
    const cluster = running({ preempt: false });
    inflict(cluster, { kind: "stall", node: "a", length: micros(25 * INTERVAL) });
    cluster.run(micros(8 * INTERVAL));
    assertState(cluster, "b", "Master");
    cluster.cut("b", "a");
    cluster.run(micros(17 * INTERVAL + A_MOMENT));
    assertState(cluster, "a", "Backup");
    cluster.run(micros(masterDownTime(200) - 3 * A_MOMENT));
    assertState(cluster, "a", "Backup");
    cluster.mend("b", "a");
    cluster.run(seconds(1));
    endWell(cluster, "a");
  });

  it("is quiet after a stall, whatever waits in its queue", () => {
    const cluster = running();
    for (const [from, to] of [
      ["a", "b"],
      ["b", "a"],
    ] as const)
      cluster.cut(from, to);
    cluster.run(seconds(1));
    assert.deepEqual(cluster.masters, ["a", "b"]);
    inflict(cluster, { kind: "stall", node: "b", length: micros(25 * INTERVAL) });
    for (const [from, to] of [
      ["a", "b"],
      ["b", "a"],
    ] as const)
      cluster.mend(from, to);
    inflict(cluster, { kind: "stop", node: "a", length: micros(6 * INTERVAL), readyAfter: AT_ONCE });
    cluster.run(micros(25 * INTERVAL + A_MOMENT));
    assertMaster(cluster, "a");
    endWell(cluster, "a");
  });

  it("says goodbye when it gives way, which is nobody's concern but its successor's", () => {
    const cluster = running({ preempt: false, priorities: { a: 200, b: 150, c: 100 } });
    inflict(cluster, { kind: "stall", node: "a", length: micros(6 * INTERVAL) });
    cluster.run(micros(6 * INTERVAL - A_MOMENT));
    assertState(cluster, "b", "Master");
    inflict(cluster, { kind: "cut", from: "b", to: "c", length: micros(INTERVAL) });
    cluster.run(micros(2 * INTERVAL));
    assert.doesNotMatch(cluster.timeline.text, /c {2}front: Backup → Master/);
    endWell(cluster, "b");
  });

  it("goes on after a stall in which nobody took over", () => {
    const cluster = running({ priorities: { a: 200 } });
    inflict(cluster, { kind: "stall", node: "a", length: micros(5 * INTERVAL) });
    runServed(cluster, seconds(1));
    endWell(cluster, "a");
  });

  it("does not know of a pause, and one advert decides; the winner announces again", () => {
    const cluster = running();
    cluster.run(seconds(10));
    inflict(cluster, { kind: "pause", node: "a", length: seconds(3) });
    cluster.run(seconds(3));
    assert.deepEqual(cluster.masters, ["a", "b"]);
    cluster.run(micros(INTERVAL + A_MOMENT));
    assertMaster(cluster, "a");
    endWell(cluster, "a");
  });

  it("gives way after a pause to a better one, who announces again", () => {
    const cluster = idle({ preempt: false, priorities: { a: 100, b: 200 } });
    cluster.director("a").start(AT_ONCE);
    cluster.run(seconds(1));
    cluster.director("b").start(AT_ONCE);
    cluster.run(seconds(10));
    assertMaster(cluster, "a");
    inflict(cluster, { kind: "pause", node: "a", length: seconds(3) });
    cluster.run(seconds(3));
    cluster.run(micros(INTERVAL + A_MOMENT));
    assertMaster(cluster, "b");
    endWell(cluster, "b");
  });
});

describe("all directors at once", () => {
  it("stand still, and one serves again within a master-down time and two intervals", () => {
    const cluster = running();
    inflict(cluster, {
      kind: "stalls",
      nodes: ["a", "b"],
      length: micros(20 * INTERVAL),
      every: micros(20 * INTERVAL),
      count: 1,
    });
    runServed(cluster, micros(20 * INTERVAL + masterDownTime(100) + 2 * INTERVAL));
    assert.equal(cluster.masters.length, 1, cluster.timeline.text);
    endWell(cluster, "a");
  });

  it("stand still, and none takes over: the master goes on", () => {
    const cluster = running({ priorities: { a: 200, b: 199, c: 1 } });
    const length = micros(20 * INTERVAL);
    inflict(cluster, { kind: "stalls", nodes: cluster.nodes, length, every: length, count: 1 });
    runServed(cluster, seconds(4));
    assert.doesNotMatch(cluster.timeline.text, /[bc] {2}front: Backup → Master/);
    endWell(cluster, "a");
  });

  it("stand still, and one does not wake again: the best of the others takes over", () => {
    const cluster = running({ priorities: { a: 200, b: 199, c: 1 } });
    const length = micros(20 * INTERVAL);
    inflict(cluster, { kind: "kill-everything", node: "a", length: NEVER, readyAfter: AT_ONCE });
    inflict(cluster, { kind: "stalls", nodes: ["b", "c"], length, every: length, count: 1 });
    cluster.run(micros(length + 2 * INTERVAL + millis(2) + skew(199) + A_MOMENT));
    assertMaster(cluster, "b");
    endWell(cluster, "b");
  });

  it("stand still again and again, and end well", () => {
    const cluster = running({ priorities: { a: 200, b: 150, c: 100, d: 50, e: 10 } });
    inflict(cluster, {
      kind: "stalls",
      nodes: cluster.nodes,
      length: micros(4 * INTERVAL),
      every: micros(5 * INTERVAL),
      count: 6,
    });
    cluster.run(seconds(4));
    endWell(cluster, "a");
  });

  it("are masters on both sides of a partition, and one is when it has healed", () => {
    const cluster = running({ priorities: { a: 200, b: 150, c: 100, d: 50 } });
    inflict(cluster, { kind: "partition", island: ["c", "d"], length: seconds(3) });
    cluster.run(seconds(2));
    assert.deepEqual(cluster.masters, ["a", "c"]);
    cluster.run(micros(seconds(1) + INTERVAL + A_MOMENT));
    assertMaster(cluster, "a");
    endWell(cluster, "a");
  });
});

describe("an address that somebody else holds", () => {
  it("is announced again by the master, and is its own when the other is gone", () => {
    const cluster = running();
    const [vip] = cluster.settings("a")[0]?.addresses ?? [];
    assert.ok(vip !== undefined);
    cluster.run(seconds(10));
    inflict(cluster, { kind: "conflict", address: vip.address, network: "eth0", length: seconds(5) });
    cluster.run(seconds(6));
    assertMaster(cluster, "a");
    endWell(cluster, "a");
  });
});

describe("something that is tracked", () => {
  it("makes a lesser director master with its weight, for as long as it is down", () => {
    const cluster = running({ track: -150 });
    inflict(cluster, { kind: "track-down", node: "a", track: TRACK, length: seconds(3) });
    runServed(cluster, seconds(1));
    assertMaster(cluster, "b");
    runServed(cluster, seconds(4));
    endWell(cluster, "a");
  });

  it("makes a director lesser that loses the weight it has while it is up", () => {
    const cluster = running({ track: 120 });
    inflict(cluster, { kind: "track-down", node: "a", track: TRACK, length: seconds(3) });
    runServed(cluster, seconds(1));
    assertMaster(cluster, "b");
    runServed(cluster, seconds(4));
    endWell(cluster, "a");
  });
});

describe("another file", () => {
  const change = (plan: Partial<Plan>) => {
    const cluster = running();
    const file = { ...PLAN, ...plan };
    const files = new Map(cluster.nodes.map((node) => [node, routersOf(file, node)]));
    const before = new Map(cluster.nodes.map((node) => [node, cluster.director(node).part.first]));
    inflict(cluster, { kind: "reload", change: "a change", files, before, length: seconds(5) });
    cluster.run(seconds(2));
    return cluster;
  };

  it("brings another master with other priorities, and the first one back with the first file", () => {
    const cluster = change({ priorities: { a: 100, b: 200 } });
    assertMaster(cluster, "b");
    cluster.run(seconds(4));
    endWell(cluster, "a");
  });

  it("brings an address, and takes it away again", () => {
    const cluster = change({ extraAddress: true });
    assert.equal(cluster.held("a", ROUTER).length, 3);
    cluster.run(seconds(4));
    assert.equal(cluster.held("a", ROUTER).length, 2);
    endWell(cluster, "a");
  });

  it("with a longer interval is no reason for anybody else to claim", () => {
    const cluster = change({ interval: micros(3 * INTERVAL) });
    cluster.run(seconds(4));
    assert.doesNotMatch(cluster.timeline.text, /b {2}front: Backup → Master/);
    endWell(cluster, "a", micros(3 * INTERVAL));
  });
});

describe("leftover addresses", () => {
  it("are kept without a break when an elector is killed and started again alone", () => {
    const cluster = running({ priorities: { a: 200 } });
    cluster.director("a").killElector();
    runServed(cluster, seconds(5));
    cluster.director("a").start(AT_ONCE);
    runServed(cluster, A_MOMENT);
    assertState(cluster, "a", "Leaving");
    runServed(cluster, micros(masterDownTime(200)));
    assertMaster(cluster, "a");
    assert.doesNotMatch(cluster.timeline.text, /loses/);
    endWell(cluster, "a");
  });

  it("are let go when the other director turns out to be master", () => {
    const cluster = running({ preempt: false });
    cluster.director("a").killEverything();
    cluster.run(seconds(2));
    assert.deepEqual(heldBy(cluster), ["a", "b"]);
    cluster.director("a").start(AT_ONCE);
    runServed(cluster, micros(INTERVAL + millis(25)));
    assertState(cluster, "a", "Backup");
    assert.deepEqual(heldBy(cluster), ["b"]);
    endWell(cluster, "b");
  });

  it("disappear by themselves a minute after everything was killed", () => {
    const cluster = running();
    cluster.director("a").killEverything();
    cluster.run(seconds(38));
    assert.deepEqual(heldBy(cluster), ["a", "b"]);
    cluster.run(seconds(23));
    assert.deepEqual(heldBy(cluster), ["b"]);
    endWell(cluster, "b");
  });

  it("of a stranger keep a director away until they are gone", () => {
    const cluster = idle();
    const [vip] = cluster.settings("a")[0]?.addresses ?? [];
    assert.ok(vip !== undefined);
    cluster.director("a").addByHand(vip.interface, vip.address);
    cluster.startAll();
    cluster.run(seconds(1));
    assertState(cluster, "a", "Fault");
    assertMaster(cluster, "b");
    cluster.director("a").steal(vip.address);
    cluster.run(seconds(1));
    endWell(cluster, "a");
  });

  it("are put back twice when somebody takes them away, and left to the other director the third time", () => {
    const cluster = running();
    const [vip] = cluster.settings("a")[0]?.addresses ?? [];
    assert.ok(vip !== undefined);
    for (const expected of ["Master", "Master", "Fault"]) {
      cluster.director("a").steal(vip.address);
      cluster.run(A_MOMENT);
      assertState(cluster, "a", expected);
    }
    cluster.run(micros(skew(100) + A_MOMENT));
    assertMaster(cluster, "b");
    cluster.run(seconds(5));
    endWell(cluster, "a");
  });

  it("do not expire under a living master", () => {
    const cluster = running({ priorities: { a: 200 } });
    runServed(cluster, seconds(130));
    assert.doesNotMatch(cluster.timeline.text, /loses/);
    endWell(cluster, "a");
  });
});
