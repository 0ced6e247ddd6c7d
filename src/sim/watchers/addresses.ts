/** The addresses follow the state. */
import { between, type Duration, type Instant, micros, millis, toMillis } from "../../net/time.ts";
import type { RouterSettings } from "../../vrrp/settings.ts";
import type { Observation, Report, Watcher, World } from "../observation.ts";

/** The kernel's word that an address is gone, and our putting it back, take so long. */
const REPAIR_TIME = millis(20);
/** When the kernel refuses an address, a master gives way after three intervals, but not sooner than this. */
const REFUSAL_FLOOR = millis(200);

interface Mismatch {
  readonly text: string;
  readonly since: Instant;
  limit: Duration;
}

/** An address is held exactly while its router is Master or Leaving. A dead process is judged by its will. */
export class HeldByMaster implements Watcher {
  readonly name = "held-by-master";
  readonly #world: World;
  readonly #report: Report;
  readonly #mismatches = new Map<string, Mismatch>();
  /** Routers that have not taken part since their process began: what it found there is not its doing. */
  readonly #untouched = new Set<string>();
  /** Routers whose mismatch began with a refusal of the kernel. */
  readonly #refused = new Set<string>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, observation: Observation): void {
    if (observation.kind === "network" || observation.kind === "settled") return;
    const { node } = observation;
    for (const settings of this.#world.settings(node)) {
      const key = `${node} ${settings.name}`;
      if (observation.kind === "process") this.#untouched.add(key);
      if (observation.kind === "transition" && !["Initialize", "Fault"].includes(observation.to)) {
        if (observation.router === settings.name) this.#untouched.delete(key);
      }
      if (["process", "asleep", "awake"].includes(observation.kind)) this.#mismatches.delete(key);
      if (["process", "asleep", "awake", "handled", "released"].includes(observation.kind)) {
        this.#look(at, node, settings);
      }
    }
  }

  finish(at: Instant): void {
    for (const key of [...this.#mismatches.keys()]) this.#ends(at, key);
  }

  #look(at: Instant, node: string, settings: RouterSettings): void {
    const key = `${node} ${settings.name}`;
    const text = this.#mismatch(node, settings);
    const known = this.#mismatches.get(key);
    if (known?.text !== text) this.#ends(at, key);
    if (this.#world.refuses(node, "hold")) this.#refused.add(key);
    else if (text === undefined && this.#world.awake(node)) this.#refused.delete(key);
    if (text === undefined) return;
    const { longest } = this.#world.intervals(settings.name);
    const refusal = micros(Math.max(3 * longest, REFUSAL_FLOOR) + REPAIR_TIME);
    const limit = this.#refused.has(key) ? refusal : REPAIR_TIME;
    if (known?.text !== text) this.#mismatches.set(key, { text, since: at, limit });
    else known.limit = micros(Math.max(known.limit, limit));
  }

  #mismatch(node: string, { name, addresses }: RouterSettings): string | undefined {
    if (!this.#world.awake(node) || this.#untouched.has(`${node} ${name}`)) return undefined;
    const state = this.#world.state(node, name);
    const held = this.#world.held(node, name);
    if (state === "Master" && addresses.some(({ address }) => !held.includes(address)))
      return "master without all its addresses";
    if (state === "Master" && held.length > addresses.length)
      return "master with an address it no longer has";
    if (state !== "Master" && state !== "Leaving" && held.length > 0) return `${state} with addresses`;
    return undefined;
  }

  #ends(at: Instant, key: string): void {
    const mismatch = this.#mismatches.get(key);
    this.#mismatches.delete(key);
    if (mismatch === undefined) return;
    const length = between(mismatch.since, at);
    if (length <= mismatch.limit) return;
    this.#report(at, this.name, `${key}: ${mismatch.text} for ${toMillis(length)} ms`);
  }
}
