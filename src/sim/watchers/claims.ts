/** A backup waits its time: nobody claims while a master is heard that it must not replace. */
import { after, between, type Duration, type Instant, seconds, times, toMillis } from "../../net/time.ts";
import type { RouterSettings } from "../../vrrp/settings.ts";
import type { Observation, Report, Watcher, World } from "../observation.ts";
import { noSooner } from "./allowance.ts";

const PRIORITIES = 256;
/** From then on a director counts as ready without its balancer's word. */
const READY_LIMIT = seconds(30);

interface Patience {
  readyAt: Instant;
  /** Stays behind after a drill until it is needed. */
  drilled: boolean;
  /** When the last advert came that it had to respect, or when it gave way itself. */
  heardAt: Instant | undefined;
  /** The first goodbye since. */
  goodbyeAt: Instant | undefined;
  /** By which it waits: the master's, once it has heard one. */
  interval: Duration;
  /** How many adverts must be missing. */
  missing: number;
  /** The best that it had while it waited. */
  priority: number;
}

export class RightfulClaim implements Watcher {
  readonly name = "rightful-claim";
  readonly #world: World;
  readonly #report: Report;
  readonly #patience = new Map<string, Patience>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, observation: Observation): void {
    if (observation.kind === "network" || observation.kind === "settled") return;
    for (const settings of this.#world.settings(observation.node)) {
      this.#note(at, observation.node, settings, observation);
    }
  }

  finish(): void {}

  #note(at: Instant, node: string, settings: RouterSettings, seen: Observation): void {
    if (!["process", "ready", "heard", "transition"].includes(seen.kind)) return;
    const key = `${node} ${settings.name}`;
    const { shortest } = this.#world.intervals(settings.name);
    const { fewest } = this.#world.missingAdverts(settings.name);
    const priority = this.#world.priority(node, settings.name) ?? settings.priority;
    if (seen.kind === "process") this.#patience.set(key, freshPatience(at, shortest, fewest));
    const patience = this.#patience.get(key);
    if (patience === undefined) return;
    if (seen.kind === "ready") patience.readyAt = at;
    patience.priority = Math.max(patience.priority, priority);
    patience.missing = fewest;
    if (seen.kind === "heard" && seen.router === settings.name)
      hear(at, { ...settings, priority }, patience, seen);
    if (seen.kind !== "transition" || seen.router !== settings.name) return;
    if (seen.from === "Backup" && seen.to === "Master") this.#judge(at, key, patience);
    if (seen.to === "Master") patience.drilled = false;
    if (seen.to === "Leaving" && seen.cause === "drill") patience.drilled = true;
    // Who has just handed over waits its time like anybody else.
    if (seen.from === "Leaving" && seen.to === "Backup") {
      patience.heardAt = at;
      patience.interval = shortest;
    }
  }

  #judge(at: Instant, key: string, patience: Patience): void {
    const { heardAt, goodbyeAt } = patience;
    if (heardAt === undefined) return;
    const waited = between(heardAt, at);
    if (waited >= noSooner(waitFor(patience, false))) return;
    if (goodbyeAt !== undefined && between(goodbyeAt, at) >= noSooner(waitFor(patience, true))) return;
    const wait = toMillis(waitFor(patience, goodbyeAt !== undefined));
    const said = goodbyeAt === undefined ? "" : `, ${toMillis(between(goodbyeAt, at))} ms after a goodbye`;
    const text = `claims ${toMillis(waited)} ms after an advert it must respect${said}: it has to wait ${wait} ms`;
    this.#report(at, this.name, `${key}: ${text}`);
  }
}

function freshPatience(at: Instant, interval: Duration, missing: number): Patience {
  const readyAt = after(at, READY_LIMIT);
  return {
    readyAt,
    drilled: false,
    heardAt: undefined,
    goodbyeAt: undefined,
    interval,
    missing,
    priority: 0,
  };
}

function waitFor({ interval, missing, priority }: Patience, goodbye: boolean): Duration {
  return times(interval, (goodbye ? 0 : missing) + (PRIORITIES - priority) / PRIORITIES);
}

function hear(
  at: Instant,
  { preempt, priority }: RouterSettings,
  patience: Patience,
  heard: Extract<Observation, { kind: "heard" }>,
): void {
  const mayPreempt = preempt && !patience.drilled && at >= patience.readyAt;
  if (mayPreempt && heard.priority > 0 && heard.priority < priority) return;
  const receivedAt = after(at, times(heard.age, -1));
  if (heard.priority === 0) patience.goodbyeAt ??= receivedAt;
  else {
    patience.goodbyeAt = undefined;
    patience.heardAt = receivedAt;
    patience.interval = heard.interval;
    patience.priority = priority;
  }
}
