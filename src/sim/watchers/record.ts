/** Nothing happens without a recorded cause, nothing throws, and a master's last will is ready. */
import type { Instant } from "../../net/time.ts";
import type { Observation, Report, Watcher, World } from "../observation.ts";

export class Recorded implements Watcher {
  readonly name = "recorded";
  readonly #world: World;
  readonly #report: Report;
  /** By the events alone. */
  readonly #states = new Map<string, string>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(at: Instant, observation: Observation): void {
    if (observation.kind === "bug") this.#report(at, this.name, `${observation.node}: ${observation.text}`);
    if (observation.kind === "process") this.#forget(observation.node);
    if (observation.kind === "transition") this.#follow(at, observation);
    if (observation.kind === "handled") this.#compare(at, observation.node);
  }

  finish(): void {}

  #follow(at: Instant, { node, router, from, to }: Extract<Observation, { kind: "transition" }>): void {
    const key = `${node} ${router}`;
    const before = this.#states.get(key) ?? "Initialize";
    if (before !== from) this.#report(at, this.name, `${key}: says it leaves ${from}, but it was ${before}`);
    this.#states.set(key, to);
  }

  #compare(at: Instant, node: string): void {
    for (const { name } of this.#world.settings(node)) {
      const key = `${node} ${name}`;
      const state = this.#world.state(node, name);
      if (state === undefined) continue;
      const told = this.#states.get(key) ?? "Initialize";
      if (told !== state) this.#report(at, this.name, `${key}: is ${state}, but the last event said ${told}`);
      const responsible = state === "Master" || state === "Leaving";
      const willed = this.#world.willed(node, name);
      if (responsible !== (willed !== undefined)) {
        this.#report(at, this.name, `${key}: is ${state} with${responsible ? "out" : ""} a last will`);
      }
      const forgotten = this.#world.held(node, name).filter((address) => willed?.includes(address) === false);
      if (forgotten.length > 0)
        this.#report(at, this.name, `${key}: its last will forgets ${forgotten.join()}`);
    }
  }

  #forget(node: string): void {
    for (const key of this.#states.keys()) if (key.startsWith(`${node} `)) this.#states.delete(key);
  }
}
