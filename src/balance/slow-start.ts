/** How much of its weight a server has that has just begun to serve. */
import { after, between, type Duration, type Instant, times } from "../net/time.ts";

/** Each is a write to the kernel and an event. */
const MOST_STEPS = 20;

interface Ramp {
  readonly weight: number;
  /** When it is worth looking again; `undefined` when the weight is whole. */
  readonly next: Instant | undefined;
}

/** At least 1, in equal steps up to the whole weight. */
export function ramp(weight: number, since: Instant, length: Duration, now: Instant): Ramp {
  const steps = Math.min(weight, MOST_STEPS);
  const step = Math.floor((between(since, now) * steps) / length);
  if (weight <= 1 || step >= steps) return { weight, next: undefined };
  const next = after(since, times(length, (step + 1) / steps));
  return {
    weight: Math.max(1, Math.floor((weight * step) / steps)),
    next: next > now ? next : after(now, length),
  };
}
