/** A master speaks in time and never twice: two adverts in a row make neighbours and peers work for nothing. */
import { between, type Instant, micros, times, toMillis } from "../../net/time.ts";
import type { RouterSettings } from "../../vrrp/settings.ts";
import type { Observation, Report, Watcher, World } from "../observation.ts";

/** Processes are late; two adverts may come closer than planned by so much. */
const LATENESS = micros(200);

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
    if (observation.kind !== "sent" || observation.priority === 0) return;
    const settings = this.#world.settings(observation.node).find(({ vrid }) => vrid === observation.vrid);
    if (settings !== undefined)
      this.#compare(at, observation.node, settings, observation.during === "packet");
  }

  finish(): void {}

  #compare(at: Instant, node: string, { name, interval }: RouterSettings, answers: boolean): void {
    const key = `${node} ${name}`;
    const spoken = this.#spoken.get(key) ?? { own: undefined, answer: undefined };
    this.#spoken.set(key, spoken);
    const last = answers ? spoken.answer : spoken.own;
    const least = answers ? interval : times(interval, 0.5);
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

/** Only a master says anything above 0, and nobody who is no master says goodbye. */
export class OnlyMastersSpeak implements Watcher {
  readonly name = "only-masters-speak";
  readonly #report: Report;
  readonly #states = new Map<string, string>();
  readonly #vrids = new Map<string, string>();

  constructor(world: World, report: Report) {
    this.#report = report;
    for (const node of world.nodes) {
      for (const { name, vrid } of world.settings(node))
        this.#vrids.set(`${node} ${vrid}`, `${node} ${name}`);
    }
  }

  see(at: Instant, observation: Observation): void {
    if (observation.kind === "process") this.#forget(observation.node);
    if (observation.kind === "transition") {
      const key = `${observation.node} ${observation.router}`;
      this.#states.set(key, observation.to);
    }
    if (observation.kind !== "sent") return;
    const key = this.#vrids.get(`${observation.node} ${observation.vrid}`) ?? "";
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
