/** What concerns several at once: routers that belong together, and directors that all stood still. */
import { between, type Duration, type Instant, micros, millis, toMillis } from "../../net/time.ts";
import type { Observation, Report, Watcher, World } from "../observation.ts";
import { noLater } from "./allowance.ts";

/** Of a hand-over, beside the adverts that must be missing: a skew, and an advert. */
const HAND_OVER_INTERVALS = 2;
const OVERLAP = millis(20);

/** A director is master of all routers of a sync group or of none: within the time of one hand-over. */
export class NeverSplit implements Watcher {
  readonly name = "never-split";
  readonly #world: World;
  readonly #report: Report;
  /** By node: since when its group is split. */
  readonly #since = new Map<string, Instant>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, seen: Observation): void {
    if (seen.kind === "asleep" || seen.kind === "awake" || seen.kind === "process")
      this.#since.delete(seen.node);
    if (seen.kind === "handled") this.#look(at, seen.node);
  }

  finish(at: Instant): void {
    for (const node of this.#world.nodes) this.#look(at, node);
  }

  #look(at: Instant, node: string): void {
    const grouped = this.#world.settings(node).filter(({ syncGroup }) => syncGroup !== undefined);
    const states = grouped.map(({ name }) => this.#world.state(node, name));
    const away = states.filter((state) => state !== "Master" && state !== "Leaving").length;
    if (!states.includes("Master") || away === 0) this.#since.delete(node);
    else {
      const since = this.#since.get(node) ?? at;
      this.#since.set(node, since);
      const length = between(since, at);
      const handOvers = grouped.map(({ name }) => {
        const intervals = this.#world.missingAdverts(name).most + HAND_OVER_INTERVALS;
        return intervals * this.#world.intervals(name).longest;
      });
      if (length <= noLater(micros(Math.max(...handOvers) + OVERLAP))) return;
      this.#since.delete(node);
      const text = `${node}: master of some routers of a sync group and not of ${away}, for ${toMillis(length)} ms`;
      this.#report(at, this.name, text);
    }
  }
}

const MORE_INTERVALS = 2;
const PRIORITIES = 256;
const ABLE = ["Backup", "Master", "Leaving"];

/** When all of them stood still, somebody speaks again within a master-down interval and two more intervals. */
export class ServedAgain implements Watcher {
  readonly name = "served-again";
  readonly #world: World;
  readonly #report: Report;
  /** All that run sleep, or did so and have not all been awake since. */
  #allSlept = false;
  #waiting: { readonly since: Instant; readonly limit: Duration; readonly spoken: Set<string> } | undefined;

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, seen: Observation): void {
    switch (seen.kind) {
      case "asleep":
        this.#waiting = undefined;
        if (!this.#world.nodes.some((node) => this.#world.awake(node))) this.#allSlept = true;
        return;
      case "awake":
        if (this.#allSlept && this.#allWell()) this.#begin(at);
        return;
      case "process":
      case "asked":
      case "network":
      case "reloaded":
        this.#waiting = undefined;
        this.#allSlept = false;
        return;
      case "sent":
        if (seen.priority > 0) this.#waiting?.spoken.add(seen.router);
        return;
      case "handled":
        this.#judge(at);
        return;
      default:
        return;
    }
  }

  finish(at: Instant): void {
    this.#judge(at);
  }

  #allWell(): boolean {
    const { nodes } = this.#world;
    const hear = nodes.every((one) =>
      nodes.every((other) => one === other || this.#world.healthy(one, other)),
    );
    const refused = nodes.some(
      (node) => this.#world.refuses(node, "advert") || this.#world.refuses(node, "hold"),
    );
    return hear && !refused;
  }

  #begin(at: Instant): void {
    this.#allSlept = false;
    const limits = this.#world.nodes.flatMap((node) => {
      return this.#world.settings(node).map(({ name }) => {
        const skew = (PRIORITIES - (this.#world.priority(node, name) ?? 0)) / PRIORITIES;
        return (
          (this.#world.missingAdverts(name).most + skew + MORE_INTERVALS) *
          this.#world.intervals(name).longest
        );
      });
    });
    this.#waiting = { since: at, limit: noLater(micros(Math.max(...limits))), spoken: new Set() };
  }

  #judge(at: Instant): void {
    const waiting = this.#waiting;
    if (waiting === undefined || between(waiting.since, at) <= waiting.limit) return;
    this.#waiting = undefined;
    for (const router of this.#routers()) {
      const able = this.#world.nodes.some((node) => ABLE.includes(this.#world.state(node, router) ?? ""));
      if (waiting.spoken.has(router) || !able) continue;
      const text = `${router}: nobody speaks for it ${toMillis(waiting.limit)} ms after all had stood still`;
      this.#report(at, this.name, text);
    }
  }

  #routers(): readonly string[] {
    const [first] = this.#world.nodes;
    return first === undefined ? [] : this.#world.settings(first).map(({ name }) => name);
  }
}
