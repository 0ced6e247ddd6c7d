/** Performs a check of any type. */
import type { CheckResult } from "../checks/result.ts";
import type { CheckSettings } from "../checks/settings.ts";
import type { CheckTarget } from "../checks/target.ts";
import { unreachable } from "../net/bug.ts";
import { probeTcp } from "./tcp.ts";

/** Loaded when first needed: the HTTP client is most of what the balancer would load at its start. */
const loadHttp = () => import("./http.ts");

/** Never rejects; over at the latest a moment after the timeout. */
export async function probe(
  target: CheckTarget,
  settings: CheckSettings,
  signal?: AbortSignal,
): Promise<CheckResult> {
  switch (settings.type) {
    case "tcp":
      return probeTcp(target, settings, signal);
    case "http":
      return (await loadHttp()).probeHttp(target, settings, signal);
    default:
      return unreachable(settings);
  }
}
