/** What several checks of one server come to: it is healthy as long as all of them say so. */
import type { HealthState } from "../checks/health.ts";
import type { FailureReason } from "../checks/result.ts";
import type { Check } from "./check.ts";

/** A server without checks is up. */
export function stateOf(checks: readonly Check[]): HealthState {
  const states = checks.map(({ health }) => health.state);
  if (states.includes("down")) return "down";
  return states.includes("unknown") ? "unknown" : "up";
}

/** The check whose word decides: the first that fails, or else the first that has said nothing yet, or else the first. */
export function speakerOf(checks: readonly Check[]): Check | undefined {
  const state = stateOf(checks);
  return checks.find(({ health }) => health.state === state);
}

export function failuresOf(checks: readonly Check[]): FailureReason[] {
  return checks.flatMap(({ health, last }) =>
    health.state === "down" && last?.result.kind === "failed" ? last.result.reason : [],
  );
}

/** The least that any of them asks for; `undefined` when none does. */
export function reportedWeight(checks: readonly Check[]): number | undefined {
  const weights = checks.flatMap(({ weight }) => weight ?? []);
  return weights.length === 0 ? undefined : Math.min(...weights);
}

export function isSame(before: readonly Check[], after: readonly Check[]): boolean {
  return before.length === after.length && before.every((check, index) => check === after[index]);
}
