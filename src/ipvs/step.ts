/** One step from the kernel's table to the wanted one: one call to the kernel, and one line for people. */
import { unreachable } from "../net/bug.ts";
import { endpointText } from "./kernel-table.ts";
import type { Destination, DestinationKey, ServiceHead, ServiceKey } from "./settings.ts";

export type PlanStep =
  /** IPVS_CMD_NEW_SERVICE */
  | { readonly kind: "add-service"; readonly service: ServiceHead }
  /** IPVS_CMD_SET_SERVICE. `changes`: `scheduler rr → wrr` */
  | { readonly kind: "edit-service"; readonly service: ServiceHead; readonly changes: readonly string[] }
  /** IPVS_CMD_DEL_SERVICE, with all its destinations. */
  | { readonly kind: "remove-service"; readonly service: ServiceKey }
  /** IPVS_CMD_NEW_DEST */
  | { readonly kind: "add-destination"; readonly service: ServiceKey; readonly destination: Destination }
  /** IPVS_CMD_SET_DEST. `changes`: `weight 3 → 0` */
  | {
      readonly kind: "edit-destination";
      readonly service: ServiceKey;
      readonly destination: Destination;
      readonly changes: readonly string[];
    }
  /** IPVS_CMD_DEL_DEST */
  | {
      readonly kind: "remove-destination";
      readonly service: ServiceKey;
      readonly destination: DestinationKey;
    };

export function describeStep(step: PlanStep): string {
  switch (step.kind) {
    case "add-service":
      return `add ${serviceText(step.service)} (${step.service.scheduler})`;
    case "edit-service":
      return `set ${serviceText(step.service)}${listed(step.changes)}`;
    case "remove-service":
      return `remove ${serviceText(step.service)}`;
    case "add-destination": {
      const { forward, weight } = step.destination;
      return `add ${memberText(step.service, step.destination)} (${forward}, weight ${weight})`;
    }
    case "edit-destination":
      return `set ${memberText(step.service, step.destination)}${listed(step.changes)}`;
    case "remove-destination":
      return `remove ${memberText(step.service, step.destination)}`;
    default:
      return unreachable(step);
  }
}

/** `tcp 192.0.2.1:80`, `firewall mark 5 (IPv4)` */
export function serviceText(service: ServiceKey): string {
  if (service.protocol === "mark") return `firewall mark ${service.mark} (IPv${service.family})`;
  return `${service.protocol} ${endpointText(service)}`;
}

/** `tcp 192.0.2.1:80 → 10.0.0.11:8080` */
export function memberText(service: ServiceKey, destination: DestinationKey): string {
  return `${serviceText(service)} → ${endpointText(destination)}`;
}

function listed(changes: readonly string[]): string {
  return changes.length === 0 ? "" : `: ${changes.join(", ")}`;
}
