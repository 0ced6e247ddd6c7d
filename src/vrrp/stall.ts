/**
 * What it means that this process stood still: a master should listen before it speaks again, and a backup should not
 * believe a silence that it slept through.
 */
import { between, type Duration, type Instant, times } from "../net/time.ts";
import { masterDownInterval } from "./intervals.ts";
import { paceOf, type RouterSettings } from "./settings.ts";

/** This process was due and did not run. */
export interface Standstill {
  readonly since: Instant;
  readonly until: Instant;
}

/** Of an interval: a shorter standstill hides no advert that would not have come by itself. */
const SHARE_OF_INTERVAL = 1 / 4;

/**
 * Whether a silence says little, because this process stood still when it was over. One that was over before, and waited
 * for its turn, is a whole one, unless it waited so long that somebody else may have claimed.
 *
 * @param due when it was over
 */
export function sleptThrough(due: Instant, interval: Duration, stoodStill: Standstill | undefined): boolean {
  if (stoodStill === undefined || stoodStill.until < due) return false;
  const length = between(stoodStill.since, stoodStill.until);
  return length >= (stoodStill.since > due ? interval : times(interval, SHARE_OF_INTERVAL));
}

export class StallGuard {
  #listenedAt: Instant | undefined;

  /**
   * How late the advert due at `due` is, when that is a stall that asks for listening: so many adverts are missing that
   * somebody has claimed. At most once per master-down interval, so that a host that stalls all the time still says who
   * it is.
   *
   * @param cadence the interval by which neighbours wait now
   */
  lateness(due: Instant, cadence: Duration, settings: RouterSettings, now: Instant): Duration | undefined {
    const lateness = between(due, now);
    if (lateness <= times(cadence, settings.downTimerAdverts)) return undefined;
    const masterDown = masterDownInterval(settings.priority, paceOf(settings));
    if (this.#listenedAt !== undefined && between(this.#listenedAt, now) <= masterDown) return undefined;
    this.#listenedAt = now;
    return lateness;
  }
}
