/**
 * The script check: a program of the cluster file says whether a server lives, and perhaps with which weight.
 *
 * It is run as every script is (delivery/script.ts). One that cannot be run says nothing about its server.
 */

import type { CheckResult } from "../checks/result.ts";
import type { ScriptCheck } from "../checks/settings.ts";
import type { CheckTarget } from "../checks/target.ts";
import { BARE_ENVIRONMENT } from "../delivery/message.ts";
import { runScript } from "../delivery/script.ts";
import type { ScriptBook } from "../delivery/script-book.ts";
import { micros } from "../net/time.ts";
import type { DeliveryOutcome } from "../notify/outcome.ts";
import { failed } from "./failure.ts";

/** Of its output, in a verdict. */
const DETAIL_LENGTH = 120;
/** The exit status that means weight 0, as keepalived has it: 0 and 1 have a meaning of their own. */
const WEIGHT_ZERO = 2;

const CANCELLED = { kind: "not-run", problem: "cancelled", detail: "" } as const;

/** Never rejects. One that hangs is asked to end first, so that its verdict may come 2.5 s after the timeout. */
export async function probeScript(
  { address, port }: CheckTarget,
  settings: ScriptCheck,
  signal: AbortSignal,
  book: ScriptBook,
): Promise<CheckResult> {
  const environment = {
    ...BARE_ENVIRONMENT,
    KEELSON_ADDRESS: address,
    ...(port === 0 ? {} : { KEELSON_PORT: String(port) }),
  };
  // It may have waited for its turn until now.
  if (signal.aborted) return CANCELLED;
  const start = performance.now();
  const outcome = await runScript({ ...settings, environment }, signal, book);
  const latency = micros((performance.now() - start) * 1_000);
  if (signal.aborted) return CANCELLED;
  const weight = settings.dynamicWeight ? weightIn(outcome) : undefined;
  if (weight !== undefined) return { kind: "passed", latency, weight };
  return outcome.kind === "failed" ? resultOf(outcome) : { kind: "passed", latency };
}

/** `undefined`: it is no success. */
function weightIn(outcome: DeliveryOutcome): number | "unchanged" | undefined {
  if (outcome.kind !== "failed") return "unchanged";
  const { status } = outcome;
  return status === undefined || status < WEIGHT_ZERO ? undefined : status - WEIGHT_ZERO;
}

function resultOf({ reason, detail, output }: Extract<DeliveryOutcome, { kind: "failed" }>): CheckResult {
  const [line = ""] = output.split("\n", 1);
  const text = line === "" ? detail : `${detail}: ${line.slice(0, DETAIL_LENGTH)}`;
  switch (reason) {
    case "unsafe":
    case "no-such-user":
    case "not-started":
      return { kind: "not-run", problem: reason, detail };
    case "timeout":
    case "killed":
      return failed(reason, text);
    // The others are no script's.
    default:
      return failed("exit-status", text);
  }
}
