/** What a router remembers of the master it follows, and how long it waits for the next word. */
import type { IpAddress } from "../net/ip.ts";
import { after, type Duration, type Instant, micros, millis } from "../net/time.ts";
import type { Cause } from "./event.ts";
import { masterDownInterval, type Pace, skewTime } from "./intervals.ts";
import type { RouterSettings } from "./settings.ts";
import { type Standstill, sleptThrough } from "./stall.ts";

/** The last advert of a master other than us. */
export interface Heard {
  readonly source: IpAddress;
  readonly priority: number;
  readonly interval: Duration;
  /** When the kernel received it. */
  readonly at: Instant;
}

const LISTEN_MARGIN = millis(2);

type Remembered = Omit<Heard, "at"> & { at: Instant };

export class Hearing {
  #last: Remembered | undefined;
  /** A master of lower priority whose place we are about to take. */
  #lower: Heard | undefined;
  /** It was given a second wait since its last word. */
  #waitedAgain = false;
  /** When the wait for a master began that was never heard. */
  #waitingSince: Instant;

  constructor(now: Instant) {
    this.#waitingSince = now;
  }

  /** For now: when it was is changed in place, thousands of times a second. */
  get last(): Heard | undefined {
    return this.#last;
  }

  forget(now: Instant): void {
    this.#last = undefined;
    this.#lower = undefined;
    this.#waitingSince = now;
  }

  noteLower(heard: Heard): void {
    this.#lower = heard;
  }

  /** The master whose place we were about to take is followed, when we would not take it any more. */
  followLower({ preempt, priority }: RouterSettings): void {
    const lower = this.#lower;
    if (lower !== undefined && (!preempt || lower.priority >= priority)) this.note(lower);
  }

  /**
   * `false` for a goodbye that changes nothing: a repeated one (said faster than our skew time, it must not keep us from
   * ever claiming), and that of another than the master we follow (a former master that yields late says it too).
   */
  note(heard: Heard): boolean {
    const followed = this.#last;
    const leaves = followed === undefined || (followed.priority > 0 && followed.source === heard.source);
    if (heard.priority === 0 && !leaves) return false;
    // What waited in the queue of a stalled process is older than the hand-over that another of them brought about.
    const isOlder = followed !== undefined && followed.at > heard.at;
    const known = isOlder ? { ...heard, at: followed.at } : heard;
    this.#last = { ...known };
    this.#lower = undefined;
    this.#waitedAgain = false;
    return true;
  }

  /** The last word of the master that is followed, once more. */
  noteAgain(at: Instant): void {
    const last = this.#last;
    if (last !== undefined && at > last.at) last.at = at;
    this.#waitedAgain = false;
  }

  /** The addresses are the successor's now, and our wait begins, however old its adverts in a stalled queue were. */
  gaveWay(now: Instant): void {
    this.#waitingSince = now;
    if (this.#last !== undefined) this.#last.at = now;
  }

  /** When a router of this priority claims unless another advert comes; its own interval is used until one is learned. */
  downDeadline(priority: number, own: Pace): Instant {
    const heard = this.#last;
    if (heard === undefined) return after(this.#waitingSince, masterDownInterval(priority, own));
    const { version, downTimerAdverts } = own;
    const pace = { version, interval: heard.interval, downTimerAdverts };
    const wait = heard.priority === 0 ? skewTime(priority, pace) : masterDownInterval(priority, pace);
    return after(heard.at, wait);
  }

  /**
   * How long a backup waits once more when it slept through the end of its wait: as long as a master that slept with it
   * listens, an interval for its advert to arrive, and the skew time, by which the best backup is still the first.
   * Absent: the silence is to be believed, as after a goodbye, and after one such wait.
   *
   * @param due when the wait was over
   */
  secondWait(
    due: Instant,
    priority: number,
    own: Pace,
    stoodStill: Standstill | undefined,
  ): Duration | undefined {
    const heard = this.#last;
    if (heard === undefined || heard.priority === 0 || this.#waitedAgain) return undefined;
    const { interval } = heard;
    if (!sleptThrough(due, interval, stoodStill)) return undefined;
    this.#waitedAgain = true;
    return micros(this.listeningTime(interval) + interval + skewTime(priority, { ...own, interval }));
  }

  /** Why that deadline passed. */
  get silence(): { readonly cause: Cause; readonly detail: string } {
    const [heard, lower] = [this.#last, this.#lower];
    if (lower !== undefined)
      return { cause: "preempts", detail: `${lower.source} priority ${lower.priority}` };
    const detail = heard === undefined ? "nobody was heard" : `last heard ${heard.source}`;
    return { cause: heard?.priority === 0 ? "master-left" : "master-silent", detail };
  }

  /** How long a master that stalled listens: long enough for one advert of whoever took its place. */
  listeningTime(interval: Duration): Duration {
    return micros(Math.max(interval, this.#last?.interval ?? 0) + LISTEN_MARGIN);
  }
}
