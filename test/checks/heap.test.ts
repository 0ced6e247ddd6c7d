import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { Heap } from "../../src/checks/heap.ts";

it("Heap gives the first of what is in it, as a sorted list would", () => {
  const POP = -1;
  const step = fc.integer({ min: POP, max: 20 });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const heap = new Heap<number>((left, right) => left < right);
      const list: number[] = [];
      for (const one of steps) {
        if (one === POP) assert.equal(heap.pop(), list.shift());
        else {
          heap.push(one);
          list.push(one);
          list.sort((left, right) => left - right);
        }
        assert.equal(heap.first(), list[0]);
      }
    }),
  );
});
