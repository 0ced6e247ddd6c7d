/** Two hosts that hold one address confuse the whole segment: for how long that may be. */
import { between, type Duration, type Instant, micros, millis, toMillis } from "../../net/time.ts";
import type { Observation, Report, Watcher, World } from "../observation.ts";
import { MutualHearing } from "./hearing.ts";

/** By plan: to the successor's announcements, which take no longer and are not lost where all is well. */
const PLANNED = millis(20);
/** A router with leftovers listens, and a stalled master does, a little longer than an interval. */
const LISTENING_MARGIN = millis(2);

interface Overlap {
  readonly since: Instant;
  limit: Duration;
}

/** One address on two directors that hear each other, one of them master: 20 ms by plan, else one interval and a round trip before that. */
export class AddressOverlap implements Watcher {
  readonly name = "address-overlap";
  readonly #world: World;
  readonly #report: Report;
  readonly #hearing: MutualHearing;
  readonly #overlaps = new Map<string, Overlap>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
    this.#hearing = new MutualHearing(world);
  }

  see(at: Instant, observation: Observation): void {
    this.#hearing.see(at, observation);
    const { kind } = observation;
    if (!["held", "released", "transition", "process", "asleep", "awake", "network"].includes(kind)) return;
    for (const [index, one] of this.#world.nodes.entries()) {
      for (const other of this.#world.nodes.slice(index + 1)) this.#compare(at, one, other);
    }
  }

  finish(at: Instant): void {
    for (const key of [...this.#overlaps.keys()]) this.#ends(at, key);
  }

  #compare(at: Instant, one: string, other: string): void {
    const healthy = this.#world.healthy(one, other);
    for (const { name } of this.#world.settings(one)) {
      const key = `${one} and ${other} of ${name}`;
      const held = healthy ? this.#world.held(other, name) : [];
      const both = held.length > 0 && this.#world.held(one, name).some((address) => held.includes(address));
      // What two have left over, and neither speaks for, is for their wait to settle.
      const told = [one, other].some((node) => this.#world.state(node, name) === "Master");
      if (!(both && told)) this.#ends(at, key);
      else {
        const overlap = this.#overlaps.get(key) ?? { since: at, limit: this.#limit(at, one, other, name) };
        if ([one, other].some((node) => this.#world.refuses(node, "advert"))) {
          // A master whose adverts the kernel refuses gives way when so many are missing that another claims.
          const { longest } = this.#world.intervals(name);
          const refusals = this.#world.missingAdverts(name).most;
          overlap.limit = micros(Math.max(overlap.limit, (refusals + 1) * longest));
        }
        this.#overlaps.set(key, overlap);
      }
    }
  }

  #limit(at: Instant, one: string, other: string, router: string): Duration {
    const planned = micros(PLANNED + this.#world.roundTrip());
    const unplanned = micros(this.#world.intervals(router).longest + LISTENING_MARGIN + planned);
    return this.#hearing.lasting(one, other, at) > unplanned ? planned : unplanned;
  }

  #ends(at: Instant, key: string): void {
    const overlap = this.#overlaps.get(key);
    if (overlap === undefined) return;
    this.#overlaps.delete(key);
    const length = between(overlap.since, at);
    if (length <= overlap.limit) return;
    const text = `${key}: both hold an address for ${toMillis(length)} ms, at most ${toMillis(overlap.limit)} ms are allowed`;
    this.#report(at, this.name, text);
  }
}
