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
/** One loss is an accident. */
const FORGIVEN = 1;
/** From then on we wait 10 s, 20 s, 40 s … */
const FIRST_HOLD_DOWN = seconds(10);
const LONGEST_HOLD_DOWN = minutes(5);
const REMEMBERED = 16;

/** A link that carries one way only stays like that until somebody comes; each try has two masters for a moment. */
const UNHEARD_MEMORY = minutes(60);

/** Leaving because somebody wanted it says nothing about our health. */
const PLANNED: ReadonlySet<Cause> = new Set(["drill", "step-down", "stop", "removed", "better-master"]);

/** Why a preemption waits, and until when. */
export interface HoldDown {
  readonly until: Instant;
  readonly why: "delay" | "damping" | "not-heard";
}

export class Preemption {
  /** Since when only masters with a lower priority were heard. */
  #lowerSince: Instant | undefined;
  /** When we lost our place, unplanned. */
  #losses: Instant[] = [];
  /** When we gave way because we were not heard. */
  #unheard: Instant[] = [];

  /** An advert was heard: does it come from a master whose place we would take now? */
  heard(priority: number, settings: RouterSettings, now: Instant): boolean {
    if (priority === 0 || priority >= settings.priority) this.#lowerSince = undefined;
    else this.#lowerSince ??= now;
    return settings.preempt && this.holdDown(settings, now) === undefined;
  }

  moved(from: State, to: State, cause: Cause, now: Instant): void {
    this.#lowerSince = undefined;
    if (from !== "Master" || to === "Master" || PLANNED.has(cause)) return;
    if (cause === "not-heard") this.#unheard = [...this.#unheard, now].slice(-REMEMBERED);
    else this.#losses = [...this.#losses, now].slice(-REMEMBERED);
  }

  /** What a preemption has to wait for, if there is anybody to preempt: the longest of its waits. */
  holdDown({ preempt, preemptDelay, damping }: RouterSettings, now: Instant): HoldDown | undefined {
    if (!preempt) return undefined;
    const delayed = this.#lowerSince === undefined ? undefined : after(this.#lowerSince, preemptDelay);
    const waits = [
      { why: "delay", until: delayed },
      { why: "damping", until: damping ? growing(this.#losses, MEMORY, FORGIVEN, now) : undefined },
      { why: "not-heard", until: growing(this.#unheard, UNHEARD_MEMORY, 0, now) },
    ] as const;
    let longest: HoldDown | undefined;
    for (const { why, until } of waits)
      if (until !== undefined && until > (longest?.until ?? now)) longest = { until, why };
    return longest;
  }
}

/** Until when the last of several losses makes us wait: twice as long as the one before it. */
function growing(
  losses: readonly Instant[],
  memory: Duration,
  forgiven: number,
  now: Instant,
): Instant | undefined {
  const recent = losses.filter((at) => between(at, now) < memory);
  const last = recent.at(-1);
  const counted = recent.length - forgiven;
  if (last === undefined || counted < 1) return undefined;
  return after(last, micros(Math.min(FIRST_HOLD_DOWN * 2 ** (counted - 1), LONGEST_HOLD_DOWN)));
}
