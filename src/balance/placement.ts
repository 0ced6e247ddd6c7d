/** Where one real server stands in the kernel's table, as a plain function of its settings and what is known of it. */
import type { HealthState } from "../checks/health.ts";
import type { Override } from "./override.ts";
import type { ServiceSettings } from "./settings.ts";

/** How the kernel had a server before its first verdict; "assumed": it did not, and the file says that it is healthy. */
export type Presumption = "up" | "drained" | "absent" | "assumed";

/** Why a server left the table. */
const REMOVALS = {
  idle: "it had weight 0 and no connection was left",
  "remove-after": "its connections lasted longer than `remove_after`",
  absent: "it was not in the table when it failed",
  drained: "an operator drained it, and few enough connections were left",
  "drain-deadline": "an operator drained it, and the deadline has passed",
} as const;

export type Removal = keyof typeof REMOVALS;

/** Why a server has the weight it has, or none. */
export const PLACEMENT_CAUSES = {
  "no-check": "it has no check and always counts as up",
  "check-passed": "its check passes",
  override: "an operator gave it this weight",
  draining: "an operator drains it",
  "check-weight": "its check reported this weight",
  "presumed-up": "the kernel had it with a weight, and there is no verdict yet",
  "presumed-drained": "the kernel had it at weight 0, and there is no verdict yet",
  "slow-start": "its check passes, and it gets its weight little by little",
  "assumed-up": "it is new, and counts as healthy until there is a verdict",
  panic: "its check fails, but so do too many at once, and this director is the suspect",
  "quorum-lost": "too few servers of its service serve, so that the sorry server does",
  "sorry-serves": "it is the sorry server, and too few others serve",
  "sorry-waits": "it is the sorry server, and enough others serve",
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
  /** "up" when there is no check. The sorry server is up while the quorum is lost, and down otherwise. */
  readonly state: HealthState;
  readonly isSorry: boolean;
  /** Its service is in panic: see panic.ts. */
  readonly panics: boolean;
  /** The sorry server serves in its place. */
  readonly withdrawn: boolean;
  readonly presumed: Presumption;
  readonly onFailure: ServiceSettings["onFailure"];
  /** Present once a server that failed, or is drained, has been given up. */
  readonly removed: Removal | undefined;
  readonly override: Override | undefined;
  /** The weight that its check reported with its last success. */
  readonly reported: number | undefined;
  /** So much of its weight while it begins to serve. */
  readonly ramped: number | undefined;
}

/** Whoever comes first and has something to say decides. */
export function place(standing: Standing): Placement {
  return (
    byOperator(standing) ??
    byFailure(standing) ??
    byQuorum(standing) ??
    byCheck(standing) ??
    bySlowStart(standing) ??
    byFile(standing)
  );
}

/** Also when its check fails: who gave it a weight knows better. */
function byOperator({ override, removed }: Standing): Placement | undefined {
  if (override?.kind === "weight") return { weight: override.weight, cause: "override" };
  if (override?.kind !== "drain") return undefined;
  return removed === undefined ? { weight: 0, cause: "draining" } : { weight: undefined, cause: removed };
}

/** Nor does a server serve before its first success, unless it did before. */
function byFailure(standing: Standing): Placement | undefined {
  const { state, presumed, onFailure, removed, isSorry, panics, weight } = standing;
  if (state === "up") return undefined;
  if (state === "down" && panics) return { weight, cause: "panic" };
  if (state === "unknown" && (presumed === "up" || presumed === "assumed")) return undefined;
  if (state === "unknown") {
    return presumed === "drained"
      ? { weight: 0, cause: "presumed-drained" }
      : { weight: undefined, cause: "not-yet-checked" };
  }
  if (onFailure === "remove" && removed !== undefined) return { weight: undefined, cause: removed };
  return { weight: 0, cause: isSorry ? "sorry-waits" : "check-failed" };
}

function byQuorum({ withdrawn }: Standing): Placement | undefined {
  return withdrawn ? { weight: 0, cause: "quorum-lost" } : undefined;
}

function byCheck({ reported }: Standing): Placement | undefined {
  return reported === undefined ? undefined : { weight: reported, cause: "check-weight" };
}

function bySlowStart({ ramped }: Standing): Placement | undefined {
  return ramped === undefined ? undefined : { weight: ramped, cause: "slow-start" };
}

function byFile({ weight, checked, state, presumed, isSorry }: Standing): Placement {
  if (isSorry) return { weight, cause: "sorry-serves" };
  if (state === "unknown") return { weight, cause: presumed === "assumed" ? "assumed-up" : "presumed-up" };
  return { weight, cause: checked ? "check-passed" : "no-check" };
}
