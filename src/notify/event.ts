/** What is told about telling. */
import type { Duration } from "../net/time.ts";
import type { NotifyFailure } from "./outcome.ts";
import type { Names, NotifyState } from "./subject.ts";

interface OfDelivery extends Names {
  readonly notifier: string;
  readonly state: NotifyState;
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
    })
  /** At an orderly stop: so many states were not begun to be told, or were to be tried again. */
  | { readonly kind: "notify-left"; readonly notifier: string; readonly count: number };
