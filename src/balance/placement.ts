/** Where one real server stands in the kernel's table, as a plain function of its settings and what is known of it. */
import type { HealthState } from "../checks/health.ts";
import type { ServiceSettings } from "./settings.ts";

/** How the kernel had a server before its first verdict. */
export type Presumption = "up" | "drained" | "absent";

/** Why a failed server left the table. */
const REMOVALS = {
  idle: "it had weight 0 and no connection was left",
  "remove-after": "its connections lasted longer than `remove_after`",
  absent: "it was not in the table when it failed",
} as const;

export type Removal = keyof typeof REMOVALS;

/** Why a server has the weight it has, or none. */
export const PLACEMENT_CAUSES = {
  "no-check": "it has no check and always counts as up",
  "check-passed": "its check passes",
  override: "an operator gave it this weight",
  "presumed-up": "the kernel had it with a weight, and there is no verdict yet",
  "presumed-drained": "the kernel had it at weight 0, and there is no verdict yet",
  "not-yet-checked": "it is new, and needs one success first",
  "check-failed": "its check fails",
  ...REMOVALS,
} as const;

export type PlacementCause = keyof typeof PLACEMENT_CAUSES;

export interface Placement {
  /** `undefined`: not in the table. */
  readonly weight: number | undefined;
  readonly cause: PlacementCause;
}

export interface Standing {
  /** Of the cluster file. */
  readonly weight: number;
  readonly checked: boolean;
  /** "up" when there is no check. */
  readonly state: HealthState;
  readonly presumed: Presumption;
  readonly onFailure: ServiceSettings["onFailure"];
  /** Present once a failed server has been given up. */
  readonly removed: Removal | undefined;
  /** The operator's weight; it never brings a failed server back. */
  readonly override: number | undefined;
}

export function place(standing: Standing): Placement {
  const serving = standing.state === "unknown" ? standing.presumed === "up" : standing.state === "up";
  if (serving) return placeServing(standing);
  if (standing.state === "unknown") {
    return standing.presumed === "drained"
      ? { weight: 0, cause: "presumed-drained" }
      : { weight: undefined, cause: "not-yet-checked" };
  }
  if (standing.onFailure === "remove" && standing.removed !== undefined) {
    return { weight: undefined, cause: standing.removed };
  }
  return { weight: 0, cause: "check-failed" };
}

function placeServing({ weight, checked, state, override }: Standing): Placement {
  if (override !== undefined) return { weight: override, cause: "override" };
  if (state === "unknown") return { weight, cause: "presumed-up" };
  return { weight, cause: checked ? "check-passed" : "no-check" };
}
