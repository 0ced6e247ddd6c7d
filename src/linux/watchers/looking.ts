/** Looks at a state that routers track: when something rings, when a change has lasted, and every two seconds in any case. */
import { type Delays, type Reading, type Steady, settle } from "../../checks/steady.ts";
import type { Watched } from "../../checks/watch.ts";
import type { TrackReport } from "../../elector/tracks.ts";
import { between, toMillis } from "../../net/time.ts";
import { now } from "../clock.ts";

/** What is said of a track, without its name. */
export type Tell = (found: Omit<TrackReport, "name">) => void;

export function foundBy({ up }: Watched, detail: string): Parameters<Tell>[0] {
  return { detail, ...(up === undefined ? {} : { up }) };
}

/** The reports are awaited at this interval (src/config/track.ts). */
const LOOK_MS = 2_000;
/** However often it rings. */
const REST_MS = 10;

/** Ends a wait; a ring while nobody waits ends the next one. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Until it rings, for `longest` milliseconds at the most. */
  async wait(longest: number): Promise<void> {
    if (!this.#rung) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, longest);
      });
      clearTimeout(timer);
    }
    this.#rung = false;
    this.#wake = undefined;
  }
}

/** Until `signal`. @param look must not reject; `undefined`: there is no verdict yet */
export async function keepLooking(
  look: () => Promise<Reading | undefined> | Reading | undefined,
  delays: Delays,
  { bell, tell, signal }: { readonly bell: Bell; readonly tell: Tell; readonly signal: AbortSignal },
): Promise<void> {
  let steady: Steady | undefined;
  signal.addEventListener("abort", () => bell.ring(), { once: true });
  while (!signal.aborted) {
    const reading = await look();
    if (signal.aborted) return;
    if (reading !== undefined) steady = settle(steady, reading, delays, now());
    tell(steady?.verdict ?? { detail: "nothing is known yet" });
    const settles = steady?.next === undefined ? LOOK_MS : toMillis(between(now(), steady.next.at));
    // Rounded up: too early there would be nothing to settle.
    await bell.wait(Math.min(LOOK_MS, Math.max(REST_MS, Math.ceil(settles))));
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
  }
}
