/** Runs the scripts that routers track, each at its interval, and reports what they say. */
import { setTimeout as pause } from "node:timers/promises";
import { type ScriptWatch, UNWATCHED, type Watched, watch } from "../checks/watch.ts";
import { BARE_ENVIRONMENT } from "../delivery/message.ts";
import { runScript } from "../delivery/script.ts";
import type { ScriptBook } from "../delivery/script-book.ts";
import { toMillis } from "../net/time.ts";

/** `up` is `undefined` until there is a verdict. */
type Report = (name: string, up: boolean | undefined, detail: string) => void;

/** Of its output, in a verdict. */
const DETAIL_LENGTH = 120;

interface Running {
  /** All of its settings. */
  readonly terms: string;
  readonly ending: AbortController;
}

export class ScriptWatcher {
  readonly #book: ScriptBook;
  readonly #report: Report;
  readonly #running = new Map<string, Running>();

  constructor(book: ScriptBook, report: Report) {
    this.#book = book;
    this.#report = report;
  }

  /** What stays as it was goes on undisturbed. */
  configure(watches: readonly ScriptWatch[]): void {
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
      void this.#run(one, ending.signal);
    }
  }

  /** Ends what runs. */
  close(): void {
    for (const { ending } of this.#running.values()) ending.abort();
    this.#running.clear();
  }

  /** Never rejects. One run at a time: a script that takes longer than its interval delays the next. */
  async #run(settings: ScriptWatch, signal: AbortSignal): Promise<void> {
    const job = { ...settings, environment: { ...BARE_ENVIRONMENT, KEELSON_TRACK: settings.name } };
    let watched: Watched = UNWATCHED;
    while (!signal.aborted) {
      const began = performance.now();
      const outcome = await runScript(job, signal, this.#book);
      if (signal.aborted) return;
      const passed = outcome.kind === "delivered";
      watched = watch(watched, passed, settings);
      const detail = outcome.kind === "failed" ? textOf(outcome) : "exit status 0";
      this.#report(settings.name, watched.up, detail);
      const rest = toMillis(settings.interval) - (performance.now() - began);
      await pause(Math.max(0, rest), undefined, { signal }).catch(() => {});
    }
  }
}

function textOf({ detail, output }: { readonly detail: string; readonly output: string }): string {
  const [line = ""] = output.split("\n", 1);
  return line === "" ? detail : `${detail}: ${line.slice(0, DETAIL_LENGTH)}`;
}
