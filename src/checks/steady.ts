/** A state that is looked at: another one counts when it has lasted. */
import { after, type Duration, type Instant } from "../net/time.ts";

export interface Reading {
  readonly up: boolean;
  /** Of what is a number. */
  readonly value?: number;
  readonly detail: string;
}

export interface Delays {
  /** So long it must be up again before that counts. */
  readonly upDelay: Duration;
  /** So long it must be down before that counts. */
  readonly downDelay: Duration;
}

export interface Steady {
  readonly verdict: Reading;
  /** What will be the verdict at that instant, unless something else is seen before. */
  readonly next?: { readonly reading: Reading; readonly at: Instant };
}

/** What is seen first counts at once. */
export function settle(
  before: Steady | undefined,
  reading: Reading,
  { upDelay, downDelay }: Delays,
  now: Instant,
): Steady {
  if (before === undefined || isSame(before.verdict, reading)) return { verdict: reading };
  const { verdict, next } = before;
  const goesOn = next !== undefined && isSame(next.reading, reading);
  const at = goesOn ? next.at : after(now, reading.up ? upDelay : downDelay);
  return at <= now ? { verdict: reading } : { verdict, next: { reading, at } };
}

function isSame(one: Reading, other: Reading): boolean {
  return one.up === other.up && one.value === other.value;
}
