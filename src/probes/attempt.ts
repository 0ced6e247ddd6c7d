/** One probe under one hard deadline, whatever the server does; and nothing but a result comes of it. */
import type { CheckFailed, CheckPassed, CheckResult } from "../checks/result.ts";
import { type Duration, formatDuration, micros, toMillis } from "../net/time.ts";
import { failed, resultOf } from "./failure.ts";

/** How far an attempt has come, told when it runs out of time. */
export interface Progress {
  phase: "connecting" | "waiting for the answer" | "reading the body";
}

/**
 * Talks to a server; a failure it finds by itself is returned, everything else may be thrown.
 * When `signal` aborts it lets go of all it holds; nobody listens to it any longer.
 */
type Talk = (signal: AbortSignal, progress: Progress) => Promise<CheckFailed | Answer>;
type Answer = Pick<CheckPassed, "weight">;

/** Never rejects. `signal` calls the attempt off: the result is then `cancelled`. */
export async function attempt(
  timeout: Duration,
  signal: AbortSignal | undefined,
  talk: Talk,
): Promise<CheckResult> {
  const limit = new AbortController();
  const progress: Progress = { phase: "connecting" };
  const abort = () => limit.abort();
  const timer = setTimeout(abort, Math.ceil(toMillis(timeout)));
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();
  const start = performance.now();
  try {
    const answer = await Promise.race([talk(limit.signal, progress), rejectionOf(limit.signal)]);
    if (!limit.signal.aborted)
      return "kind" in answer ? answer : { kind: "passed", latency: since(start), ...answer };
  } catch (error) {
    if (!limit.signal.aborted) return resultOf(error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
  if (signal?.aborted === true) return { kind: "not-run", problem: "cancelled", detail: progress.phase };
  return failed("timeout", `${formatDuration(timeout)} over while ${progress.phase}`);
}

/** Rejects when the signal aborts: the deadline holds whatever the talk is waiting for. */
function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function since(start: number): Duration {
  return micros((performance.now() - start) * 1_000);
}
