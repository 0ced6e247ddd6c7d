/** What an operator asks of every router of a director. */
import { unreachable } from "../net/bug.ts";
import type { Instant } from "../net/time.ts";
import type { VirtualRouter } from "../vrrp/router.ts";
import { comesBackAtOnce } from "../vrrp/settings.ts";
import type { ElectorInput } from "./input.ts";
import { observes } from "./observing.ts";

export type Order = Extract<ElectorInput, { readonly kind: "drill" | "step-down" | "standby" }>;

export function obey(router: VirtualRouter, order: Order, now: Instant): void {
  switch (order.kind) {
    case "standby":
      return router.standbyChanged(now);
    case "drill":
      return observes(router) ? undefined : router.drill(now);
    case "step-down":
      return observes(router) || comesBackAtOnce(router.settings) ? undefined : router.stepDown(now);
    default:
      unreachable(order);
  }
}
