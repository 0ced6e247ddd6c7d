/** Performs a check of any type. */
import type { CheckResult } from "../checks/result.ts";
import type { CheckSettings } from "../checks/settings.ts";
import type { CheckTarget } from "../checks/target.ts";
import { unreachable } from "../net/bug.ts";
import { probeHttp } from "./http.ts";
import { probeTcp } from "./tcp.ts";

/** Never rejects; over at the latest a moment after the timeout. */
export function probe(
  target: CheckTarget,
  settings: CheckSettings,
  signal?: AbortSignal,
): Promise<CheckResult> {
  switch (settings.type) {
    case "tcp":
      return probeTcp(target, settings, signal);
    case "http":
      return probeHttp(target, settings, signal);
    default:
      return unreachable(settings);
  }
}
