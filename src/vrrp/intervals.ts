/**
 * VRRP's interval arithmetic (RFC 9568 §6.1), in one place.
 *
 * The wire counts centiseconds; inside, everything is a `Duration` in microseconds and nothing is truncated.
 */
import { type Duration, micros, millis, seconds, times } from "../net/time.ts";

/** The 12-bit Max Advertise Interval: 0.01 s … 40.95 s. */
export const MIN_INTERVAL = millis(10);
export const MAX_INTERVAL = millis(40_950);

/** Version 2 counts whole seconds, in one byte. */
export const MIN_INTERVAL_V2 = seconds(1);
export const MAX_INTERVAL_V2 = seconds(255);

const SECOND = seconds(1);
const PRIORITY_RANGE = 256;
/** RFC 9568 knows no other number; keepalived's `down_timer_adverts`, which has one, begins with this, too. */
export const DEFAULT_DOWN_TIMER_ADVERTS = 3;

/** What waits are made of: the protocol's version, and the interval of the master that is waited for. */
export interface Pace {
  readonly version: 2 | 3;
  readonly interval: Duration;
  /** Adverts that must be missing before the master counts as gone: 1 … 100. */
  readonly downTimerAdverts: number;
}

/** Skew_Time: the better the priority, the shorter the wait; always below one interval. Version 2 counts in seconds. */
export function skewTime(
  priority: number,
  { version, interval }: Pick<Pace, "version" | "interval">,
): Duration {
  return times(version === 2 ? SECOND : interval, (PRIORITY_RANGE - priority) / PRIORITY_RANGE);
}

/** Master_Down_Interval (RFC 9568: Active_Down_Interval). */
export function masterDownInterval(priority: number, pace: Pace): Duration {
  return micros(pace.downTimerAdverts * pace.interval + skewTime(priority, pace));
}

/**
 * How long a master that said goodbye waits for a successor: a backup that missed the goodbye claims after a master-down
 * interval, whose skew is below one interval; one interval more for its advert to arrive.
 */
export function handOverDeadline({
  interval,
  downTimerAdverts,
}: Pick<Pace, "interval" | "downTimerAdverts">): Duration {
  return times(interval, downTimerAdverts + 2);
}
