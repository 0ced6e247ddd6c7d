/** Since when two directors have heard each other without a break: what may be demanded of them depends on it. */
import { between, type Duration, type Instant, micros } from "../../net/time.ts";
import type { Observation, World } from "../observation.ts";

const NONE = micros(0);

export class MutualHearing {
  readonly #world: World;
  /** Keyed by the two nodes. */
  readonly #since = new Map<string, Instant>();

  constructor(world: World) {
    this.#world = world;
  }

  see(at: Instant, { kind }: Observation): void {
    if (!["process", "asleep", "awake", "network"].includes(kind)) return;
    for (const one of this.#world.nodes) {
      for (const other of this.#world.nodes) {
        const pair = `${one} ${other}`;
        if (one === other || !this.#world.healthy(one, other)) this.#since.delete(pair);
        else if (!this.#since.has(pair)) this.#since.set(pair, at);
      }
    }
  }

  /** 0 when they do not hear each other now. */
  lasting(one: string, other: string, at: Instant): Duration {
    const since = this.#since.get(`${one} ${other}`);
    return since === undefined ? NONE : between(since, at);
  }
}
