/** What a step asks of the kernel, and what the kernel's answer means for it. */
import { unreachable } from "../net/bug.ts";
import { EEXIST, ENOENT, ESRCH } from "../netlink/errno.ts";
import type { Answer } from "../netlink/exchange.ts";
import type { Request } from "../netlink/message.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import { deleteDestination, newDestination, setDestination } from "./destination.ts";
import { identityOf, plainDestination, recordOfDestination, recordOfService } from "./kernel-table.ts";
import { deleteService, newService, setService } from "./service.ts";
import type { PlanStep } from "./step.ts";

type StepVerdict =
  | { readonly kind: "done" }
  /** Somebody was faster, or an answer was lost: the wish is now an edit. */
  | { readonly kind: "instead"; readonly step: PlanStep }
  | { readonly kind: "refused"; readonly refusal: KernelRefusal };

export function stepRequest(familyId: number, step: PlanStep): Request {
  switch (step.kind) {
    case "add-service":
      return newService(familyId, recordOfService(step.service));
    case "edit-service":
      return setService(familyId, recordOfService(step.service));
    case "remove-service":
      return deleteService(familyId, identityOf(step.service));
    case "add-destination":
      return newDestination(familyId, identityOf(step.service), recordOfDestination(step.destination));
    case "edit-destination":
      return setDestination(familyId, identityOf(step.service), recordOfDestination(step.destination));
    case "remove-destination":
      return deleteDestination(familyId, identityOf(step.service), plainDestination(step.destination));
    default:
      return unreachable(step);
  }
}

/** A thing to add that is there is edited; a thing to remove that is not there is removed. */
export function stepVerdict(step: PlanStep, { refusal }: Answer): StepVerdict {
  if (refusal === undefined) return { kind: "done" };
  switch (step.kind) {
    case "add-service":
      if (refusal.errno !== EEXIST) break;
      return { kind: "instead", step: { kind: "edit-service", service: step.service, changes: [] } };
    case "add-destination":
      if (refusal.errno !== EEXIST) break;
      return { kind: "instead", step: { ...step, kind: "edit-destination", changes: [] } };
    case "remove-service":
    case "remove-destination":
      if (refusal.errno === ENOENT || refusal.errno === ESRCH) return { kind: "done" };
      break;
    case "edit-service":
    case "edit-destination":
      break;
    default:
      unreachable(step);
  }
  return { kind: "refused", refusal };
}
