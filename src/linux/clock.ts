/** The one place where clocks are read for the protocol: the monotonic one, and UTC to date signatures with. */
import { monotonicMicros } from "dgram-extras";
import { type Instant, instant } from "../net/time.ts";

export function now(): Instant {
  return instant(monotonicMicros());
}

/** Microseconds since 1970, exact to a millisecond. */
export function unixMicros(): number {
  return Date.now() * 1_000;
}
