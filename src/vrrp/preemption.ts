/**
 * When a backup takes the place of a living master with a lower priority: at once, after a delay, or, when it has lost its
 * place again and again, after a hold-down that grows. Silence is another matter: whoever hears nobody claims.
 */
import { after, between, type Duration, type Instant, micros, minutes, seconds } from "../net/time.ts";
import type { Cause } from "./event.ts";
import type { RouterSettings } from "./settings.ts";
import type { State } from "./state.ts";

/** What happened longer ago is forgiven. */
const MEMORY = minutes(10);
/** One loss is an accident; from the second within MEMORY on we wait 10 s, 20 s, 40 s … */
const FIRST_HOLD_DOWN = seconds(10);
const LONGEST_HOLD_DOWN = minutes(5);
const REMEMBERED = 16;

/** Leaving because somebody wanted it says nothing about our health. */
const PLANNED: ReadonlySet<Cause> = new Set(["drill", "step-down", "stop", "removed", "better-master"]);

/** Why a preemption waits, and until when. */
export interface HoldDown {
  readonly until: Instant;
  readonly why: "delay" | "damping";
}

export class Preemption {
  /** Since when only masters with a lower priority were heard. */
  #lowerSince: Instant | undefined;
  /** When we lost our place, unplanned. */
  #losses: Instant[] = [];

  /** An advert was heard: does it come from a master whose place we would take now? */
  heard(priority: number, settings: RouterSettings, now: Instant): boolean {
    if (priority === 0 || priority >= settings.priority) this.#lowerSince = undefined;
    else this.#lowerSince ??= now;
    return settings.preempt && this.holdDown(settings, now) === undefined;
  }

  moved(from: State, to: State, cause: Cause, now: Instant): void {
    this.#lowerSince = undefined;
    if (from !== "Master" || to === "Master" || PLANNED.has(cause)) return;
    this.#losses = [...this.#losses, now].slice(-REMEMBERED);
  }

  /** What a preemption has to wait for, if there is anybody to preempt. */
  holdDown({ preempt, preemptDelay, damping }: RouterSettings, now: Instant): HoldDown | undefined {
    if (!preempt) return undefined;
    const damped = damping ? this.#dampedUntil(now) : undefined;
    const delayed = this.#lowerSince === undefined ? undefined : after(this.#lowerSince, preemptDelay);
    if (damped !== undefined && damped > now && (delayed === undefined || damped > delayed)) {
      return { until: damped, why: "damping" };
    }
    return delayed !== undefined && delayed > now ? { until: delayed, why: "delay" } : undefined;
  }

  #dampedUntil(now: Instant): Instant | undefined {
    const recent = this.#losses.filter((at) => between(at, now) < MEMORY);
    const last = recent.at(-1);
    return last === undefined || recent.length < 2 ? undefined : after(last, holdDownAfter(recent.length));
  }
}

function holdDownAfter(losses: number): Duration {
  return micros(Math.min(FIRST_HOLD_DOWN * 2 ** (losses - 2), LONGEST_HOLD_DOWN));
}
