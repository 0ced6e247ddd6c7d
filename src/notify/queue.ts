/**
 * What one notifier still has to be told: at most one state for each router, server and service, one delivery at a time.
 *
 * The latest state wins. What one of them passes through while a delivery runs is never told, and when it is back where
 * the receiver believes it to be, nothing is. So thousands of servers that fail at once take a place each, and no more.
 */
import { unreachable } from "../net/bug.ts";
import { after, type Duration, type Instant, micros, millis, seconds } from "../net/time.ts";
import type { NotifyEvent } from "./event.ts";
import type { News } from "./notice.ts";
import type { DeliveryOutcome } from "./outcome.ts";
import { hearsOf, type NotifierSettings } from "./settings.ts";
import { idOf, type NotifyState, namesOf, type Subject, usualState } from "./subject.ts";
import { WaitingList } from "./waiting.ts";

/** A receiver that failed is tried again after this, then after twice as long, and so on. */
const FIRST_RETRY = seconds(1);
const LONGEST_RETRY = seconds(60);
/** Doubling more often is pointless. */
const MOST_DOUBLINGS = 6;
/** Whether somebody reads the FIFO by now: cheap to ask. */
const READER_LOOK = millis(500);

interface Place {
  latest: News;
  /** Where the receiver believes it to be; absent when that is unknown. */
  believed: NotifyState | undefined;
}

export interface Delivery {
  readonly settings: NotifierSettings;
  readonly news: News;
}

export class NotifierQueue {
  #settings: NotifierSettings;
  /** By `idOf`. A service or server that has none is believed to be as it should. */
  readonly #places = new Map<string, Place>();
  readonly #waiting = new WaitingList();
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

  /** What is still to be told. */
  get left(): number {
    const places = this.#waiting.ids().flatMap((id) => this.#places.get(id) ?? []);
    return places.filter((place) => this.#isNews(place)).length;
  }

  /** Something came to another state. It is also a reason to try at once what failed before. */
  offer(news: News): void {
    const { subject, state } = news;
    if (this.#retired || !concerns(this.#settings, subject)) return;
    const id = idOf(subject);
    const place = this.#places.get(id);
    if (place === undefined) {
      const believed = this.#settings.startAndStop ? undefined : usualState(subject.kind);
      if (state === believed) return;
      this.#places.set(id, { latest: news, believed });
    } else place.latest = news;
    this.#waiting.add(subject, id);
    this.#retryAt = undefined;
  }

  /** Something is in that state, perhaps for long. */
  compare(news: News): void {
    if (this.#places.get(idOf(news.subject))?.latest.state !== news.state) this.offer(news);
  }

  /** A receiver that is new, or not the same any more, knows nothing. */
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
  retainRouters(there: ReadonlySet<string>): void {
    for (const [id, { latest }] of this.#places) {
      if (latest.subject.kind !== "router" || there.has(id) || this.#waiting.has(id)) continue;
      if (this.#running === undefined || idOf(this.#running.news.subject) !== id) this.#places.delete(id);
    }
  }

  /** Forgets servers and services that are gone: their end is a line of the plan, and is not told. */
  retainServices(there: ReadonlySet<string>): void {
    for (const [id, { latest }] of this.#places) {
      if (latest.subject.kind === "router" || there.has(id)) continue;
      this.#places.delete(id);
      this.#waiting.delete(id);
    }
  }

  /** Begins the next delivery, if one is due. */
  begin(now: Instant): Delivery | undefined {
    if (this.running || (this.#retryAt !== undefined && now < this.#retryAt)) return undefined;
    this.#retryAt = undefined;
    for (let id = this.#waiting.take(); id !== undefined; id = this.#waiting.take()) {
      const place = this.#places.get(id);
      if (place === undefined) continue;
      if (this.#isNews(place)) {
        this.#running = { settings: this.#settings, news: place.latest };
        return this.#running;
      }
      // Passed over: as good as told.
      place.believed = place.latest.state;
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
    const { subject, state } = done.news;
    const id = idOf(subject);
    const place = current ? this.#places.get(id) : undefined;
    if (place !== undefined) place.believed = outcome.kind === "delivered" ? state : undefined;
    const told = { notifier: done.settings.name, ...namesOf(subject), state };
    switch (outcome.kind) {
      case "delivered": {
        const failures = this.#failures;
        this.#failures = 0;
        this.#told = "";
        return [{ kind: "notified", ...told, failures }];
      }
      case "no-reader":
        if (place === undefined) return [];
        // Still the first: lines keep their order.
        this.#waiting.addFirst(subject, id);
        this.#retryAt = after(now, READER_LOOK);
        return [];
      case "failed": {
        const retryIn = this.#retryAfterFailure(place, done, now);
        const { reason, detail, output } = outcome;
        const text = `${reason} ${detail}`;
        const known = retryIn !== undefined && text === this.#told;
        if (retryIn !== undefined) this.#told = text;
        return known ? [] : [{ kind: "notify-failed", ...told, reason, detail, output, retryIn }];
      }
      default:
        return unreachable(outcome);
    }
  }

  #isNews({ latest, believed }: Place): boolean {
    return latest.state !== believed && this.#settings.states.includes(latest.state);
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
    const id = idOf(news.subject);
    this.#waiting.delete(id);
    this.#waiting.add(news.subject, id);
    this.#retryAt = after(now, wait);
    return wait;
  }
}

function concerns(settings: NotifierSettings, subject: Subject): boolean {
  if (!hearsOf(settings, subject.kind)) return false;
  return subject.kind === "router"
    ? settings.routers?.includes(subject.router) !== false
    : settings.services?.includes(subject.service) !== false;
}

function retryAfter(failures: number): Duration {
  return micros(Math.min(FIRST_RETRY * 2 ** Math.min(failures, MOST_DOUBLINGS), LONGEST_RETRY));
}
