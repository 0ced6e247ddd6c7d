/**
 * The virtual clock: a queue of things that will happen, in the order of their instants.
 *
 * Time moves only when the next thing happens. Things of one instant happen in the order in which they were planned,
 * so a run depends on nothing but its seed.
 */
import { Bug } from "../net/bug.ts";
import { after, type Duration, type Instant, instant } from "../net/time.ts";

interface Planned {
  readonly at: Instant;
  readonly order: number;
  /** `undefined` once it was called off. */
  action: (() => void) | undefined;
}

/** Takes a planned thing back; harmless when it has happened. */
export type CallOff = () => void;

export class VirtualClock {
  #now = instant(0);
  #order = 0;
  /** A binary heap: no entry is later than its two children at 2n+1 and 2n+2. */
  readonly #heap: Planned[] = [];

  get now(): Instant {
    return this.#now;
  }

  /** An instant that has passed already means "next". */
  at(when: Instant, action: () => void): CallOff {
    const planned: Planned = { at: when < this.#now ? this.#now : when, order: this.#order++, action };
    this.#push(planned);
    return () => {
      planned.action = undefined;
    };
  }

  in(wait: Duration, action: () => void): CallOff {
    return this.at(after(this.#now, wait), action);
  }

  /** Lets everything happen that is planned up to `end`, and stops there. */
  runUntil(end: Instant): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#pop();
      this.#now = next.at;
      next.action?.();
    }
    if (end > this.#now) this.#now = end;
  }

  #push(planned: Planned): void {
    const heap = this.#heap;
    let index = heap.push(planned) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(heap, index, parent)) return;
      swap(heap, index, parent);
      index = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    swap(heap, 0, heap.length - 1);
    heap.pop();
    let index = 0;
    for (;;) {
      let first = index;
      for (const child of [2 * index + 1, 2 * index + 2]) if (isBefore(heap, child, first)) first = child;
      if (first === index) return;
      swap(heap, index, first);
      index = first;
    }
  }
}

function isBefore(heap: readonly Planned[], left: number, right: number): boolean {
  const a = heap[left];
  const b = heap[right];
  if (a === undefined || b === undefined) return false;
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}

function swap(heap: Planned[], left: number, right: number): void {
  const a = heap[left];
  const b = heap[right];
  if (a === undefined || b === undefined) throw new Bug(`no entries ${left} and ${right} in the queue`);
  heap[left] = b;
  heap[right] = a;
}
