/** The balancer's part in tracking: what it says of each tracked thing, again and again, and what was taken of it. */
import type { ElectorInput } from "../elector/input.ts";
import { micros } from "../net/time.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import type { Verdict } from "../vrrp/tracked.ts";
import type { VirtualClock } from "./clock.ts";

type Report = Extract<ElectorInput, { kind: "track" }>;

/** Said so often within the patience of whoever listens. */
const TIMES_WITHIN_PATIENCE = 3;

export class Reports {
  readonly #clock: VirtualClock;
  readonly #say: (report: Report) => void;
  readonly #down = new Set<string>();
  readonly #taken = new Map<string, Verdict>();

  constructor(clock: VirtualClock, say: (report: Report) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  /** From now on the thing is up, or down. */
  set(name: string, up: boolean): void {
    if (up) this.#down.delete(name);
    else this.#down.add(name);
    this.#tell(name);
  }

  /** Reports on everything that these routers track, for as long as `wanted` says so. */
  watch(routers: readonly RouterSettings[], wanted: () => boolean): void {
    const sources = new Map(
      routers.flatMap(({ tracks }) => tracks).map(({ name, source }) => [name, source]),
    );
    for (const [name, source] of sources) {
      if (source.kind !== "reported") continue;
      const pause = micros(source.patience / TIMES_WITHIN_PATIENCE);
      const repeat = () => {
        if (!wanted()) return;
        this.#tell(name);
        this.#clock.in(pause, repeat);
      };
      repeat();
    }
  }

  take({ name, up, detail }: Report): void {
    if (up !== undefined) this.#taken.set(name, { up, detail });
  }

  taken(name: string): Verdict {
    return this.#taken.get(name);
  }

  /** Another elector begins: it was told nothing yet. */
  forget(): void {
    this.#taken.clear();
  }

  #tell(name: string): void {
    const up = !this.#down.has(name);
    this.#say({ kind: "track", name, up, detail: up ? "answers" : "does not answer" });
  }
}
