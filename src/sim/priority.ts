/** The rule of the cluster file for priorities, written down a second time: whoever watches must not ask the core. */
import type { RouterSettings } from "../vrrp/settings.ts";
import type { Verdict } from "../vrrp/tracked.ts";

const [LEAST, MOST, OWNER] = [1, 254, 255];

/**
 * What is tracked adds its weight: while it is up if that is positive, while it is down if it is negative. Whoever is on
 * standby has the least.
 */
export function effectivePriority(
  { priority, tracks }: RouterSettings,
  verdictOf: (track: string) => Verdict,
  standby: boolean,
): number {
  if (priority === OWNER) return OWNER;
  if (standby) return LEAST;
  let sum: number = priority;
  for (const { name, weight } of tracks) {
    const verdict = verdictOf(name);
    if (weight !== undefined && verdict !== undefined && verdict.up === weight > 0) sum += weight;
  }
  return Math.max(LEAST, Math.min(MOST, sum));
}
