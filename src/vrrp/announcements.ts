/**
 * When a master announces its addresses: a burst on claiming, then a slow refresh for neighbours that missed it.
 *
 * One refresh, however often the router becomes master: each announcement puts it off.
 */
import { after, between, type Duration, earliest, type Instant, millis, seconds } from "../net/time.ts";

/** Announcements that others provoke come no faster than this. */
const SPACING = millis(100);

export interface AnnounceSettings {
  /** On becoming master addresses are announced at once, and again so long after that; ascending. */
  readonly burst: readonly Duration[];
  /** What is announced because neighbours may have been misled is announced once more after this; 0: never. */
  readonly again: Duration;
  /** Between two announcements at the most; 0: no limit. */
  readonly refresh: Duration;
  /** The same for addresses on other interfaces than the router's own. */
  readonly extraRefresh: Duration;
  /** Frames for each address each time: one for all, then the next for all. */
  readonly repeat: number;
  /** Between two frames on one interface at the least, whichever router they are for. */
  readonly pace: Duration;
}

/** What a cluster file gets that says nothing about it. */
export const DEFAULT_ANNOUNCE: AnnounceSettings = {
  burst: [millis(100), millis(1_100), seconds(5)],
  again: seconds(1),
  refresh: seconds(60),
  extraRefresh: seconds(0),
  repeat: 1,
  pace: seconds(0),
};

export class Announcements {
  /** One by one, in order. */
  #planned: readonly Instant[] = [];
  #last: Instant | undefined;
  #lastExtra: Instant | undefined;

  /** A claim: announce now, then as planned. */
  begin({ burst }: AnnounceSettings, now: Instant): void {
    this.#sent(now);
    this.#planned = burst.map((delay) => after(now, delay));
  }

  end(): void {
    this.#planned = [];
    this.#last = undefined;
    this.#lastExtra = undefined;
  }

  /**
   * One more, soon: `true` when it may go out now, and then another is planned, for a single frame may be lost and the
   * refresh is far away; else it is planned for the end of the spacing.
   */
  again(settings: AnnounceSettings, now: Instant): boolean {
    const last = this.#last;
    if (last !== undefined && between(last, now) < SPACING) {
      this.#plan(after(last, SPACING));
      return false;
    }
    // What fell due while we listened goes out with this one.
    this.#planned = this.#planned.filter((at) => at > now);
    if (settings.again > 0) this.#plan(after(now, settings.again));
    this.#sent(now);
    return true;
  }

  /** Which addresses are to be announced now, if any; it counts as done, with all others due by now. */
  due({ refresh, extraRefresh }: AnnounceSettings, now: Instant): "all" | "extra" | undefined {
    if (isDue(this.#planned[0], now) || isDue(repeated(this.#last, refresh), now)) {
      this.#planned = this.#planned.filter((at) => at > now);
      this.#sent(now);
      return "all";
    }
    if (!isDue(repeated(this.#lastExtra, extraRefresh), now)) return undefined;
    this.#lastExtra = now;
    return "extra";
  }

  next({ refresh, extraRefresh }: AnnounceSettings): Instant | undefined {
    const refreshes = [repeated(this.#last, refresh), repeated(this.#lastExtra, extraRefresh)];
    return earliest([this.#planned[0], ...refreshes]);
  }

  #sent(now: Instant): void {
    this.#last = now;
    this.#lastExtra = now;
  }

  /** Unless another is planned before it. */
  #plan(at: Instant): void {
    if (this.#planned.some((planned) => planned <= at)) return;
    this.#planned = [at, ...this.#planned];
  }
}

function repeated(last: Instant | undefined, refresh: Duration): Instant | undefined {
  return last === undefined || refresh === 0 ? undefined : after(last, refresh);
}

function isDue(at: Instant | undefined, now: Instant): boolean {
  return at !== undefined && at <= now;
}
