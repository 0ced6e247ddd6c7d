/** Performs a check of any type. */
import type { CheckResult } from "../checks/result.ts";
import type { CheckSettings } from "../checks/settings.ts";
import type { CheckTarget } from "../checks/target.ts";
import type { ScriptBook } from "../delivery/script-book.ts";
import { unreachable } from "../net/bug.ts";
import { probeScript } from "./script.ts";
import { probeTcp } from "./tcp.ts";

/** Loaded when first needed: the HTTP client is most of what the balancer would load at its start. */
const loadHttp = () => import("./http.ts");

/** Never rejects; over at the latest a moment after the timeout; a script may take 2.5 s more. */
export async function probe(
  target: CheckTarget,
  settings: CheckSettings,
  signal: AbortSignal,
  book: ScriptBook,
): Promise<CheckResult> {
  switch (settings.type) {
    case "tcp":
      return probeTcp(target, settings, signal);
    case "http":
      return (await loadHttp()).probeHttp(target, settings, signal);
    case "script":
      return probeScript(target, settings, signal, book);
    default:
      return unreachable(settings);
  }
}
