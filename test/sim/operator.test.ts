/** What an operator does on purpose, told as stories: standby, stepping down, and another interval. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ElectorInput } from "../../src/elector/input.ts";
import { micros, millis, seconds } from "../../src/net/time.ts";
import type { Cluster } from "../../src/sim/cluster.ts";
import type { RouterSettings } from "../../src/vrrp/settings.ts";
import {
  A_MOMENT,
  assertMaster,
  endWell,
  heldBy,
  INTERVAL,
  idle,
  masterDownTime,
  running,
  runServed,
} from "./story.ts";

const AT_ONCE = millis(1);

function tell(cluster: Cluster, node: string, input: ElectorInput): void {
  cluster.director(node).process?.enqueue(input);
}

function standby(cluster: Cluster, node: string, on: boolean): void {
  tell(cluster, node, { kind: "standby", on });
}

describe("a director on standby", () => {
  it("gives way without a gap, stays behind while somebody serves, and comes back when released", () => {
    const cluster = running();
    standby(cluster, "a", true);
    runServed(cluster, millis(500));
    assertMaster(cluster, "b");
    cluster.run(seconds(60));
    assertMaster(cluster, "b");
    standby(cluster, "a", false);
    runServed(cluster, micros(masterDownTime(200) + 2 * A_MOMENT));
    endWell(cluster, "a");
  });

  it("serves when nobody else is there, and gives way to the first who comes, whatever its priority", () => {
    const cluster = running();
    standby(cluster, "a", true);
    tell(cluster, "a", { kind: "drill" });
    runServed(cluster, seconds(1));
    cluster.director("b").killEverything();
    cluster.run(micros(masterDownTime(1) + A_MOMENT));
    assertMaster(cluster, "a");
    cluster.run(seconds(70));
    cluster.director("b").start(AT_ONCE);
    runServed(cluster, seconds(2));
    assertMaster(cluster, "b");
    standby(cluster, "a", false);
    endWell(cluster, "a");
  });

  it("is the last of three to claim", () => {
    const cluster = running({ priorities: { a: 200, b: 150, c: 100 } });
    standby(cluster, "b", true);
    cluster.director("a").killEverything();
    cluster.run(seconds(1));
    assertMaster(cluster, "c");
    standby(cluster, "b", false);
    endWell(cluster, "b");
  });

  it("that starts again is behind from the beginning", () => {
    const cluster = running();
    standby(cluster, "a", true);
    cluster.run(seconds(1));
    cluster.director("a").killElector();
    cluster.run(seconds(1));
    cluster.director("a").start(AT_ONCE);
    cluster.run(seconds(60));
    assertMaster(cluster, "b");
    standby(cluster, "a", false);
    endWell(cluster, "a");
  });
});

describe("a director that steps down", () => {
  it("hands over without a gap, and claims again like any other", () => {
    const cluster = running({ preempt: false });
    tell(cluster, "a", { kind: "step-down" });
    runServed(cluster, millis(500));
    assertMaster(cluster, "b");
    assert.deepEqual(heldBy(cluster), ["b"]);
    cluster.director("b").killElector();
    runServed(cluster, seconds(1));
    assertMaster(cluster, "a");
    endWell(cluster, "a");
  });

  it("goes on serving when nobody else is there", () => {
    const cluster = idle({ preempt: false });
    cluster.director("a").start(AT_ONCE);
    cluster.run(seconds(2));
    tell(cluster, "a", { kind: "step-down" });
    runServed(cluster, seconds(2));
    endWell(cluster, "a");
  });
});

describe("a master's longer interval", () => {
  const LONG = seconds(1);

  it("deposes nobody, also when two of the first three adverts are lost", () => {
    for (const lost of [0, 1, 2]) {
      const cluster = running();
      cluster.cut("a", "b");
      configure(cluster, "a", { interval: LONG });
      cluster.run(micros(lost * INTERVAL - (lost === 0 ? 0 : INTERVAL / 2)));
      cluster.mend("a", "b");
      cluster.run(seconds(10));
      configure(cluster, "b", { interval: LONG });
      cluster.run(seconds(10));
      assertMaster(cluster, "a");
      assert.doesNotMatch(cluster.timeline.text, /b +front: Backup → Master/);
      assert.deepEqual(cluster.violations, [], cluster.timeline.text);
    }
  });
});

function configure(cluster: Cluster, node: string, change: Partial<RouterSettings>): void {
  const routers = cluster.director(node).settings.map((settings) => ({ ...settings, ...change }));
  cluster.reload(node, routers);
}
