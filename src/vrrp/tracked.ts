/** What a router watches beside its own interfaces: a failure is a fault, or shifts its priority. */
import type { Duration } from "../net/time.ts";
import type { RouterSettings } from "./settings.ts";

/** Where the verdicts come from. */
export type TrackSource =
  /** The elector itself looks at the link; a change counts when it has lasted. */
  | {
      readonly kind: "interface";
      readonly interface: string;
      readonly upDelay: Duration;
      readonly downDelay: Duration;
    }
  /** The balancer says so again and again; when it has said nothing for `patience`, it counts as down. */
  | { readonly kind: "reported"; readonly patience: Duration };

export interface Track {
  /** Of the thing that is watched: several routers may watch it. */
  readonly name: string;
  readonly source: TrackSource;
  /** Added to the priority: while it is up when positive, while it is down when negative. Absent: down is a fault. */
  readonly weight?: number;
}

/** `undefined`: nobody has looked yet. `value`: of what is a number; the weight counts so many times, whether it is up or not. */
export type Verdict = { readonly up: boolean; readonly value?: number; readonly detail: string } | undefined;

const [LEAST, MOST, OWNER] = [1, 254, 255];

/** The configured priority with the weights of what is watched, or on standby the least; an owner's is never shifted. */
export function effectivePriority(
  { priority, tracks }: RouterSettings,
  verdictOf: (name: string) => Verdict,
  standby = false,
): number {
  if (priority === OWNER) return OWNER;
  if (standby) return LEAST;
  const shift = tracks.reduce((sum, { name, weight = 0 }) => {
    return sum + weight * countOf(weight, verdictOf(name));
  }, 0);
  return Math.min(Math.max(priority + shift, LEAST), MOST);
}

/** How many times a weight counts. */
function countOf(weight: number, verdict: Verdict): number {
  if (verdict?.value !== undefined) return verdict.value;
  return verdict?.up === weight > 0 ? 1 : 0;
}

/** The first that is down and has no weight. */
export function failedTrack(
  tracks: readonly Track[],
  verdictOf: (name: string) => Verdict,
): { readonly name: string; readonly detail: string } | undefined {
  for (const { name, weight } of tracks) {
    const verdict = verdictOf(name);
    if (weight === undefined && verdict?.up === false) return { name, detail: verdict.detail };
  }
  return undefined;
}

/** What is known of all of them, in short. */
export function trackTexts(tracks: readonly Track[], verdictOf: (name: string) => Verdict): string {
  return tracks.map(({ name }) => `${name} ${wordFor(verdictOf(name))}`).join(", ");
}

function wordFor(verdict: Verdict): string {
  if (verdict === undefined) return "unknown";
  if (verdict.value !== undefined) return `${verdict.value}`;
  return verdict.up ? "up" : "down";
}
