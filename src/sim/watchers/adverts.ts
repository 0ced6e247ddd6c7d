/** A master speaks in time and never twice: two adverts in a row make neighbours and peers work for nothing. */
import { after, between, type Instant, micros, times, toMillis } from "../../net/time.ts";
import type { RouterSettings } from "../../vrrp/settings.ts";
import type { Observation, Report, Watcher, World } from "../observation.ts";

/** Processes are late; two adverts may come closer than planned by so much. */
const LATENESS = micros(200);
/** An interval by a clock that runs a little slow. */
const SAME_PACE = 1 - 1 / 5_000;

interface Spoken {
  own: Instant | undefined;
  answer: Instant | undefined;
}

/** No two adverts of a master less than half an interval apart, but for one answer per interval to another's. */
export class AdvertSpacing implements Watcher {
  readonly name = "advert-spacing";
  readonly #world: World;
  readonly #report: Report;
  readonly #spoken = new Map<string, Spoken>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, observation: Observation): void {
    if (observation.kind === "transition" && observation.to === "Master") {
      this.#spoken.delete(`${observation.node} ${observation.router}`);
    }
    // Another interval is told at once, and begins a new row.
    if (observation.kind === "reloaded") this.#spoken.clear();
    if (observation.kind !== "sent" || observation.priority === 0 || observation.during === "configure")
      return;
    const settings = this.#world.settings(observation.node).find(({ name }) => name === observation.router);
    if (settings !== undefined)
      this.#compare(at, observation.node, settings, observation.during === "packet");
  }

  finish(): void {}

  #compare(at: Instant, node: string, { name }: RouterSettings, answers: boolean): void {
    // A longer interval goes out at the old cadence first.
    const { shortest: interval } = this.#world.intervals(name);
    const key = `${node} ${name}`;
    const spoken = this.#spoken.get(key) ?? { own: undefined, answer: undefined };
    this.#spoken.set(key, spoken);
    const last = answers ? spoken.answer : spoken.own;
    const least = answers ? times(interval, SAME_PACE) : times(interval, 0.5);
    // The last word of a master that yields is an answer too, and out of turn.
    const yields = answers && this.#world.state(node, name) !== "Master";
    const gap = last === undefined ? undefined : between(last, at);
    if (gap !== undefined && gap < least - LATENESS && !yields) {
      const what = answers ? "answers" : "adverts";
      this.#report(
        at,
        this.name,
        `${key}: two ${what} ${toMillis(gap)} ms apart, with an interval of ${toMillis(interval)} ms`,
      );
    }
    if (answers) spoken.answer = at;
    else spoken.own = at;
  }
}

/** What a stalled process may have missed beside adverts: the skew of a whole election, and its winner's first word. */
const ELECTION_INTERVALS = 1;

/** A master that was stalled for long listens for an interval before it speaks. */
export class ListensFirst implements Watcher {
  readonly name = "listens-first";
  readonly #world: World;
  readonly #report: Report;
  readonly #stalledAt = new Map<string, Instant>();
  /** Until when a router had better be silent. */
  readonly #silentUntil = new Map<string, Instant>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, observation: Observation): void {
    if (observation.kind === "asleep" && observation.why === "stall")
      this.#stalledAt.set(observation.node, at);
    if (observation.kind === "awake") this.#wakes(at, observation.node);
    if (observation.kind === "process") this.#stalledAt.delete(observation.node);
    if (observation.kind === "reloaded") this.#silentUntil.clear();
    if (observation.kind === "transition")
      this.#silentUntil.delete(`${observation.node} ${observation.router}`);
    if (observation.kind === "sent" && observation.priority > 0) this.#compare(at, observation);
  }

  finish(): void {}

  #wakes(at: Instant, node: string): void {
    const since = this.#stalledAt.get(node);
    this.#stalledAt.delete(node);
    if (since === undefined) return;
    for (const { name, interval } of this.#world.settings(node)) {
      const election = times(interval, this.#world.missingAdverts(name).most + ELECTION_INTERVALS);
      const missed = between(since, at) > election + LATENESS;
      if (!missed || this.#world.state(node, name) !== "Master") continue;
      this.#silentUntil.set(`${node} ${name}`, after(at, interval));
    }
  }

  #compare(at: Instant, { node, router }: Extract<Observation, { kind: "sent" }>): void {
    const until = this.#silentUntil.get(`${node} ${router}`);
    if (until === undefined || at >= until) return;
    this.#report(
      at,
      this.name,
      `${node} ${router}: speaks ${toMillis(between(at, until))} ms too early after a stall`,
    );
  }
}

/** Who leaves by plan says so in the same breath. */
export class SaysGoodbye implements Watcher {
  readonly name = "says-goodbye";
  readonly #report: Report;
  readonly #world: World;
  readonly #leaving = new Set<string>();
  readonly #said = new Set<string>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, observation: Observation): void {
    if (observation.kind === "transition" && observation.from === "Master") {
      if (observation.cause === "drill" || observation.cause === "stop") this.#leaving.add(observation.node);
    }
    if (observation.kind === "sent" && observation.priority === 0) this.#said.add(observation.node);
    if (observation.kind !== "handled") return;
    const { node } = observation;
    if (this.#leaving.delete(node) && !this.#said.has(node) && !this.#world.refuses(node, "advert")) {
      this.#report(at, this.name, `${node}: leaves without a goodbye`);
    }
    this.#said.delete(node);
  }

  finish(): void {}
}

/** Only a master says anything above 0, and nobody who is no master says goodbye. */
export class OnlyMastersSpeak implements Watcher {
  readonly name = "only-masters-speak";
  readonly #report: Report;
  readonly #states = new Map<string, string>();

  constructor(_: World, report: Report) {
    this.#report = report;
  }

  see(at: Instant, observation: Observation): void {
    if (observation.kind === "process") this.#forget(observation.node);
    if (observation.kind === "transition") {
      const key = `${observation.node} ${observation.router}`;
      this.#states.set(key, observation.to);
    }
    if (observation.kind !== "sent") return;
    const key = `${observation.node} ${observation.router}`;
    const state = this.#states.get(key) ?? "Initialize";
    // Adverts leave in the same step as the transition they belong to.
    if (state === "Backup" || state === "Initialize") {
      this.#report(at, this.name, `${key}: sends priority ${observation.priority} as ${state}`);
    }
  }

  finish(): void {}

  #forget(node: string): void {
    for (const key of this.#states.keys()) if (key.startsWith(`${node} `)) this.#states.delete(key);
  }
}
