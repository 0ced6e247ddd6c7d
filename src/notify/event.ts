/** What is told about telling. */
import type { Duration } from "../net/time.ts";
import type { State } from "../vrrp/state.ts";
import type { NotifyFailure } from "./outcome.ts";

interface OfDelivery {
  readonly notifier: string;
  readonly router: string;
  readonly state: State;
}

export type NotifyEvent =
  /** `failures`: of this notifier, one after the other, before it worked. */
  | (OfDelivery & { readonly kind: "notified"; readonly failures: number })
  /** Told once for the same reason in a row. Without `retryIn` it is not tried again. */
  | (OfDelivery & {
      readonly kind: "notify-failed";
      readonly reason: NotifyFailure;
      readonly detail: string;
      readonly output: string;
      readonly retryIn: Duration | undefined;
    });
