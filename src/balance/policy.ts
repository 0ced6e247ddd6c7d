/** How a service treats its servers as a whole: when there are too few, and when one of them is new. */
import { type Duration, seconds } from "../net/time.ts";
import type { PanicSettings } from "./panic.ts";
import type { QuorumSettings } from "./quorum.ts";
import type { ServerSettings } from "./settings.ts";

export interface ServicePolicy {
  /** Whether a server that the kernel does not have counts as healthy before its first verdict. */
  readonly start: "up" | "unknown";
  /** A server that comes back, or is new, gets its weight little by little over this; 0: at once. */
  readonly slowStart: Duration;
  /** Absent: no number of servers is too few. */
  readonly quorum?: QuorumSettings;
  /** Serves while there is no quorum. It is never checked. */
  readonly sorry?: ServerSettings;
  /** `serving`: nobody is asked while all addresses of the service are on other directors. */
  readonly checkWhile: "always" | "serving";
  /** Absent: nobody is sent to a server that fails. */
  readonly panic?: PanicSettings;
}

/** When the cluster file says nothing. */
export const PLAIN_POLICY: ServicePolicy = {
  start: "unknown",
  slowStart: seconds(0),
  checkWhile: "always",
};
