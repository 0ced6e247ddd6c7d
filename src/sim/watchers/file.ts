/** What the file says is what happens: its interval, its priorities, its `preempt`. */
import { between, type Duration, type Instant, times, toMillis } from "../../net/time.ts";
import type { Observation, Report, Watcher, World } from "../observation.ts";
import { noLater } from "./allowance.ts";
import { MutualHearing } from "./hearing.ts";

interface Spoken {
  readonly at: Instant;
  /** Of the file at that time: when the next one is due at the latest. */
  readonly interval: Duration;
}

/** From one advert of a master to the next it is one interval, and no reload makes a pause. */
export class AdvertsKeepComing implements Watcher {
  readonly name = "adverts-keep-coming";
  readonly #world: World;
  readonly #report: Report;
  readonly #spoken = new Map<string, Spoken>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, seen: Observation): void {
    if (seen.kind === "transition") this.#spoken.delete(`${seen.node} ${seen.router}`);
    if (seen.kind === "process" || seen.kind === "asleep" || seen.kind === "awake") this.#forget(seen.node);
    if (seen.kind !== "sent" && seen.kind !== "handled") return;
    for (const { name, interval } of this.#world.settings(seen.node)) {
      const key = `${seen.node} ${name}`;
      const sent = seen.kind === "sent" && seen.router === name;
      if (this.#world.refuses(seen.node, "advert")) this.#spoken.delete(key);
      else if (sent || seen.kind === "handled") this.#judge(at, key);
      // The last word of a master that yields promises nothing.
      if (sent && seen.priority > 0 && this.#world.state(seen.node, name) === "Master")
        this.#spoken.set(key, { at, interval });
    }
  }

  finish(at: Instant): void {
    for (const key of [...this.#spoken.keys()]) this.#judge(at, key);
  }

  #judge(at: Instant, key: string): void {
    const last = this.#spoken.get(key);
    if (last === undefined || between(last.at, at) <= noLater(last.interval)) return;
    this.#spoken.delete(key);
    const text = `${key}: says nothing for ${toMillis(between(last.at, at))} ms, with an interval of ${toMillis(last.interval)} ms`;
    this.#report(at, this.name, text);
  }

  #forget(node: string): void {
    for (const key of this.#spoken.keys()) if (key.startsWith(`${node} `)) this.#spoken.delete(key);
  }
}

/** A priority on the wire is that of the file with the weights of what is tracked: no history, no memory. */
export class PurePriority implements Watcher {
  readonly name = "pure-priority";
  readonly #world: World;
  readonly #report: Report;

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, seen: Observation): void {
    if (seen.kind !== "sent" || seen.priority === 0) return;
    const expected = this.#world.priority(seen.node, seen.router);
    if (expected === undefined || seen.priority === expected) return;
    const text = `${seen.node} ${seen.router}: says priority ${seen.priority}, and by its file it has ${expected}`;
    this.#report(at, this.name, text);
  }

  finish(): void {}
}

/** More than any skew time. */
const SKEW_INTERVALS = 1;
const OWNER = 255;
/** Taking back what nobody else wanted is no preemption. */
const OWN_AGAIN = ["not-taken", "leftovers-adopted"];

/** Who has `preempt = false` never claims beside a master that it has heard for longer than it waits for one. */
export class NeverPreempts implements Watcher {
  readonly name = "never-preempts";
  readonly #world: World;
  readonly #report: Report;
  readonly #hearing: MutualHearing;
  /** By node and router. */
  readonly #masterSince = new Map<string, Instant>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
    this.#hearing = new MutualHearing(world);
  }

  see(at: Instant, seen: Observation): void {
    this.#hearing.see(at, seen);
    if (seen.kind === "process") {
      for (const { name } of this.#world.settings(seen.node))
        this.#masterSince.delete(`${seen.node} ${name}`);
    }
    if (seen.kind !== "transition") return;
    if (seen.to !== "Master") this.#masterSince.delete(`${seen.node} ${seen.router}`);
    else {
      this.#judge(at, seen);
      this.#masterSince.set(`${seen.node} ${seen.router}`, at);
    }
  }

  finish(): void {}

  #judge(at: Instant, { node, router, cause }: Extract<Observation, { kind: "transition" }>): void {
    const settings = this.#world.settings(node).find(({ name }) => name === router);
    if (settings === undefined || settings.preempt || settings.priority === OWNER) return;
    if (OWN_AGAIN.includes(cause)) return;
    const intervals = this.#world.missingAdverts(router).most + SKEW_INTERVALS;
    const enough = noLater(times(this.#world.intervals(router).longest, intervals));
    for (const other of this.#world.nodes) {
      const since = this.#masterSince.get(`${other} ${router}`);
      if (other === node || since === undefined || this.#world.refuses(other, "advert")) continue;
      const heardFor = Math.min(between(since, at), this.#hearing.lasting(node, other, at));
      if (heardFor <= enough) continue;
      const text = `${node} ${router}: takes the place of ${other}, which it has heard for ${heardFor / 1_000} ms, and it has preempt = false`;
      this.#report(at, this.name, text);
    }
  }
}
