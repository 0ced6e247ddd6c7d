/** What the result of a check tells of a server. */
import type { HealthCause, Judgement } from "../checks/health.ts";
import { type CheckFailed, type CheckPassed, FAILURES, type FailureReason } from "../checks/result.ts";
import type { Check } from "./check.ts";
import type { BalanceEvent } from "./event.ts";
import { stateOf } from "./examination.ts";
import type { BalancedServer } from "./server.ts";

/** @param server as it was before; the check has the result already */
export function healthEvent(
  server: BalancedServer,
  check: Check,
  result: CheckPassed | CheckFailed,
  judgement: Judgement,
): BalanceEvent | undefined {
  return result.kind === "passed"
    ? passed(server, check, result, judgement)
    : failed(server, check, result, judgement);
}

function passed(
  server: BalancedServer,
  check: Check,
  { latency }: CheckPassed,
  { cause }: Judgement,
): BalanceEvent | undefined {
  if (cause === undefined || isFailure(cause)) return undefined;
  const told = { ...namesOf(server), cause, latency };
  const state = stateOf(server.configuration.checks);
  if (state === "up") return { kind: "server-up", ...told };
  return cause === "risen" && state === "down"
    ? { kind: "check-passed", check: check.label, ...told }
    : undefined;
}

function failed(
  server: BalancedServer,
  check: Check,
  { reason, detail }: CheckFailed,
  { health, cause }: Judgement,
): BalanceEvent | undefined {
  const label = server.configuration.checks.length > 1 ? check.label : undefined;
  const why = { ...namesOf(server), check: label, cause: reason, detail };
  const { fall } = check.settings;
  if (cause !== undefined) {
    if (server.state !== "down") return { kind: "server-down", ...why };
    return { kind: "check-failed", ...why, failures: fall, fall };
  }
  return health.state === "down"
    ? undefined
    : { kind: "check-failed", ...why, failures: health.against, fall };
}

/** Names of the cluster file. */
export function namesOf({ configuration }: BalancedServer): {
  readonly service: string;
  readonly server: string;
} {
  return { service: configuration.service.name, server: configuration.server.name };
}

function isFailure(cause: HealthCause): cause is FailureReason {
  return Object.hasOwn(FAILURES, cause);
}
