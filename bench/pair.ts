/** Two directors in their places: d1 is master, d2 its backup, both settled. */
import { setTimeout as pause } from "node:timers/promises";
import type { Lab } from "../test/support/lab.ts";
import { until } from "../test/support/until.ts";
import { type Director, type DirectorOptions, type Product, startDirector } from "./director.ts";
import { Observation } from "./observation.ts";

const MASTER_PRIORITY = 150;
const BACKUP_PRIORITY = 100;
/** For the code that runs once: real-time scheduling, the last will. */
const SETTLING_MS = 300;

export interface Products {
  readonly master: Product;
  readonly backup: Product;
}

export type TrialOptions = Omit<DirectorOptions, "priority">;

export interface Pair {
  readonly master: Director;
  readonly backup: Director;
  readonly seen: Observation;
}

export function pairName({ master, backup }: Products): string {
  return `${master} → ${backup}`;
}

/** RFC 9568: three intervals and the backup's skew. */
export function masterDownMillis(intervalMillis: number): number {
  return intervalMillis * (3 + (256 - BACKUP_PRIORITY) / 256);
}

/** The longest that any step of a trial may take. */
export function patienceMillis(intervalMillis: number): number {
  return 2 * masterDownMillis(intervalMillis) + 10_000;
}

/** Runs one trial with d1 as master and d2 as its backup; afterwards nothing of it is left. */
export async function withPair(
  lab: Lab,
  products: Products,
  options: TrialOptions,
  trial: (pair: Pair) => Promise<void>,
): Promise<void> {
  await withMaster(lab, products.master, options, async ({ master, seen, started }) => {
    const backup = await startDirector(lab, products.backup, "d2", { ...options, priority: BACKUP_PRIORITY });
    started.push(backup);
    await settle(seen, options.intervalMillis);
    await trial({ master, backup, seen });
  });
}

/** The same with d1 alone; what the trial starts, it adds to `started`. */
export async function withMaster(
  lab: Lab,
  product: Product,
  options: TrialOptions,
  trial: (master: {
    readonly master: Director;
    readonly seen: Observation;
    readonly started: Director[];
  }) => Promise<void>,
): Promise<void> {
  const seen = new Observation(lab);
  const started: Director[] = [];
  try {
    const master = await startMaster(lab, product, options);
    started.push(master);
    const patience = { deadlineMs: patienceMillis(options.intervalMillis) };
    await until(`${product} as master`, () => seen.announcements("d1").length > 0, patience);
    await trial({ master, seen, started });
  } finally {
    for (const director of started) await director.crash().catch(() => {});
    seen.clean();
    seen.close();
  }
}

/** The director that ought to be master, in its place. */
export function startMaster(lab: Lab, product: Product, options: TrialOptions): Promise<Director> {
  return startDirector(lab, product, "d1", { ...options, priority: MASTER_PRIORITY });
}

/** The backup has heard its master; what follows happens at any moment of the period. */
async function settle(seen: Observation, intervalMillis: number): Promise<void> {
  const heard = seen.adverts("d1").length;
  const patience = { deadlineMs: patienceMillis(intervalMillis) };
  await until("two adverts", () => seen.adverts("d1").length >= heard + 2, patience);
  await pause(SETTLING_MS + Math.random() * intervalMillis);
}
