/**
 * VRRP's interval arithmetic (RFC 9568 §6.1), in one place.
 *
 * The wire counts centiseconds; inside, everything is a `Duration` in microseconds and nothing is truncated.
 */
import { type Duration, micros, millis, times } from "../net/time.ts";

/** The 12-bit Max Advertise Interval: 0.01 s … 40.95 s. */
export const MIN_INTERVAL = millis(10);
export const MAX_INTERVAL = millis(40_950);

const PRIORITY_RANGE = 256;
/** Adverts that must be missing before the master counts as gone. */
const MISSED_ADVERTS = 3;

/** Skew_Time: the better the priority, the shorter the wait; always below one interval. */
export function skewTime(priority: number, masterInterval: Duration): Duration {
  return times(masterInterval, (PRIORITY_RANGE - priority) / PRIORITY_RANGE);
}

/** Master_Down_Interval (RFC 9568: Active_Down_Interval). */
export function masterDownInterval(priority: number, masterInterval: Duration): Duration {
  return micros(MISSED_ADVERTS * masterInterval + skewTime(priority, masterInterval));
}

/**
 * How long a master that said goodbye waits for a successor: a backup that missed the goodbye claims after three
 * intervals and its skew, which is below one interval in VRRPv3; one interval more for its advert to arrive.
 */
export function handOverDeadline(interval: Duration): Duration {
  return times(interval, MISSED_ADVERTS + 2);
}
