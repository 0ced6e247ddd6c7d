/** What the stories share: a small cluster, and words for what should be true. */
import assert from "node:assert/strict";
import { type Duration, millis, times } from "../../src/net/time.ts";
import { Cluster } from "../../src/sim/cluster.ts";
import { layoutOf, type Plan, ROUTER } from "../../src/sim/plan.ts";
import { settle } from "../../src/sim/scenario.ts";

export const INTERVAL = millis(100);
/** Wake-ups are late, frames take their time. */
export const A_MOMENT = millis(3);

export const PLAN: Plan = { seed: 1, interval: INTERVAL, preempt: true, priorities: { a: 200, b: 100 } };

/** Three intervals, or as many as the file says, and the skew of a priority (256 - 100) / 256 or (256 - 200) / 256. */
export function masterDownTime(priority: number, interval = INTERVAL, missingAdverts = 3): Duration {
  return times(interval, missingAdverts + (256 - priority) / 256);
}

export function skew(priority: number, interval = INTERVAL): Duration {
  return times(interval, (256 - priority) / 256);
}

/** A cluster whose best director has been master for a while. */
export function running(plan: Partial<Plan> = {}): Cluster {
  const cluster = idle(plan);
  cluster.startAll();
  cluster.run(millis(2_000));
  assert.deepEqual(cluster.masters, [cluster.nodes[0]]);
  return cluster;
}

/** Nothing runs yet. */
export function idle(plan: Partial<Plan> = {}): Cluster {
  return new Cluster(layoutOf({ ...PLAN, ...plan }));
}

export function assertMaster(cluster: Cluster, node: string): void {
  assert.deepEqual(cluster.masters, [node], cluster.timeline.text);
}

export function assertState(cluster: Cluster, node: string, state: string | undefined): void {
  assert.equal(cluster.state(node, ROUTER), state, cluster.timeline.text);
}

export function heldBy(cluster: Cluster): string[] {
  return cluster.nodes.filter((node) => cluster.held(node, ROUTER).length === 2);
}

/** Lets `length` pass; at every millisecond of it every address is held by somebody. */
export function runServed(cluster: Cluster, length: Duration): void {
  for (let elapsed = 0; elapsed < length; elapsed += 1_000) {
    cluster.run(millis(1));
    assert.notDeepEqual(heldBy(cluster), [], `nobody holds the addresses\n${cluster.timeline.text}`);
  }
}

/** The end of a story: all is quiet, one director serves, and no watcher has anything to say. */
export function endWell(cluster: Cluster, master: string, interval = INTERVAL): void {
  settle(cluster, interval);
  assertMaster(cluster, master);
  assert.deepEqual(cluster.finish(), [], cluster.timeline.text);
}
