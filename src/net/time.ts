/**
 * Time inside Keelson: whole microseconds, branded so that an instant is never added to an instant.
 *
 * An `Instant` counts from an arbitrary zero on CLOCK_MONOTONIC; the wall clock never enters the core.
 * 2^53 µs are 285 years, so plain numbers are exact.
 */
import { Bug } from "./bug.ts";

declare const instantBrand: unique symbol;
declare const durationBrand: unique symbol;

/** A point on the monotonic clock, in whole microseconds. */
export type Instant = number & { readonly [instantBrand]: true };
/** A length of time, in whole microseconds; may be negative. */
export type Duration = number & { readonly [durationBrand]: true };

function isInstant(value: number): value is Instant {
  return Number.isSafeInteger(value);
}

function isDuration(value: number): value is Duration {
  return Number.isSafeInteger(value);
}

/** The instant `microseconds` after the clock's zero. Throws Bug unless it is a whole number. */
export function instant(microseconds: number): Instant {
  if (!isInstant(microseconds)) throw new Bug(`not an instant: ${microseconds}`);
  return microseconds;
}

/** A duration of `count` microseconds, rounded to the nearest. */
export function micros(count: number): Duration {
  const whole = Math.round(count);
  if (!isDuration(whole)) throw new Bug(`not a duration: ${count}`);
  return whole;
}

export function millis(count: number): Duration {
  return micros(count * 1_000);
}

export function seconds(count: number): Duration {
  return micros(count * 1_000_000);
}

export function minutes(count: number): Duration {
  return seconds(60 * count);
}

export function toMillis(duration: Duration): number {
  return duration / 1_000;
}

export function after(start: Instant, ...lengths: Duration[]): Instant {
  let sum: number = start;
  for (const length of lengths) sum += length;
  return instant(sum);
}

/** From `start` to `end`; negative when `end` is the earlier. */
export function between(start: Instant, end: Instant): Duration {
  return micros(end - start);
}

export function times(duration: Duration, factor: number): Duration {
  return micros(duration * factor);
}

export function earliest(instants: Iterable<Instant | undefined>): Instant | undefined {
  let first: Instant | undefined;
  for (const one of instants) if (one !== undefined && (first === undefined || one < first)) first = one;
  return first;
}

const UNITS = { us: 1, ms: 1_000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000 } as const;

function isUnit(text: string): text is keyof typeof UNITS {
  return Object.hasOwn(UNITS, text);
}

/** Reads `"100ms"`, `"1.5s"`, `"2m"`, `"1h"`; `undefined` for anything else. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)(us|ms|s|m|h)$/.exec(text);
  const count = match?.[1];
  const unit = match?.[2];
  if (count === undefined || unit === undefined || !isUnit(unit)) return undefined;
  return micros(Number(count) * UNITS[unit]);
}

/** The shortest exact form: `100ms`, `1.5s`, `250us`. */
export function formatDuration(duration: Duration): string {
  const size = Math.abs(duration);
  if (size >= 1_000_000) return `${duration / 1_000_000}s`;
  if (size >= 1_000) return `${duration / 1_000}ms`;
  return `${duration}us`;
}
