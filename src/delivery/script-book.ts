/**
 * Which scripts run, on disk: a balancer that is killed cannot end them, and its successor would run them beside the
 * same ones again.
 */
import { writeFileSync } from "node:fs";
import { refusalOf } from "../linux/refusal.ts";
import { startTime } from "../linux/state/start-time.ts";
import { readIfThere } from "../linux/state/state-files.ts";
import { signalGroup } from "./process-group.ts";

export class ScriptBook {
  readonly #file: string;
  /** Start times by process id. */
  readonly #running = new Map<number, string>();

  constructor(file: string) {
    this.#file = file;
  }

  /** Before the first script of ours. A process id alone may belong to somebody else by now. */
  endLeftovers(): void {
    for (const line of (readIfThere(this.#file) ?? "").split("\n")) {
      const [pid, started] = line.split(" ");
      if (started !== undefined && startTime(Number(pid)) === started) signalGroup(Number(pid), "SIGKILL");
    }
  }

  began(leader: number): void {
    const started = startTime(leader);
    if (started === undefined) return;
    this.#running.set(leader, started);
    this.#write();
  }

  ended(leader: number): void {
    if (this.#running.delete(leader)) this.#write();
  }

  /** A full run directory is no reason to tell nobody. */
  #write(): void {
    const lines = Array.from(this.#running, ([pid, started]) => `${pid} ${started}\n`);
    refusalOf(() => writeFileSync(this.#file, lines.join("")));
  }
}
