/** Runs the checks that the balance engine starts. How many at once, and when, is the engine's schedule. */
import type { CheckResult } from "../checks/result.ts";
import type { CheckSettings } from "../checks/settings.ts";
import type { CheckTarget } from "../checks/target.ts";
import { probe } from "./probe.ts";

export class Prober {
  readonly #report: (id: string, result: CheckResult) => void;
  readonly #running = new Set<AbortController>();

  /** @param report called once for every check started, but for those under way when `close` is called */
  constructor(report: (id: string, result: CheckResult) => void) {
    this.#report = report;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Returns at once. */
  start(id: string, target: CheckTarget, settings: CheckSettings): void {
    const control = new AbortController();
    this.#running.add(control);
    void probe(target, settings, control.signal).then((result) => {
      // Not there any more: called off.
      if (this.#running.delete(control)) this.#report(id, result);
    });
  }

  /** Calls off what is under way and destroys its sockets. */
  close(): void {
    const running = [...this.#running];
    this.#running.clear();
    for (const control of running) control.abort();
  }
}
