/**
 * Who of many is due next: a heap of deadlines in which each has one place.
 *
 * A backup puts its deadline off with every advert that it hears. That costs nothing here: it keeps its place, which is
 * too early now, until it comes first and is looked at.
 */
import type { Instant } from "../net/time.ts";

interface Dated {
  nextDeadline(): Instant | undefined;
}

interface Entry<One> {
  readonly one: One;
  /** Of those that are due at the same instant, the first that was ever noted: who looked when must not matter. */
  readonly order: number;
  /** In the heap; NOWHERE when it has no deadline, or was handed out. */
  place: number;
}

const NOWHERE = -1;
const NEVER = Number.POSITIVE_INFINITY;
/** Children of one place. With more than two there are fewer levels, and what is compared lies side by side. */
const WIDTH = 4;

/** A tick in which so many routers have acted leaves the rest to the next one: sockets are to be read in between. */
export const ROUTERS_PER_TICK = 64;

export class Agenda<One extends Dated> {
  readonly #entries = new Map<One, Entry<One>>();
  readonly #heap: Entry<One>[] = [];
  /** By place: the deadline of the entry there, or any instant before that. */
  readonly #dates: number[] = [];

  constructor(all: Iterable<One> = []) {
    for (const one of all) this.note(one);
  }

  /** To be called whenever a deadline may have come nearer, or is the first of its owner. */
  note(one: One): void {
    const at = one.nextDeadline();
    if (at === undefined) return;
    const known = this.#entries.get(one);
    const entry = known ?? { one, order: this.#entries.size, place: NOWHERE };
    if (known === undefined) this.#entries.set(one, entry);
    if (entry.place === NOWHERE) this.#rise(entry, at, this.#heap.length);
    else if (at < this.#dateAt(entry.place)) this.#rise(entry, at, entry.place);
  }

  /** Whose deadline is the earliest. */
  first(): One | undefined {
    for (let entry = this.#heap[0]; entry !== undefined; entry = this.#heap[0]) {
      const at = entry.one.nextDeadline();
      if (at !== undefined && at <= this.#dateAt(0)) return entry.one;
      if (at === undefined) this.#removeFirst();
      else this.#sink(entry, at);
    }
    return undefined;
  }

  /** The first, if it is due by `now`; it is forgotten until it is noted again. */
  takeDue(now: Instant): One | undefined {
    if (this.#dateAt(0) > now) return undefined;
    const first = this.first();
    if (first === undefined || this.#dateAt(0) > now) return undefined;
    this.#removeFirst();
    return first;
  }

  #removeFirst(): void {
    const [first] = this.#heap;
    if (first !== undefined) first.place = NOWHERE;
    const last = this.#heap.pop();
    const at = this.#dates.pop();
    if (last !== undefined && at !== undefined && last !== first) this.#sink(last, at);
  }

  /** From this place, whatever was there, towards the first. */
  #rise(entry: Entry<One>, at: number, from: number): void {
    let place = from;
    while (place > 0) {
      const above = Math.floor((place - 1) / WIDTH);
      if (!this.#comesBefore(entry, at, above)) break;
      this.#move(above, place);
      place = above;
    }
    this.#put(entry, at, place);
  }

  /** From the first place, whatever was there. */
  #sink(entry: Entry<One>, at: number): void {
    let place = 0;
    for (;;) {
      const child = this.#firstChild(place);
      if (child >= this.#heap.length || this.#comesBefore(entry, at, child)) break;
      this.#move(child, place);
      place = child;
    }
    this.#put(entry, at, place);
  }

  /** The one that is due first; a place beyond the last when there is none. */
  #firstChild(place: number): number {
    const begin = WIDTH * place + 1;
    const end = Math.min(begin + WIDTH, this.#heap.length);
    let first = begin;
    for (let child = begin + 1; child < end; child++) {
      const entry = this.#heap[child];
      if (entry !== undefined && this.#comesBefore(entry, this.#dateAt(child), first)) first = child;
    }
    return first;
  }

  #comesBefore({ order }: Entry<One>, at: number, place: number): boolean {
    const other = this.#dateAt(place);
    return at === other ? order < (this.#heap[place]?.order ?? NEVER) : at < other;
  }

  #dateAt(place: number): number {
    return this.#dates[place] ?? NEVER;
  }

  #move(from: number, to: number): void {
    const entry = this.#heap[from];
    if (entry !== undefined) this.#put(entry, this.#dateAt(from), to);
  }

  #put(entry: Entry<One>, at: number, place: number): void {
    entry.place = place;
    this.#heap[place] = entry;
    this.#dates[place] = at;
  }
}
