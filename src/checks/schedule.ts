/**
 * Which checks start when.
 *
 * A check has slots, one interval apart, for as long as it lives. Checks of one interval take their slots in steps of
 * the golden ratio round the interval: however many there are, and whenever one is added, they lie evenly spread, and
 * two directors with the same file do not knock in step because each begins at a random point.
 *
 * The first round is drawn together, so that a director knows its servers soon. A check that could not start in time
 * (all places taken, the process stalled, its last run still going) starts once as soon as it can; then its slots go on
 * as before, and missed ones are not caught up.
 *
 * A server that does not answer keeps its check's place until the timeout, or until ARP has given up. However many of these there are, they have
 * half of the places: what is late then is to hear that one of them is back, not that a healthy one fails.
 */
import { after, between, type Duration, type Instant, micros, millis, seconds, times } from "../net/time.ts";
import { Heap } from "./heap.ts";

/** Starting more at once would stall the process: 500 cost about 100 ms. */
export const STARTS_PER_TICK = 20;
export const TICK_SPACING = millis(5);
/** Without another word: checks under way at the same time. */
export const CONCURRENT_CHECKS = 512;
/** Checks start for the first time within this, or within their interval when that is shorter. */
export const FIRST_ROUND = seconds(2);

const GOLDEN_STEP = (Math.sqrt(5) - 1) / 2;

export interface ScheduledCheck {
  readonly id: string;
  readonly interval: Duration;
}

interface Entry extends ScheduledCheck {
  /** One of its slots; the others are whole intervals away. */
  readonly slot: Instant;
  dueAt: Instant;
  /** Breaks ties: first come, first served. */
  turn: number;
  removed: boolean;
  /** Its last run never had an answer. */
  hung: boolean;
}

export class Schedule {
  readonly #limit: number;
  /** Of these, for those that hung the last time. */
  readonly #hungLimit: number;
  readonly #entries = new Map<string, Entry>();
  /** And whether each has a place of those that hung. */
  readonly #running = new Map<string, boolean>();
  #hungRuns = 0;
  readonly #waiting = new Heap<Entry>(isBefore);
  readonly #hungWaiting = new Heap<Entry>(isBefore);
  /** How many checks of each interval were ever added since the list was empty. */
  readonly #steps = new Map<Duration, number>();
  #turns = 0;
  #nextTick: Instant | undefined;

  /** @param limit checks under way at the same time */
  constructor(limit = CONCURRENT_CHECKS) {
    this.#limit = limit;
    this.#hungLimit = Math.ceil(limit / 2);
  }

  /** The complete new list. Checks that are known already keep their slots. `random` is in [0, 1). */
  configure(checks: readonly ScheduledCheck[], random: number, now: Instant): void {
    const wanted = new Set(checks.map((check) => check.id));
    for (const [id, entry] of this.#entries) if (!wanted.has(id)) this.#remove(entry);
    if (this.#entries.size === 0) this.#steps.clear();
    for (const check of checks) if (!this.#entries.has(check.id)) this.#add(check, random, now);
  }

  /** The checks to start now, which are under way from here on until `finish`. */
  take(now: Instant): string[] {
    const started: string[] = [];
    if (this.#nextTick !== undefined && now < this.#nextTick) return started;
    while (started.length < STARTS_PER_TICK) {
      const entry = this.#next();
      if (entry === undefined || entry.dueAt > now) break;
      this.#queueOf(entry).pop();
      this.#running.set(entry.id, entry.hung);
      if (entry.hung) this.#hungRuns += 1;
      entry.dueAt = nextSlot(entry, now);
      started.push(entry.id);
    }
    if (started.length > 0) this.#nextTick = after(now, TICK_SPACING);
    return started;
  }

  /** A check that `take` returned is over. @param hung it kept its place and had no answer */
  finish(id: string, hung: boolean): void {
    if (this.#running.get(id) === true) this.#hungRuns -= 1;
    this.#running.delete(id);
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.hung = hung;
    this.#wait(entry);
  }

  /** When `take` will have something next; `undefined` when that needs a `finish` or a `configure` first. */
  nextDeadline(): Instant | undefined {
    const first = this.#next();
    if (first === undefined) return undefined;
    return this.#nextTick !== undefined && this.#nextTick > first.dueAt ? this.#nextTick : first.dueAt;
  }

  #add(check: ScheduledCheck, random: number, now: Instant): void {
    const step = this.#steps.get(check.interval) ?? 0;
    this.#steps.set(check.interval, step + 1);
    const share = (random + step * GOLDEN_STEP) % 1;
    const firstRound = micros(Math.min(check.interval, FIRST_ROUND));
    const entry: Entry = {
      id: check.id,
      interval: check.interval,
      slot: after(now, times(check.interval, share)),
      dueAt: after(now, times(firstRound, share)),
      turn: 0,
      removed: false,
      hung: false,
    };
    this.#entries.set(check.id, entry);
    // A run that an earlier configuration started is awaited first.
    if (!this.#running.has(check.id)) this.#wait(entry);
  }

  #remove(entry: Entry): void {
    entry.removed = true;
    this.#entries.delete(entry.id);
  }

  #wait(entry: Entry): void {
    this.#turns += 1;
    entry.turn = this.#turns;
    this.#queueOf(entry).push(entry);
  }

  #queueOf({ hung }: Entry): Heap<Entry> {
    return hung ? this.#hungWaiting : this.#waiting;
  }

  /** The first of those that wait, if there is a place for it. */
  #next(): Entry | undefined {
    if (this.#running.size >= this.#limit) return undefined;
    const first = firstOf(this.#waiting);
    const hung = this.#hungRuns < this.#hungLimit ? firstOf(this.#hungWaiting) : undefined;
    if (first === undefined || hung === undefined) return first ?? hung;
    return isBefore(first, hung) ? first : hung;
  }
}

function firstOf(waiting: Heap<Entry>): Entry | undefined {
  let first = waiting.first();
  while (first?.removed === true) {
    waiting.pop();
    first = waiting.first();
  }
  return first;
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.dueAt === right.dueAt ? left.turn < right.turn : left.dueAt < right.dueAt;
}

/** The first slot after `now`. */
function nextSlot(entry: Entry, now: Instant): Instant {
  if (entry.slot > now) return entry.slot;
  const missed = Math.floor(between(entry.slot, now) / entry.interval) + 1;
  return after(entry.slot, times(entry.interval, missed));
}
