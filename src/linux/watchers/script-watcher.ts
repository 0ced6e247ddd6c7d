/** Runs a script that routers track at its interval, and tells what it says. */
import { setTimeout as pause } from "node:timers/promises";
import { type ScriptWatch, UNWATCHED, type Watched, watch } from "../../checks/watch.ts";
import { BARE_ENVIRONMENT } from "../../delivery/message.ts";
import { runScript } from "../../delivery/script.ts";
import type { ScriptBook } from "../../delivery/script-book.ts";
import { toMillis } from "../../net/time.ts";
import { foundBy, type Tell } from "./looking.ts";

/** Of its output, in a verdict. */
const DETAIL_LENGTH = 120;

/** Until `signal`; never rejects. One run at a time: a script that takes longer than its interval delays the next. */
export async function watchScript(
  settings: ScriptWatch,
  book: ScriptBook,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  const job = { ...settings, environment: { ...BARE_ENVIRONMENT, KEELSON_TRACK: settings.name } };
  let watched: Watched = UNWATCHED;
  while (!signal.aborted) {
    const began = performance.now();
    const outcome = await runScript(job, signal, book);
    if (signal.aborted) return;
    watched = watch(watched, outcome.kind === "delivered", settings);
    tell(foundBy(watched, outcome.kind === "failed" ? textOf(outcome) : "exit status 0"));
    const rest = toMillis(settings.interval) - (performance.now() - began);
    await pause(Math.max(0, rest), undefined, { signal }).catch(() => {});
  }
}

function textOf({ detail, output }: { readonly detail: string; readonly output: string }): string {
  const [line = ""] = output.split("\n", 1);
  return line === "" ? detail : `${detail}: ${line.slice(0, DETAIL_LENGTH)}`;
}
