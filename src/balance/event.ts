/**
 * What the balance engine tells about services and servers. Every change has a named cause.
 * What became of the kernel's table is told by its writer.
 */
import type { HealthCause } from "../checks/health.ts";
import type { FailureReason, LocalProblem } from "../checks/result.ts";
import type { CheckTarget } from "../checks/target.ts";
import type { Duration } from "../net/time.ts";
import type { Override } from "./override.ts";
import type { PanicNews } from "./panic.ts";
import type { PlacementCause } from "./placement.ts";
import type { QuorumSettings } from "./quorum.ts";

/** Names of the cluster file. */
interface OfServer {
  readonly service: string;
  readonly server: string;
}

export type BalanceEvent =
  /** A cluster file is in force. Servers count once per service, checks once per target and settings. */
  | {
      readonly kind: "configured";
      readonly services: number;
      readonly servers: number;
      readonly checksKept: number;
      readonly checksAdded: number;
      readonly checksRemoved: number;
    }
  | (OfServer & {
      readonly kind: "server-up";
      readonly cause: Exclude<HealthCause, FailureReason>;
      readonly latency: Duration;
    })
  | (OfServer & {
      readonly kind: "server-down";
      /** Of several, the one that failed. */
      readonly check: string | undefined;
      readonly cause: FailureReason;
      readonly detail: string;
    })
  /**
   * A failure that does not take the server out yet: the `failures`th in a row of `fall`. Or the last of these, when
   * another check of the server had taken it out already.
   */
  | (OfServer & {
      readonly kind: "check-failed";
      readonly check: string | undefined;
      readonly cause: FailureReason;
      readonly detail: string;
      readonly failures: number;
      readonly fall: number;
    })
  /** One of several checks passes again while another one goes on failing. */
  | (OfServer & {
      readonly kind: "check-passed";
      readonly check: string;
      readonly cause: Exclude<HealthCause, FailureReason>;
      readonly latency: Duration;
    })
  /** `from` is `undefined` for a server that was not in the table. */
  | (OfServer & {
      readonly kind: "weight-change";
      readonly from: number | undefined;
      readonly to: number;
      readonly cause: PlacementCause | "configured" | "override-lifted";
    })
  | (OfServer & { readonly kind: "server-removed"; readonly cause: PlacementCause })
  /** Too few of a service's servers serve, or enough again. */
  | {
      readonly kind: "quorum";
      readonly held: boolean;
      readonly service: string;
      readonly of: QuorumSettings["of"];
      readonly have: number;
      readonly need: number;
      /** Whether the service has a sorry server. */
      readonly sorry: boolean;
    }
  /** Failed servers get connections, for this director is the suspect: see panic.ts. It goes on every minute. */
  | {
      readonly kind: "panic";
      readonly service: string;
      readonly news: PanicNews;
      readonly healthy: number;
      readonly total: number;
    }
  /** An operator said something of a server, or took it back. */
  | (OfServer & { readonly kind: "override"; readonly override: Override | undefined; readonly by: string })
  /** A new cluster file does not have the server any more. */
  | (OfServer & { readonly kind: "override-forgotten"; readonly cause: "not-in-file" })
  /** Rate-limited: `count` checks met this problem of our own since the last such event. */
  | {
      readonly kind: "check-problem";
      readonly cause: LocalProblem;
      readonly detail: string;
      readonly target: CheckTarget;
      readonly count: number;
    }
  | { readonly kind: "checks-ready"; readonly cause: "all-tried" | "deadline" };
