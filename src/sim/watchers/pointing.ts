/** In the end the traffic goes where the master is. */
import type { Instant } from "../../net/time.ts";
import type { Report, Watcher, World } from "../observation.ts";

/** The switch and every neighbour that knows the address point to the true master. */
export class Pointing implements Watcher {
  readonly name = "pointing";
  readonly #world: World;
  readonly #report: Report;

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  see(): void {}

  finish(at: Instant): void {
    for (const node of this.#world.nodes) {
      for (const { name } of this.#world.settings(node)) {
        if (this.#world.state(node, name) !== "Master") continue;
        for (const wrong of this.#world.misled(node, name)) this.#report(at, this.name, wrong);
      }
    }
  }
}
