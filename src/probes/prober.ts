/** Runs the checks that the balance engine starts. How many at once, and when, is the engine's schedule. */
import type { CheckResult } from "../checks/result.ts";
import type { CheckSettings } from "../checks/settings.ts";
import type { CheckTarget } from "../checks/target.ts";
import type { ScriptBook } from "../delivery/script-book.ts";
import { probe } from "./probe.ts";

/** Each is a process, or several. The others wait: a schedule has room for more checks that only talk. */
const MOST_SCRIPTS = 64;

export class Prober {
  readonly #book: ScriptBook;
  #scripts = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #report: (id: string, result: CheckResult) => void;
  readonly #running = new Set<AbortController>();

  /** @param report called once for every check started, but for those under way when `close` is called */
  constructor(report: (id: string, result: CheckResult) => void, book: ScriptBook) {
    this.#book = book;
    this.#report = report;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Returns at once. */
  start(id: string, target: CheckTarget, settings: CheckSettings): void {
    const control = new AbortController();
    this.#running.add(control);
    const run = () => probe(target, settings, control.signal, this.#book);
    void (settings.type === "script" ? this.#inTurn(run) : run()).then((result) => {
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

  async #inTurn(run: () => Promise<CheckResult>): Promise<CheckResult> {
    if (this.#scripts >= MOST_SCRIPTS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#scripts += 1;
    try {
      return await run();
    } finally {
      // Whoever waits longest gets the place.
      const next = this.#waiting.shift();
      if (next === undefined) this.#scripts -= 1;
      else next();
    }
  }
}
