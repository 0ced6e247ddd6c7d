/** Too many masters, or none: the promise of VRRP itself. */
import { between, type Duration, type Instant, micros, millis, toMillis } from "../../net/time.ts";
import type { RouterSettings } from "../../vrrp/settings.ts";
import type { Observation, Report, Watcher, World } from "../observation.ts";

/** Two masters that can hear each other: the second has just claimed, and its advert is on its way. */
const OVERLAP_OF_A_CLAIM = millis(20);
/** What a stalled master adds to one interval while it listens. */
const LISTENING_MARGIN = millis(2);

interface Overlap {
  readonly since: Instant;
  limit: Duration;
}

/** At most one master among directors that hear each other. */
export class OneMaster implements Watcher {
  readonly name = "one-master";
  readonly #world: World;
  readonly #report: Report;
  /** Keyed by the two nodes: when they last began to hear each other. */
  readonly #healthySince = new Map<string, Instant>();
  readonly #overlaps = new Map<string, Overlap>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, { kind }: Observation): void {
    if (!["transition", "process", "asleep", "awake", "network"].includes(kind)) return;
    for (const [index, one] of this.#world.nodes.entries()) {
      for (const other of this.#world.nodes.slice(index + 1)) this.#compare(at, one, other);
    }
  }

  finish(at: Instant): void {
    for (const pair of [...this.#overlaps.keys()]) this.#ends(at, pair);
  }

  #compare(at: Instant, one: string, other: string): void {
    const pair = `${one} and ${other}`;
    const healthy = this.#world.healthy(one, other);
    if (!healthy) this.#healthySince.delete(pair);
    else if (!this.#healthySince.has(pair)) this.#healthySince.set(pair, at);
    for (const { name } of this.#world.settings(one)) {
      const { longest: interval } = this.#world.intervals(name);
      const both = [one, other].every((node) => this.#world.state(node, name) === "Master");
      const key = `${pair} of ${name}`;
      if (!(both && healthy)) this.#ends(at, key);
      else {
        const limit = this.#limit(at, pair, interval);
        const overlap = this.#overlaps.get(key) ?? { since: at, limit };
        const mute = [one, other].some((node) => this.#world.refuses(node, "advert"));
        // A master whose adverts the kernel refuses gives way when so many are missing that another claims.
        const refusals = this.#world.missingAdverts(name).most;
        if (mute)
          overlap.limit = micros(Math.max(overlap.limit, refusals * interval + this.#world.roundTrip()));
        this.#overlaps.set(key, overlap);
      }
    }
  }

  #limit(at: Instant, pair: string, interval: Duration): Duration {
    // Two that become able to hear each other: one of them speaks within an interval, and is answered.
    const calm = micros(interval + LISTENING_MARGIN + this.#world.roundTrip());
    const hearingFor = between(this.#healthySince.get(pair) ?? at, at);
    return hearingFor > calm ? OVERLAP_OF_A_CLAIM : micros(Math.max(calm, OVERLAP_OF_A_CLAIM));
  }

  #ends(at: Instant, key: string): void {
    const overlap = this.#overlaps.get(key);
    if (overlap === undefined) return;
    this.#overlaps.delete(key);
    const length = between(overlap.since, at);
    if (length <= overlap.limit) return;
    const text = `${key}: both master for ${toMillis(length)} ms, at most ${toMillis(overlap.limit)} ms are allowed`;
    this.#report(at, this.name, text);
  }
}

/** Once faults have stopped: exactly one master, and it is the one it should be. */
export class OneInTheEnd implements Watcher {
  readonly name = "one-in-the-end";
  readonly #world: World;
  readonly #report: Report;
  #settled = false;

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, { kind }: Observation): void {
    if (kind === "settled") this.#settled = true;
    if (this.#settled && ["settled", "handled", "process"].includes(kind))
      this.#countAt(at, 1, this.#world.nodes.length);
  }

  finish(at: Instant): void {
    this.#countAt(at, 1, 1);
    for (const router of this.#routers()) this.#expectBest(at, router);
    this.#expectTogether(at);
  }

  /** Routers of one sync group are master on one node. */
  #expectTogether(at: Instant): void {
    for (const node of this.#world.nodes) {
      const grouped = this.#world.settings(node).filter(({ syncGroup }) => syncGroup !== undefined);
      const serving = grouped.filter(({ name }) => this.#world.state(node, name) === "Master");
      if (serving.length === 0 || serving.length === grouped.length) continue;
      const text = `${node} is master of ${serving.length} of its group's ${grouped.length} routers`;
      this.#report(at, this.name, text);
    }
  }

  #countAt(at: Instant, least: number, most: number): void {
    for (const router of this.#routers()) {
      if (!this.#world.nodes.some((node) => this.#canServe(node, router))) continue;
      const masters = this.#world.nodes.filter((node) => this.#world.state(node, router) === "Master");
      if (masters.length >= least && masters.length <= most) continue;
      const who = masters.length === 0 ? "nobody is" : `${masters.join(" and ")} are`;
      this.#report(at, this.name, `${router}: ${who} master, though all faults are over`);
    }
  }

  /** Where everybody preempts and nobody waits with it, the highest priority serves, unless a drill holds it back. */
  #expectBest(at: Instant, router: string): void {
    const willing = this.#world.nodes.filter((node) => {
      return this.#canServe(node, router) && !this.#world.isHeldBack(node, router);
    });
    const priorityOf = (node: string) => this.#settingsOf(node, router)?.priority ?? 0;
    if (!willing.every((node) => preemptsAtOnce(this.#settingsOf(node, router)))) return;
    const master = this.#world.nodes.find((node) => this.#world.state(node, router) === "Master");
    const better = willing.find((node) => master !== undefined && priorityOf(node) > priorityOf(master));
    if (better === undefined) return;
    this.#report(
      at,
      this.name,
      `${router}: ${master} is master, but ${better} has the higher priority and preempts`,
    );
  }

  #canServe(node: string, router: string): boolean {
    const state = this.#world.state(node, router);
    return state === "Backup" || state === "Master" || state === "Leaving";
  }

  #settingsOf(node: string, router: string) {
    return this.#world.settings(node).find(({ name }) => name === router);
  }

  #routers(): readonly string[] {
    const [first] = this.#world.nodes;
    return first === undefined ? [] : this.#world.settings(first).map(({ name }) => name);
  }
}

function preemptsAtOnce(settings: RouterSettings | undefined): boolean {
  if (settings?.preempt !== true || settings.unheard === "give-way") return false;
  return settings.preemptDelay === 0 && !settings.damping;
}
