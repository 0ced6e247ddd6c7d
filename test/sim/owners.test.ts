/** Two files that both say 255: one director serves, also when the other one does not listen. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Duration, micros, millis, seconds, times } from "../../src/net/time.ts";
import type { Cluster } from "../../src/sim/cluster.ts";
import {
  A_MOMENT,
  assertMaster,
  assertState,
  endWell,
  INTERVAL,
  idle,
  masterDownTime,
  runServed,
} from "./story.ts";

const AT_ONCE = millis(1);
const HAND_OVER = millis(20);
const OWNERS = { a: 255, b: 255, c: 100 };
/** An advert of the deaf one comes with each interval; the fourth interval after the first one is the last. */
const LONGEST_WITH_TWO = times(INTERVAL, 5);

/** How long two were master at once within `length`; all the time somebody holds the addresses. */
function timeWithTwo(cluster: Cluster, length: Duration): Duration {
  let two = 0;
  for (let elapsed = 0; elapsed < length; elapsed += 1_000) {
    runServed(cluster, millis(1));
    if (cluster.masters.length > 1) two += 1_000;
  }
  return micros(two);
}

describe("two owners", () => {
  it("decide by the address, whoever comes later, and neither comes back", () => {
    for (const [first, second] of [
      ["a", "b"],
      ["b", "a"],
    ] as const) {
      const cluster = idle({ priorities: OWNERS });
      cluster.director(first).start(AT_ONCE);
      cluster.director("c").start(AT_ONCE);
      cluster.run(seconds(2));
      assertMaster(cluster, first);
      cluster.director(second).start(AT_ONCE);
      cluster.run(A_MOMENT);
      assert.ok(timeWithTwo(cluster, seconds(10)) <= INTERVAL, cluster.timeline.text);
      assertState(cluster, "a", "Backup");
      endWell(cluster, "b");
    }
  });

  it("have one master within five intervals when the one with the lower address does not listen", () => {
    const cluster = idle({ priorities: OWNERS });
    cluster.cut("b", "a");
    cluster.startAll();
    cluster.run(A_MOMENT);
    assert.deepEqual(cluster.masters, ["a", "b"]);
    assert.ok(timeWithTwo(cluster, seconds(5)) <= LONGEST_WITH_TWO + HAND_OVER, cluster.timeline.text);
    assertMaster(cluster, "a");
    cluster.mend("b", "a");
    cluster.run(seconds(5));
    endWell(cluster, "a");
  });

  it("take over from each other when one dies, and the other one's return moves nothing twice", () => {
    const cluster = idle({ priorities: OWNERS });
    cluster.startAll();
    cluster.run(seconds(1));
    assertMaster(cluster, "b");
    cluster.director("b").killEverything();
    cluster.run(micros(masterDownTime(255) + 2 * A_MOMENT));
    assertMaster(cluster, "a");
    cluster.director("b").start(AT_ONCE);
    cluster.run(seconds(1));
    assertMaster(cluster, "b");
    endWell(cluster, "b");
  });

  it("do not disturb each other when the link of the one behind flaps", () => {
    const cluster = idle({ priorities: OWNERS });
    cluster.startAll();
    cluster.run(seconds(1));
    for (let flap = 0; flap < 5; flap++) {
      cluster.director("a").setLink("eth1", false);
      cluster.run(millis(300));
      assertState(cluster, "a", "Fault");
      cluster.director("a").setLink("eth1", true);
      runServed(cluster, seconds(1));
      assertState(cluster, "a", "Backup");
    }
    assert.doesNotMatch(cluster.timeline.text, /a +front: Fault → Master/);
    endWell(cluster, "b");
  });
});
