/** Watches what the balancer has to watch because routers track it, and reports each look. */
import type { Watch } from "../checks/watch.ts";
import type { ScriptBook } from "../delivery/script-book.ts";
import type { TrackReport } from "../elector/tracks.ts";
import { unreachable } from "../net/bug.ts";
import { watchFile } from "./file-watcher.ts";
import { watchGateway } from "./gateway-watcher.ts";
import type { Tell } from "./looking.ts";
import { watchProcess } from "./process-watcher.ts";
import { Processes } from "./processes.ts";
import { watchScript } from "./script-watcher.ts";

interface Running {
  /** All of its settings. */
  readonly terms: string;
  readonly ending: AbortController;
}

export class TrackWatchers {
  readonly #book: ScriptBook;
  readonly #report: (report: TrackReport) => void;
  readonly #processes = new Processes();
  readonly #running = new Map<string, Running>();

  constructor(book: ScriptBook, report: (report: TrackReport) => void) {
    this.#book = book;
    this.#report = report;
  }

  /** What stays as it was goes on undisturbed. */
  configure(watches: readonly Watch[]): void {
    const wanted = new Map(watches.map((one) => [one.name, JSON.stringify(one)]));
    for (const [name, { terms, ending }] of this.#running) {
      if (wanted.get(name) === terms) continue;
      ending.abort();
      this.#running.delete(name);
    }
    for (const one of watches) {
      if (this.#running.has(one.name)) continue;
      const ending = new AbortController();
      this.#running.set(one.name, { terms: JSON.stringify(one), ending });
      void this.#watch(one, ending.signal);
    }
  }

  /** Ends what runs. */
  close(): void {
    for (const { ending } of this.#running.values()) ending.abort();
    this.#running.clear();
  }

  #watch(one: Watch, signal: AbortSignal): Promise<void> {
    const tell: Tell = (found) => this.#report({ name: one.name, ...found });
    switch (one.kind) {
      case "script":
        return watchScript(one, this.#book, tell, signal);
      case "file":
        return watchFile(one, tell, signal);
      case "gateway":
        return watchGateway(one, tell, signal);
      case "process":
        return watchProcess(one, this.#processes, tell, signal);
      default:
        return unreachable(one);
    }
  }
}
