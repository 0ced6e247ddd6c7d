/** Leaving ends in time, and no address is given up before somebody else has it. */
import { between, type Duration, type Instant, micros, millis, times, toMillis } from "../../net/time.ts";
import type { RouterSettings } from "../../vrrp/settings.ts";
import type { Observation, Report, Watcher, World } from "../observation.ts";
import { noLater, noSooner } from "./allowance.ts";

/** Beside the adverts that must be missing: the skew of a backup that missed the goodbye, and its advert. */
const MORE_INTERVALS = 2;
/** After a better one spoke, two hold an address for so long at most. */
const OVERLAP = millis(20);
const PRIORITIES = 256;

/** What excuses a release at once: there is no way, or no right, to serve any longer. */
const EXCUSES = [
  "link-down",
  "no-source-address",
  "adverts-refused",
  "address-missing",
  "address-contested",
  "address-not-ours",
];

/** What makes a router let go when nobody has come in time. */
const YIELDS = ["track-failed", "group-fault", "group-yields"];

function handOverTime(
  { interval, downTimerAdverts, stopTimeout }: RouterSettings,
  stopping: boolean,
): Duration {
  const length = times(interval, downTimerAdverts + MORE_INTERVALS);
  return stopping ? micros(Math.min(length, stopTimeout)) : length;
}

/** An adoption listens no longer than anybody waits for a master. */
function adoptionTime({ interval, downTimerAdverts, priority }: RouterSettings): Duration {
  return times(interval, downTimerAdverts + (PRIORITIES - priority) / PRIORITIES);
}

/** A reload may come in between: the longest interval that the router had counts. */
function slowest(world: World, settings: RouterSettings): RouterSettings {
  const { name } = settings;
  const downTimerAdverts = world.missingAdverts(name).most;
  return { ...settings, interval: world.intervals(name).longest, downTimerAdverts };
}

function fastest(world: World, settings: RouterSettings): RouterSettings {
  const { name } = settings;
  const downTimerAdverts = world.missingAdverts(name).fewest;
  return { ...settings, interval: world.intervals(name).shortest, downTimerAdverts };
}

/** What one router's leaving looks like from outside. */
interface Leaving {
  /** Begun, or asked to stop since. */
  since: Instant;
  limit: Duration;
}

/** A leaving ends by its deadline, also when nobody comes. */
export class LeavingEnds implements Watcher {
  readonly name = "leaving-ends";
  readonly #world: World;
  readonly #report: Report;
  readonly #leaving = new Map<string, Leaving>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, observation: Observation): void {
    if (observation.kind === "network" || observation.kind === "settled") return;
    const { node } = observation;
    for (const settings of this.#world.settings(node)) {
      const key = `${node} ${settings.name}`;
      if (observation.kind === "process") this.#leaving.delete(key);
      // A sleeper cannot keep a deadline; the wait begins again when it wakes.
      if (observation.kind === "awake") this.#restart(at, key);
      if (observation.kind === "asked" && observation.what === "stop")
        this.#restart(at, key, slowest(this.#world, settings));
      if (observation.kind === "handled") this.#judge(at, key);
      if (observation.kind !== "transition" || observation.router !== settings.name) continue;
      this.#judge(at, key);
      this.#leaving.delete(key);
      if (observation.to === "Leaving")
        this.#begins(at, key, slowest(this.#world, settings), observation.cause);
    }
  }

  finish(at: Instant): void {
    for (const key of this.#leaving.keys()) this.#judge(at, key);
  }

  #begins(at: Instant, key: string, settings: RouterSettings, cause: string): void {
    const adopting = cause === "leftover-addresses";
    const length = adopting ? adoptionTime(settings) : handOverTime(settings, cause === "stop");
    const unheard = cause === "better-master" ? micros(0) : length;
    this.#leaving.set(key, { since: at, limit: noLater(micros(unheard + OVERLAP)) });
  }

  #restart(at: Instant, key: string, stopping?: RouterSettings): void {
    const leaving = this.#leaving.get(key);
    if (leaving === undefined) return;
    leaving.since = at;
    if (stopping !== undefined) leaving.limit = noLater(micros(handOverTime(stopping, true) + OVERLAP));
  }

  #judge(at: Instant, key: string): void {
    const leaving = this.#leaving.get(key);
    if (leaving === undefined) return;
    const length = between(leaving.since, at);
    if (length <= leaving.limit) return;
    this.#leaving.delete(key);
    const text = `${key}: leaving for ${toMillis(length)} ms, at most ${toMillis(leaving.limit)} ms are allowed`;
    this.#report(at, this.name, text);
  }
}

/** A process that is asked to stop is gone in time. */
export class StopEnds implements Watcher {
  readonly name = "stop-ends";
  readonly #world: World;
  readonly #report: Report;
  readonly #asked = new Map<string, Instant>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, observation: Observation): void {
    if (observation.kind === "network" || observation.kind === "settled") return;
    const { kind, node } = observation;
    if (kind === "process") this.#asked.delete(node);
    if (kind === "asked" && observation.what === "stop") this.#asked.set(node, at);
    if (kind === "awake" && this.#asked.has(node)) this.#asked.set(node, at);
    if (kind === "handled") this.#judge(at, node);
  }

  finish(at: Instant): void {
    for (const node of [...this.#asked.keys()]) this.#judge(at, node);
  }

  #judge(at: Instant, node: string): void {
    const since = this.#asked.get(node);
    if (since === undefined || !this.#world.awake(node)) return;
    const limits = this.#world
      .settings(node)
      .map((settings) => handOverTime(slowest(this.#world, settings), true));
    const length = between(since, at);
    if (length <= noLater(micros(Math.max(...limits) + OVERLAP))) return;
    this.#asked.delete(node);
    this.#report(at, this.name, `${node}: still runs ${toMillis(length)} ms after it was asked to stop`);
  }
}

/** What led to a release, gathered while one input is handled. */
interface Departure {
  leavingSince: Instant | undefined;
  successorHeard: boolean;
  stopsAsked: number;
  stopAskedAt: Instant | undefined;
  /** It ought not to serve any longer. */
  yields: boolean;
  /** It listens whether anybody claims what an earlier life has left. */
  adopts: boolean;
  /** In the input that is being handled now. */
  released: number;
  excused: boolean;
  heardNow: boolean;
  leftNow: boolean;
}

/** No address is let go before a successor was heard or the deadline passed. */
export class SuccessorFirst implements Watcher {
  readonly name = "successor-first";
  readonly #world: World;
  readonly #report: Report;
  readonly #departures = new Map<string, Departure>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, observation: Observation): void {
    if (observation.kind === "network" || observation.kind === "settled") return;
    for (const settings of this.#world.settings(observation.node)) {
      const key = `${observation.node} ${settings.name}`;
      const departure = this.#departures.get(key) ?? freshDeparture();
      this.#departures.set(key, departure);
      this.#note(at, key, settings, departure, observation);
    }
  }

  finish(): void {}

  #note(at: Instant, key: string, settings: RouterSettings, departure: Departure, seen: Observation): void {
    switch (seen.kind) {
      case "process":
        this.#departures.delete(key);
        return;
      case "asked":
        if (seen.what !== "stop") return;
        departure.stopsAsked += 1;
        departure.stopAskedAt = at;
        return;
      case "heard":
        if (seen.router !== settings.name || seen.priority === 0) return;
        departure.heardNow = true;
        departure.successorHeard = true;
        return;
      case "released":
        // What another file no longer has is nobody's to take over.
        if (seen.by === "elector" && settings.addresses.some(({ address }) => address === seen.address))
          departure.released += 1;
        return;
      case "transition":
        if (seen.router === settings.name) noteTransition(at, departure, seen);
        return;
      case "handled":
        this.#judge(at, key, settings, departure);
        return;
      default:
        return;
    }
  }

  #judge(at: Instant, key: string, settings: RouterSettings, departure: Departure): void {
    if (departure.released > 0 && !mayRelease(at, fastest(this.#world, settings), departure)) {
      this.#report(at, this.name, `${key}: lets go of ${departure.released} addresses, and nobody was heard`);
    }
    if (departure.leftNow) departure.leavingSince = undefined;
    departure.released = 0;
    departure.excused = false;
    departure.heardNow = false;
    departure.leftNow = false;
  }
}

function freshDeparture(): Departure {
  return {
    leavingSince: undefined,
    successorHeard: false,
    stopsAsked: 0,
    stopAskedAt: undefined,
    yields: false,
    adopts: false,
    released: 0,
    excused: false,
    heardNow: false,
    leftNow: false,
  };
}

function noteTransition(
  at: Instant,
  departure: Departure,
  seen: Extract<Observation, { kind: "transition" }>,
): void {
  if (seen.to === "Leaving") {
    // One leaving may end and another begin within one input.
    departure.leftNow = false;
    departure.leavingSince = at;
    departure.successorHeard = departure.heardNow;
    departure.yields = YIELDS.includes(seen.cause);
    departure.adopts = seen.cause === "leftover-addresses";
  }
  // What it adopted it may not serve.
  if (seen.to === "Fault" && YIELDS.includes(seen.cause)) departure.yields = true;
  if (seen.from === "Leaving") departure.leftNow = true;
  if (seen.to === "Fault" && EXCUSES.includes(seen.cause)) departure.excused = true;
}

function mayRelease(at: Instant, settings: RouterSettings, departure: Departure): boolean {
  if (departure.excused || departure.stopsAsked > 1) return true;
  if (departure.leavingSince === undefined) return false;
  if (departure.successorHeard) return true;
  const patience = departure.adopts ? adoptionTime(settings) : handOverTime(settings, false);
  if (departure.yields && at - departure.leavingSince >= noSooner(patience)) return true;
  if (departure.stopAskedAt === undefined) return false;
  const since = Math.max(departure.leavingSince, departure.stopAskedAt);
  return at - since >= noSooner(handOverTime(settings, true));
}
