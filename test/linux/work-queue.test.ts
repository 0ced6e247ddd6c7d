import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { WorkQueue } from "../../src/linux/work-queue.ts";

describe("work in slices", () => {
  test("the first slice at once, one more in each turn, in order", async () => {
    const done: number[] = [];
    const queue = new WorkQueue();
    queue.push(
      () => done.push(1),
      () => done.push(2),
    );
    queue.push(() => done.push(3));
    assert.deepEqual(done, [1]);
    await setImmediate();
    assert.deepEqual(done, [1, 2]);
    await setImmediate();
    assert.deepEqual(done, [1, 2, 3]);
    queue.push(() => done.push(4));
    assert.deepEqual(done, [1, 2, 3, 4]);
  });

  test("what a slice puts in comes behind what waits", async () => {
    const done: number[] = [];
    const queue = new WorkQueue();
    queue.push(
      () => queue.push(() => done.push(3)),
      () => done.push(2),
    );
    while (done.length < 2) await setImmediate();
    assert.deepEqual(done, [2, 3]);
  });

  test("closed, it does no more", async () => {
    const done: number[] = [];
    const queue = new WorkQueue();
    queue.push(
      () => done.push(1),
      () => done.push(2),
    );
    queue.close();
    await setImmediate();
    assert.deepEqual(done, [1]);
  });
});
