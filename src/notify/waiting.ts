/** What a notifier has still to be told of: routers before services, services before servers, each kind in its order. */
import type { Subject } from "./subject.ts";

/** One that is told of thousands of servers hears first who the master is. */
const RANKS: Readonly<Record<Subject["kind"], 0 | 1 | 2>> = { router: 0, panic: 1, quorum: 1, server: 2 };

export class WaitingList {
  /** By rank: subjects, by their `idOf`. */
  readonly #lists: [Set<string>, Set<string>, Set<string>] = [new Set(), new Set(), new Set()];

  get size(): number {
    return this.#lists.reduce((sum, { size }) => sum + size, 0);
  }

  ids(): string[] {
    return this.#lists.flatMap((list) => [...list]);
  }

  has(id: string): boolean {
    return this.#lists.some((list) => list.has(id));
  }

  /** Behind the others of its rank, unless it waits already. */
  add({ kind }: Subject, id: string): void {
    this.#lists[RANKS[kind]].add(id);
  }

  addFirst({ kind }: Subject, id: string): void {
    const rank = RANKS[kind];
    this.#lists[rank] = new Set([id, ...this.#lists[rank]]);
  }

  delete(id: string): void {
    for (const list of this.#lists) list.delete(id);
  }

  /** The next one, which waits no more. */
  take(): string | undefined {
    for (const list of this.#lists) {
      const [first] = list;
      if (first === undefined) continue;
      list.delete(first);
      return first;
    }
    return undefined;
  }

  clear(): void {
    for (const list of this.#lists) list.clear();
  }
}
