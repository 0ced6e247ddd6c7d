/** What the kernel's refusals of a plan come to, for people. */
import { EAFNOSUPPORT, ENOENT } from "../netlink/errno.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import { serviceId } from "./settings.ts";
import { describeStep, type PlanStep } from "./step.ts";

export interface RefusedStep {
  readonly what: string;
  readonly refusal: KernelRefusal;
  /** Where the kernel's own text says too little. */
  readonly meaning?: string;
}

/** @param outcomes one for each step, `undefined` for done. What a service that is not there lacks is not told too. */
export function refusedSteps(
  steps: readonly PlanStep[],
  outcomes: readonly (KernelRefusal | undefined)[],
): RefusedStep[] {
  const missing = new Set<string>();
  return steps.flatMap((step, index) => {
    const refusal = outcomes[index];
    if (refusal === undefined) return [];
    if (step.kind === "add-service") missing.add(serviceId(step.service));
    else if (missing.has(serviceId(step.service))) return [];
    const meaning = meaningOf(step, refusal);
    return [{ what: describeStep(step), refusal, ...(meaning === undefined ? {} : { meaning }) }];
  });
}

function meaningOf(step: PlanStep, { errno }: KernelRefusal): string | undefined {
  if (errno === EAFNOSUPPORT) return "this kernel's IPVS has no IPv6 (CONFIG_IP_VS_IPV6)";
  if (errno !== ENOENT || (step.kind !== "add-service" && step.kind !== "edit-service")) return undefined;
  const { scheduler, persistence } = step.service;
  const engine = persistence?.engine;
  const other =
    engine === undefined ? "" : `, or no persistence engine "${engine}" (module ip_vs_pe_${engine})`;
  return `this kernel has no scheduler "${scheduler}" (module ip_vs_${scheduler})${other}`;
}
