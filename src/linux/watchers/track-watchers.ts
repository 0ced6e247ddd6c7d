/** Watches what the balancer has to watch because routers track it, and reports each look. */
import type { ServiceHealth } from "../../balance/engine.ts";
import type { QuorumWatch, Watch } from "../../checks/watch.ts";
import type { ScriptBook } from "../../delivery/script-book.ts";
import type { TrackReport } from "../../elector/tracks.ts";
import { unreachable } from "../../net/bug.ts";
import { watchFile } from "./file-watcher.ts";
import { watchGateway } from "./gateway-watcher.ts";
import { Bell, type Tell } from "./looking.ts";
import { watchProcess } from "./process-watcher.ts";
import { Processes } from "./processes.ts";
import { watchQuorum } from "./quorum-watcher.ts";
import { watchScript } from "./script-watcher.ts";

interface TrackDesk {
  report(report: TrackReport): void;
  healthOf(service: string): ServiceHealth | undefined;
}

interface Running {
  /** All of its settings. */
  readonly terms: string;
  readonly ending: AbortController;
}

export class TrackWatchers {
  readonly #book: ScriptBook;
  readonly #desk: TrackDesk;
  readonly #processes = new Processes();
  readonly #quorums = new Set<Bell>();
  readonly #running = new Map<string, Running>();

  constructor(book: ScriptBook, desk: TrackDesk) {
    this.#book = book;
    this.#desk = desk;
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

  /** Of a server, perhaps. */
  healthChanged(): void {
    for (const bell of this.#quorums) bell.ring();
  }

  /** Ends what runs. */
  close(): void {
    for (const { ending } of this.#running.values()) ending.abort();
    this.#running.clear();
  }

  #watch(one: Watch, signal: AbortSignal): Promise<void> {
    const tell: Tell = (found) => this.#desk.report({ name: one.name, ...found });
    switch (one.kind) {
      case "script":
        return watchScript(one, this.#book, tell, signal);
      case "file":
        return watchFile(one, tell, signal);
      case "gateway":
        return watchGateway(one, tell, signal);
      case "process":
        return watchProcess(one, this.#processes, tell, signal);
      case "quorum":
        return this.#watchQuorum(one, tell, signal);
      default:
        return unreachable(one);
    }
  }

  async #watchQuorum(one: QuorumWatch, tell: Tell, signal: AbortSignal): Promise<void> {
    const bell = new Bell();
    this.#quorums.add(bell);
    await watchQuorum(one, (service) => this.#desk.healthOf(service), { bell, tell, signal });
    this.#quorums.delete(bell);
  }
}
