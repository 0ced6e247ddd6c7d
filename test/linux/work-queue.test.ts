import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { WorkQueue } from "../../src/linux/work-queue.ts";

/** More than a turn has. */
const LONG_MS = 1;

/** Notes that it was done, after as long as a whole turn may take. */
function long(done: number[], number: number): () => void {
  return () => {
    const end = performance.now() + LONG_MS;
    while (performance.now() < end);
    done.push(number);
  };
}

describe("work in slices", () => {
  test("long ones: the first at once, one more in each turn, in order", async () => {
    const done: number[] = [];
    const queue = new WorkQueue();
    queue.push(long(done, 1), long(done, 2));
    queue.push(long(done, 3));
    assert.deepEqual(done, [1]);
    await setImmediate();
    assert.deepEqual(done, [1, 2]);
    await setImmediate();
    assert.deepEqual(done, [1, 2, 3]);
    await setImmediate();
    queue.push(long(done, 4));
    assert.deepEqual(done, [1, 2, 3, 4]);
  });

  test("a turn that has worked enough leaves the rest to the next, whoever puts it in", async () => {
    const done: number[] = [];
    const queue = new WorkQueue();
    queue.push(long(done, 1));
    queue.push(() => done.push(2));
    assert.deepEqual(done, [1]);
    await setImmediate();
    assert.deepEqual(done, [1, 2]);
  });

  test("what a slice puts in comes behind what waits", async () => {
    const done: number[] = [];
    const queue = new WorkQueue();
    queue.push(
      () => {
        queue.push(() => done.push(3));
        done.push(1);
      },
      () => done.push(2),
    );
    while (done.length < 3) await setImmediate();
    assert.deepEqual(done, [1, 2, 3]);
  });

  test("closed, it does no more", async () => {
    const done: number[] = [];
    const queue = new WorkQueue();
    queue.push(long(done, 1), long(done, 2));
    queue.close();
    await setImmediate();
    queue.push(long(done, 3));
    assert.deepEqual(done, [1]);
  });
});
