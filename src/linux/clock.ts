/** The one place where the monotonic clock is read for the protocol. */
import { monotonicMicros } from "dgram-extras";
import { type Instant, instant } from "../net/time.ts";

export function now(): Instant {
  return instant(monotonicMicros());
}
