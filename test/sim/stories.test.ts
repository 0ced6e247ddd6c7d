/** What must happen to a virtual router, told as stories: real engines on a virtual clock. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { micros, millis, seconds } from "../../src/net/time.ts";
import { ROUTER } from "../../src/sim/plan.ts";
import {
  A_MOMENT,
  assertMaster,
  assertState,
  endWell,
  heldBy,
  INTERVAL,
  idle,
  masterDownTime,
  running,
  runServed,
  skew,
} from "./story.ts";

const NEVER = seconds(1_000_000);
const AT_ONCE = millis(1);

describe("election", () => {
  it("makes the director with the highest priority master after one master-down time", () => {
    const cluster = idle();
    cluster.startAll();
    cluster.run(micros(masterDownTime(200) - A_MOMENT));
    assert.deepEqual(cluster.masters, []);
    cluster.run(micros(2 * A_MOMENT));
    assertMaster(cluster, "a");
    assert.deepEqual(heldBy(cluster), ["a"]);
    endWell(cluster, "a");
  });

  it("makes an owner master at once", () => {
    const cluster = idle({ priorities: { a: 255, b: 100 } });
    cluster.startAll();
    cluster.run(A_MOMENT);
    assertMaster(cluster, "a");
    endWell(cluster, "a");
  });

  it("decides between equal priorities by the address", () => {
    const cluster = idle({ priorities: { a: 100, b: 100 } });
    cluster.startAll();
    cluster.cut("a", "b");
    cluster.cut("b", "a");
    cluster.run(seconds(2));
    assert.deepEqual(cluster.masters, ["a", "b"]);
    cluster.mend("a", "b");
    cluster.mend("b", "a");
    cluster.run(micros(INTERVAL + A_MOMENT));
    assertMaster(cluster, "b");
    endWell(cluster, "b");
  });

  it("gives the place to a better director that arrives, and the addresses are always served", () => {
    const cluster = idle();
    cluster.director("b").start(AT_ONCE);
    cluster.run(seconds(2));
    assertMaster(cluster, "b");
    cluster.director("a").start(AT_ONCE);
    runServed(cluster, micros(masterDownTime(200) + 2 * A_MOMENT));
    assertMaster(cluster, "a");
    endWell(cluster, "a");
  });

  it("leaves a lower master alone without preemption", () => {
    const cluster = idle({ preempt: false });
    cluster.director("b").start(AT_ONCE);
    cluster.run(seconds(2));
    cluster.director("a").start(AT_ONCE);
    cluster.run(seconds(5));
    assertState(cluster, "a", "Backup");
    endWell(cluster, "b");
  });

  it("does not preempt before the balancer is ready", () => {
    const cluster = idle();
    cluster.director("b").start(AT_ONCE);
    cluster.run(seconds(2));
    cluster.director("a").start(seconds(3));
    cluster.run(millis(2_990));
    assertMaster(cluster, "b");
    cluster.run(seconds(1));
    endWell(cluster, "a");
  });

  it("does not wait for a balancer that never gets ready, when nobody else is there or 30 s have passed", () => {
    const alone = idle();
    alone.director("a").start(NEVER);
    alone.run(seconds(1));
    assertMaster(alone, "a");
    const cluster = idle();
    cluster.director("b").start(AT_ONCE);
    cluster.run(seconds(2));
    cluster.director("a").start(NEVER);
    cluster.run(seconds(29));
    assertMaster(cluster, "b");
    cluster.run(seconds(2));
    endWell(cluster, "a");
  });
});

describe("fail-over", () => {
  for (const interval of [millis(10), INTERVAL, seconds(1)]) {
    it(`takes one master-down time when all of the master dies, at intervals of ${interval / 1_000} ms`, () => {
      const cluster = idle({ interval });
      cluster.startAll();
      cluster.run(micros(8 * interval));
      assertMaster(cluster, "a");
      cluster.director("a").killEverything();
      cluster.run(micros(masterDownTime(100, interval) + A_MOMENT));
      assertMaster(cluster, "b");
      endWell(cluster, "b", interval);
    });
  }

  for (const downTimerAdverts of [1, 5]) {
    it(`takes as long as ${downTimerAdverts} adverts are missing, and its skew, where the file says so`, () => {
      const cluster = running({ downTimerAdverts });
      cluster.director("a").killEverything();
      const wait = masterDownTime(100, INTERVAL, downTimerAdverts);
      cluster.run(micros(wait - INTERVAL - A_MOMENT));
      assert.deepEqual(cluster.masters, []);
      cluster.run(micros(INTERVAL + 2 * A_MOMENT));
      assertMaster(cluster, "b");
      endWell(cluster, "b");
    });
  }

  it("takes one skew time when the elector dies: its last will says goodbye and keeps the addresses", () => {
    const cluster = running();
    cluster.director("a").killElector();
    runServed(cluster, micros(skew(100) - A_MOMENT));
    assert.deepEqual(heldBy(cluster), ["a"]);
    runServed(cluster, micros(2 * A_MOMENT));
    assertMaster(cluster, "b");
    assert.deepEqual(heldBy(cluster), ["b"]);
    endWell(cluster, "b");
  });

  it("makes the better of two backups master", () => {
    const cluster = running({ priorities: { a: 200, b: 150, c: 100 } });
    cluster.director("a").killElector();
    cluster.run(micros(skew(150) + A_MOMENT));
    assertMaster(cluster, "b");
    endWell(cluster, "b");
  });

  it("follows a dead link of either arm, and comes back with it", () => {
    for (const name of ["eth0", "eth1"]) {
      const cluster = running();
      cluster.director("a").setLink(name, false);
      cluster.run(micros(masterDownTime(100) + A_MOMENT));
      assertState(cluster, "a", "Fault");
      assertMaster(cluster, "b");
      assert.deepEqual(heldBy(cluster), ["b"]);
      cluster.director("a").setLink(name, true);
      endWell(cluster, "a");
    }
  });

  it("happens to a master whose adverts the kernel refuses", () => {
    const cluster = running();
    cluster.director("a").refuse("advert", true);
    cluster.run(micros(3 * INTERVAL + masterDownTime(100)));
    assertState(cluster, "a", "Fault");
    assertMaster(cluster, "b");
    cluster.director("a").refuse("advert", false);
    cluster.run(seconds(5));
    endWell(cluster, "a");
  });

  it("happens to a master that cannot hold its addresses", () => {
    const cluster = running();
    cluster.director("b").refuse("hold", true);
    cluster.director("a").killElector();
    cluster.run(millis(500));
    assertState(cluster, "b", "Fault");
    cluster.director("b").refuse("hold", false);
    cluster.run(seconds(2));
    endWell(cluster, "b");
  });
});

describe("a planned hand-over", () => {
  it("serves at every moment of a stop", () => {
    const cluster = running();
    cluster.director("a").ask("stop");
    runServed(cluster, micros(skew(100) + 2 * A_MOMENT));
    assertMaster(cluster, "b");
    runServed(cluster, millis(30));
    assert.equal(cluster.director("a").process, undefined, cluster.timeline.text);
    assert.deepEqual(heldBy(cluster), ["b"]);
    endWell(cluster, "b");
  });

  it("keeps the addresses up to its deadline when a stop finds no successor", () => {
    const cluster = running({ priorities: { a: 200 } });
    cluster.director("a").ask("stop");
    runServed(cluster, micros(5 * INTERVAL - A_MOMENT));
    cluster.run(micros(2 * A_MOMENT));
    assert.equal(cluster.director("a").process, undefined, cluster.timeline.text);
    assert.deepEqual(heldBy(cluster), []);
    assert.deepEqual(cluster.finish(), []);
  });

  it("takes no longer than the stop timeout", () => {
    const cluster = running({ priorities: { a: 200 }, stopTimeout: millis(200) });
    cluster.director("a").ask("stop");
    runServed(cluster, micros(millis(200) - A_MOMENT));
    cluster.run(micros(2 * A_MOMENT));
    assert.equal(cluster.director("a").process, undefined, cluster.timeline.text);
    assert.deepEqual(cluster.finish(), []);
  });

  it("lets go at once when the stop is asked for twice", () => {
    const cluster = running({ priorities: { a: 200 } });
    cluster.director("a").ask("stop");
    cluster.run(A_MOMENT);
    cluster.director("a").ask("stop");
    cluster.run(A_MOMENT);
    assert.equal(cluster.director("a").process, undefined, cluster.timeline.text);
    assert.deepEqual(heldBy(cluster), []);
    assert.deepEqual(cluster.finish(), []);
  });

  it("keeps a drilled director behind until its successor dies", () => {
    const cluster = running();
    cluster.director("a").ask("drill");
    runServed(cluster, micros(skew(100) + 2 * A_MOMENT));
    assertMaster(cluster, "b");
    runServed(cluster, seconds(20));
    assertMaster(cluster, "b");
    assertState(cluster, "a", "Backup");
    cluster.director("b").killEverything();
    cluster.run(micros(masterDownTime(200) + A_MOMENT));
    assertMaster(cluster, "a");
    assert.equal(cluster.isHeldBack("a", ROUTER), false);
    endWell(cluster, "a");
  });

  it("is called off when a drill finds no successor", () => {
    const cluster = running({ priorities: { a: 200 } });
    cluster.director("a").ask("drill");
    runServed(cluster, micros(5 * INTERVAL - A_MOMENT));
    assertState(cluster, "a", "Leaving");
    runServed(cluster, micros(2 * A_MOMENT));
    assertMaster(cluster, "a");
    endWell(cluster, "a");
  });

  it("is refused by an owner, and means nothing to a backup", () => {
    const cluster = running({ priorities: { a: 255, b: 100 } });
    for (const node of cluster.nodes) cluster.director(node).ask("drill");
    cluster.run(seconds(1));
    endWell(cluster, "a");
  });
});
