/**
 * Rise and fall: what the results of one check, in a row, say about its server.
 *
 * | state   | passed                              | failed                          | not run |
 * |---------|-------------------------------------|---------------------------------|---------|
 * | unknown | up, at once: there is no doubt yet  | down after `fall` in a row      | stays   |
 * | up      | stays, earlier failures forgotten   | down after `fall` in a row      | stays   |
 * | down    | up after `rise` in a row            | stays, earlier passes forgotten | stays   |
 *
 * How an unknown server is treated until its first verdict is not decided here, but by `balance`.
 */
import { unreachable } from "../net/bug.ts";
import type { CheckResult, FailureReason } from "./result.ts";
import type { CheckSettings } from "./settings.ts";

export interface Health {
  readonly state: "unknown" | "up" | "down";
  /** Results in a row that speak against the state: passes when down, failures otherwise. */
  readonly against: number;
}

export type HealthState = Health["state"];

export type HealthCause = "first-pass" | "risen" | FailureReason;

export interface Judgement {
  readonly health: Health;
  /** Present when the state changed. */
  readonly cause?: HealthCause;
}

export const UNKNOWN: Health = { state: "unknown", against: 0 };

export function judge(
  health: Health,
  result: CheckResult,
  settings: Pick<CheckSettings, "rise" | "fall">,
): Judgement {
  switch (result.kind) {
    case "passed":
      return passed(health, settings.rise);
    case "failed":
      return failed(health, settings.fall, result.reason);
    case "not-run":
      return { health };
    default:
      return unreachable(result);
  }
}

function passed(health: Health, rise: number): Judgement {
  const up: Health = { state: "up", against: 0 };
  if (health.state === "up") return { health: up };
  if (health.state === "unknown") return { health: up, cause: "first-pass" };
  const passes = health.against + 1;
  if (passes < rise) return { health: { state: "down", against: passes } };
  return { health: up, cause: "risen" };
}

function failed(health: Health, fall: number, reason: FailureReason): Judgement {
  const down: Health = { state: "down", against: 0 };
  if (health.state === "down") return { health: down };
  const failures = health.against + 1;
  if (failures < fall) return { health: { state: health.state, against: failures } };
  return { health: down, cause: reason };
}
