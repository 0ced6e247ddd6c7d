/** Notices that this process stood still, and says whether a master should listen before it speaks again. */
import { between, type Duration, type Instant, times } from "../net/time.ts";
import { masterDownInterval } from "./intervals.ts";
import { paceOf, type RouterSettings } from "./settings.ts";

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
