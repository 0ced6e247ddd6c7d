/**
 * What elector and balancer say to each other over the channel of the fork: small, typed, versioned, bounded.
 *
 * The elector says what it is and does; the balancer hands it settings piece by piece, so that no message is large
 * enough to make an advert late.
 */
import type { ElectorEvent } from "../elector/event.ts";
import type { TrackReport, TrackSnapshot } from "../elector/tracks.ts";
import type { Duration } from "../net/time.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { Will } from "../vrrp/action.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import type { RouterSnapshot } from "../vrrp/snapshot.ts";
import type { Steering } from "../vrrp/steering.ts";

/** Both processes come from one installation; another number means that an upgrade is half done. */
export const CHANNEL_VERSION = 3;

export interface ElectorSnapshot {
  /** Milliseconds since 1970, for people. */
  readonly at: number;
  readonly pid: number;
  readonly generation: number;
  /** Instants are the elector's monotonic microseconds; `now` tells which one `at` was. */
  readonly now: number;
  readonly routers: readonly RouterSnapshot[];
  readonly tracks: readonly TrackSnapshot[];
  /** Datagrams ignored so far, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  /** `rr`, or why the kernel refused real-time scheduling. */
  readonly scheduling: string;
}

/** Events of the process around the engine. */
export type ProcessEvent =
  | { readonly kind: "started"; readonly version: string; readonly generation: number }
  | { readonly kind: "realtime-refused"; readonly reason: string }
  | { readonly kind: "monitor-overrun" }
  | { readonly kind: "balancer-died"; readonly detail: string; readonly restartIn: number }
  | { readonly kind: "events-lost"; readonly count: number }
  | { readonly kind: "stop-requested"; readonly signal: string }
  /** The kernel does not let us have a virtual link, or what it needs; it is tried again. */
  | { readonly kind: "virtual-link-refused"; readonly subject: string; readonly refusal: KernelRefusal }
  /** An address of an earlier run that no router of the cluster file wants any more. */
  | { readonly kind: "leftover-removed"; readonly address: string; readonly interface: string };

/** A kernel setting that is changed, and put back when it is not needed any more. */
export interface SysctlChange {
  /** Below /proc/sys/net. */
  readonly path: string;
  readonly before: string;
  readonly value: string;
}

/** What of the host earlier runs have changed, or these routers need. */
export interface HostChanges {
  /** `armKey`s of addresses that earlier runs put there. */
  readonly journal: readonly string[];
  /** Routes and rules of an earlier run's file that nobody wants any more. */
  readonly leftovers: Steering;
  /** Names of interfaces that earlier runs made. */
  readonly links: readonly string[];
  /** By earlier runs. */
  readonly left: readonly SysctlChange[];
  /** In the order in which they are made. */
  readonly wanted: readonly SysctlChange[];
}

export type ToBalancer =
  | { readonly kind: "event"; readonly at: number; readonly event: ElectorEvent | ProcessEvent }
  | { readonly kind: "snapshot"; readonly snapshot: ElectorSnapshot }
  | { readonly kind: "will"; readonly router: string; readonly will: Will | undefined }
  /** Whole lines of the recording. */
  | { readonly kind: "record"; readonly text: string }
  /** The settings of this revision are in force. */
  | { readonly kind: "committed"; readonly revision: number }
  /** A virtual link of this name is ours from now on, whosever it was when the settings were handed over. */
  | { readonly kind: "link-made"; readonly name: string }
  /** SIGHUP: read the cluster file again. */
  | { readonly kind: "reload" }
  /** A stop was asked for: in the time that was asked for (`lead`) the routers hand over. */
  | { readonly kind: "stopping" }
  | { readonly kind: "ping"; readonly count: number }
  /** An orderly end: revoke the will and exit. */
  | { readonly kind: "bye" };

export type ToElector =
  | { readonly kind: "hello"; readonly version: number; readonly pid: number }
  | { readonly kind: "begin"; readonly revision: number }
  | { readonly kind: "router"; readonly revision: number; readonly router: RouterSettings }
  | {
      readonly kind: "commit";
      readonly revision: number;
      readonly host: HostChanges;
    }
  | { readonly kind: "ready" }
  /** Of a thing that routers track. Said at each look, also when nothing changed. */
  | ({ readonly kind: "track" } & TrackReport)
  /** So long before a stop hands over the balancer wants to know of it. 0: not at all */
  | { readonly kind: "lead"; readonly lead: Duration }
  | { readonly kind: "drill" }
  | { readonly kind: "step-down" }
  | { readonly kind: "standby"; readonly on: boolean }
  /** Somebody wants to see a snapshot: the elector sends one of itself only when its state changes. */
  | { readonly kind: "describe" }
  /** A reload is over, whatever came of it. */
  | { readonly kind: "reloaded" }
  /** The piece of the recording that came last is in its file, or cannot be. */
  | { readonly kind: "recorded" }
  | { readonly kind: "pong"; readonly count: number }
  /** Something long begins, a large file or table: no word until it is over is no sign of death. */
  | { readonly kind: "busy" }
  /** Nothing can be run: the reason was printed; exit with this code. */
  | { readonly kind: "fatal"; readonly exitCode: number };
