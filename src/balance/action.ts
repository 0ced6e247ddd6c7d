/** All that the balance engine asks of the world, as data. */
import type { CheckSettings } from "../checks/settings.ts";
import type { CheckTarget } from "../checks/target.ts";
import type { BalanceEvent } from "./event.ts";

export type BalanceAction =
  /** Perform this check and report with a `checked` input, whatever comes of it. */
  | {
      readonly kind: "check";
      readonly id: string;
      readonly target: CheckTarget;
      readonly settings: CheckSettings;
    }
  /** `wanted()` has changed: compare it with the kernel. */
  | { readonly kind: "reconcile" }
  | { readonly kind: "event"; readonly event: BalanceEvent };
