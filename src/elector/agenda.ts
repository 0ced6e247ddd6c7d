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
  /** Its deadline, or any instant before that. */
  at: Instant;
  /** In the heap; NOWHERE when it has no deadline, or was handed out. */
  place: number;
}

const NOWHERE = -1;

export class Agenda<One extends Dated> {
  readonly #entries = new Map<One, Entry<One>>();
  readonly #heap: Entry<One>[] = [];

  constructor(all: Iterable<One> = []) {
    for (const one of all) this.note(one);
  }

  /** To be called whenever a deadline may have come nearer, or is the first of its owner. */
  note(one: One): void {
    const at = one.nextDeadline();
    if (at === undefined) return;
    const known = this.#entries.get(one);
    const entry = known ?? { one, order: this.#entries.size, at, place: NOWHERE };
    if (known === undefined) this.#entries.set(one, entry);
    if (entry.place === NOWHERE) entry.place = this.#heap.push(entry) - 1;
    else if (entry.at <= at) return;
    entry.at = at;
    this.#rise(entry);
  }

  /** Whose deadline is the earliest. */
  first(): One | undefined {
    for (let entry = this.#heap[0]; entry !== undefined; entry = this.#heap[0]) {
      const at = entry.one.nextDeadline();
      if (at !== undefined && at <= entry.at) return entry.one;
      if (at === undefined) this.#remove(entry);
      else {
        entry.at = at;
        this.#sink(entry);
      }
    }
    return undefined;
  }

  /** The first, if it is due by `now`; it is forgotten until it is noted again. */
  takeDue(now: Instant): One | undefined {
    if ((this.#heap[0]?.at ?? Number.POSITIVE_INFINITY) > now) return undefined;
    this.first();
    const entry = this.#heap[0];
    if (entry === undefined || entry.at > now) return undefined;
    this.#remove(entry);
    return entry.one;
  }

  #remove(entry: Entry<One>): void {
    const { place } = entry;
    entry.place = NOWHERE;
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#put(last, place);
    this.#sink(last);
    this.#rise(last);
  }

  #rise(entry: Entry<One>): void {
    for (;;) {
      const parent = this.#heap[(entry.place - 1) >> 1];
      if (entry.place === 0 || parent === undefined || isBefore(parent, entry)) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: Entry<One>): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1];
      const right = this.#heap[2 * entry.place + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || isBefore(entry, child)) return;
      this.#swap(child, entry);
    }
  }

  #swap(upper: Entry<One>, lower: Entry<One>): void {
    const { place } = upper;
    this.#put(upper, lower.place);
    this.#put(lower, place);
  }

  #put(entry: Entry<One>, place: number): void {
    entry.place = place;
    this.#heap[place] = entry;
  }
}

function isBefore(one: Entry<unknown>, other: Entry<unknown>): boolean {
  return one.at === other.at ? one.order < other.order : one.at < other.at;
}
