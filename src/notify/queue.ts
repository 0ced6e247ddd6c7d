/**
 * What one notifier still has to be told: at most one state for each router, one delivery at a time.
 *
 * The latest state wins. What a router passes through while a delivery runs is never told, and when it is back where
 * the receiver believes it to be, nothing is.
 */
import { unreachable } from "../net/bug.ts";
import { after, type Duration, type Instant, micros, millis, seconds } from "../net/time.ts";
import type { State } from "../vrrp/state.ts";
import type { NotifyEvent } from "./event.ts";
import type { News } from "./notice.ts";
import type { DeliveryOutcome } from "./outcome.ts";
import type { NotifierSettings } from "./settings.ts";

/** A receiver that failed is tried again after this, then after twice as long, and so on. */
const FIRST_RETRY = seconds(1);
const LONGEST_RETRY = seconds(60);
/** Doubling more often is pointless. */
const MOST_DOUBLINGS = 6;
/** Whether somebody reads the FIFO by now: cheap to ask. */
const READER_LOOK = millis(500);

interface Place {
  latest: News;
  /** Where the receiver believes the router to be; absent when that is unknown. */
  believed: State | undefined;
}

export interface Delivery {
  readonly settings: NotifierSettings;
  readonly news: News;
}

export class NotifierQueue {
  #settings: NotifierSettings;
  readonly #places = new Map<string, Place>();
  /** Routers, in the order in which they are told. */
  #waiting = new Set<string>();
  #running: Delivery | undefined;
  #retryAt: Instant | undefined;
  #failures = 0;
  #told = "";
  #retired = false;

  constructor(settings: NotifierSettings) {
    this.#settings = settings;
  }

  get settings(): NotifierSettings {
    return this.#settings;
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Nothing is under way, and nothing waits but for another try. */
  get quiet(): boolean {
    return !this.running && (this.#waiting.size === 0 || this.#retryAt !== undefined);
  }

  /** Taken out of the cluster file: what runs is the last. */
  get retired(): boolean {
    return this.#retired;
  }

  /** When something is to be tried again; absent while a delivery runs or nothing waits. */
  get deadline(): Instant | undefined {
    return this.running || this.#waiting.size === 0 ? undefined : this.#retryAt;
  }

  /** A router came to another state. It is also a reason to try at once what failed before. */
  offer(news: News): void {
    if (this.#retired || this.#settings.routers?.includes(news.router) === false) return;
    const place = this.#places.get(news.router);
    if (place === undefined) this.#places.set(news.router, { latest: news, believed: undefined });
    else place.latest = news;
    this.#waiting.add(news.router);
    this.#retryAt = undefined;
  }

  /** A receiver that is new, or not the same any more, is told where every router is. */
  adopt(settings: NotifierSettings, latest: Iterable<News>): void {
    this.#settings = settings;
    this.#retired = false;
    this.#forgetAll();
    for (const news of latest) this.offer(news);
  }

  retire(): void {
    this.#retired = true;
    this.#forgetAll();
  }

  /** Forgets routers that are gone and whose end was told. */
  retain(routers: ReadonlySet<string>): void {
    for (const router of this.#places.keys()) {
      if (routers.has(router) || this.#waiting.has(router)) continue;
      if (this.#running?.news.router !== router) this.#places.delete(router);
    }
  }

  /** Begins the next delivery, if one is due. */
  begin(now: Instant): Delivery | undefined {
    if (this.running || (this.#retryAt !== undefined && now < this.#retryAt)) return undefined;
    this.#retryAt = undefined;
    for (const router of this.#waiting) {
      this.#waiting.delete(router);
      const place = this.#places.get(router);
      if (place === undefined || place.latest.state === place.believed) continue;
      if (!this.#settings.states.includes(place.latest.state)) {
        // Passed over: as good as told.
        place.believed = place.latest.state;
        continue;
      }
      this.#running = { settings: this.#settings, news: place.latest };
      return this.#running;
    }
    return undefined;
  }

  /** The delivery that was begun is over. */
  finished(outcome: DeliveryOutcome, now: Instant): NotifyEvent[] {
    const done = this.#running;
    if (done === undefined) return [];
    this.#running = undefined;
    // What another receiver was told says nothing about this one.
    const current = done.settings === this.#settings && !this.#retired;
    const place = current ? this.#places.get(done.news.router) : undefined;
    if (place !== undefined) place.believed = outcome.kind === "delivered" ? done.news.state : undefined;
    const { router, state } = done.news;
    const subject = { notifier: done.settings.name, router, state };
    switch (outcome.kind) {
      case "delivered": {
        const failures = this.#failures;
        this.#failures = 0;
        this.#told = "";
        return [{ kind: "notified", ...subject, failures }];
      }
      case "no-reader":
        if (place === undefined) return [];
        // Still the first: lines keep their order.
        this.#waiting = new Set([router, ...this.#waiting]);
        this.#retryAt = after(now, READER_LOOK);
        return [];
      case "failed": {
        const retryIn = this.#retryAfterFailure(place, done, now);
        const { reason, detail, output } = outcome;
        const text = `${reason} ${detail}`;
        const known = retryIn !== undefined && text === this.#told;
        if (retryIn !== undefined) this.#told = text;
        return known ? [] : [{ kind: "notify-failed", ...subject, reason, detail, output, retryIn }];
      }
      default:
        return unreachable(outcome);
    }
  }

  #forgetAll(): void {
    this.#places.clear();
    this.#waiting.clear();
    this.#retryAt = undefined;
    this.#failures = 0;
    this.#told = "";
  }

  /** Scripts are not run twice for one transition: nobody knows how far the first one came. */
  #retryAfterFailure(place: Place | undefined, { settings, news }: Delivery, now: Instant) {
    if (place === undefined || settings.type === "script") return undefined;
    const wait = retryAfter(this.#failures);
    this.#failures += 1;
    // Behind the others, so that one that is never taken does not keep them from being told.
    this.#waiting.delete(news.router);
    this.#waiting.add(news.router);
    this.#retryAt = after(now, wait);
    return wait;
  }
}

function retryAfter(failures: number): Duration {
  return micros(Math.min(FIRST_RETRY * 2 ** Math.min(failures, MOST_DOUBLINGS), LONGEST_RETRY));
}
