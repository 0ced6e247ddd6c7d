/**
 * Who speaks when. Routers whose adverts all leave together are all missed together: a successor would have to claim a
 * thousand at one instant, and the last of them waits for all the others. So they speak in turns, some at a time, and
 * come due in turns; few enough that nobody wakes for each.
 */
import { type Duration, times } from "../net/time.ts";
import { type RouterSettings, routerOf } from "../vrrp/settings.ts";
import { ROUTERS_PER_TICK } from "./agenda.ts";

/** In one interval: each costs a wake, and is one slice of work for whoever claims it. A turn of a thousand routers at 100 ms is claimed before the next one is due. */
const MOST_TURNS = 16;

export class Turns {
  /** How far into each interval a router speaks, by name. */
  #turns: ReadonlyMap<string, Duration> = new Map();

  /**
   * Those that have the same interval share it, in the order of the file: neighbours there are on one interface mostly.
   * Whoever claims together speaks together: a sync group waits for the silence of its last member, and so do the
   * elections of one router.
   */
  adopt(routers: readonly RouterSettings[]): void {
    const turns = new Map<string, Duration>();
    for (const interval of new Set(routers.map((one) => one.interval))) {
      const sharers = routers.filter((one) => one.interval === interval);
      const count = Math.min(Math.ceil(sharers.length / ROUTERS_PER_TICK), MOST_TURNS);
      if (count < 2) continue;
      const together = new Map<string, Duration>();
      for (const [place, { name, syncGroup = routerOf(name) }] of sharers.entries()) {
        const own = times(interval, Math.floor((place * count) / sharers.length) / count);
        const turn = together.get(syncGroup) ?? own;
        together.set(syncGroup, turn);
        turns.set(name, turn);
      }
    }
    this.#turns = turns;
  }

  /** Absent when there are so few routers that they may speak whenever they like. */
  of(router: string): Duration | undefined {
    return this.#turns.get(router);
  }
}
