import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { WorkQueue } from "../../../src/linux/elector/work-queue.ts";
import { after, instant, millis } from "../../../src/net/time.ts";

/** More than a turn has. */
const LONG = millis(1);

/** A job is a name and what it does besides; a name in capitals takes longer than a turn has. */
function worker() {
  const clock = { now: instant(0) };
  const done: string[] = [];
  const then = new Map<string, () => void>();
  const queue = new WorkQueue<string>(
    () => clock.now,
    (waiting) => {
      const name = waiting.shift() ?? "";
      if (name === name.toUpperCase()) clock.now = after(clock.now, LONG);
      then.get(name)?.();
      done.push(name);
    },
  );
  return { clock, done, queue, then };
}

describe("work in slices", () => {
  test("what waits can be dropped", async () => {
    const { done, queue } = worker();
    queue.push("A", "b", "c");
    queue.drop((name) => name === "b");
    await setImmediate();
    assert.deepEqual(done, ["A", "c"]);
  });

  test("long ones: the first at once, one more in each turn, in order", async () => {
    const { done, queue } = worker();
    queue.push("A", "B");
    queue.push("C");
    assert.deepEqual(done, ["A"]);
    await setImmediate();
    assert.deepEqual(done, ["A", "B"]);
    await setImmediate();
    assert.deepEqual(done, ["A", "B", "C"]);
    await setImmediate();
    queue.push("D");
    assert.deepEqual(done, ["A", "B", "C", "D"]);
  });

  test("short ones: all at once", () => {
    const { done, queue } = worker();
    queue.push("a", "b", "c");
    assert.deepEqual(done, ["a", "b", "c"]);
  });

  test("a turn that has worked enough leaves the rest to the next, whoever puts it in", async () => {
    const { done, queue } = worker();
    queue.push("A");
    queue.push("b");
    assert.deepEqual(done, ["A"]);
    await setImmediate();
    assert.deepEqual(done, ["A", "b"]);
  });

  test("a new turn does one at least, however long ago the last thing was done", async () => {
    const { clock, done, queue } = worker();
    queue.push("a");
    await setImmediate();
    clock.now = after(clock.now, LONG, LONG);
    queue.push("b");
    assert.deepEqual(done, ["a", "b"]);
  });

  test("what a job puts in comes behind what waits", () => {
    const { done, queue, then } = worker();
    then.set("a", () => queue.push("c"));
    queue.push("a", "b");
    assert.deepEqual(done, ["a", "b", "c"]);
  });

  test("closed, it does no more", async () => {
    const { done, queue } = worker();
    queue.push("A", "B");
    queue.close();
    await setImmediate();
    queue.push("c");
    assert.deepEqual(done, ["A"]);
  });

  test("what is added waits until it is asked to go on", () => {
    const { done, queue } = worker();
    queue.add("a", "b");
    assert.deepEqual(done, []);
    assert.equal(queue.idle, false);
    queue.goOn();
    assert.deepEqual(done, ["a", "b"]);
    assert.equal(queue.idle, true);
  });

  test("of two queues one lets the other pass", async () => {
    const first = worker();
    const told: string[] = [];
    const tell = (waiting: string[]) => void told.push(waiting.shift() ?? "");
    const second = new WorkQueue<string>(
      () => instant(0),
      tell,
      () => first.queue.idle,
    );
    first.queue.push("A", "B");
    second.push("news");
    assert.deepEqual(told, []);
    await setImmediate();
    await setImmediate();
    assert.deepEqual([first.done, told], [["A", "B"], ["news"]]);
  });
});
