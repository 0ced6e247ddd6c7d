/** All events there are, in one union: log, `explain`, metrics, notification and replay read it. */
import type { BalanceEvent } from "../balance/event.ts";
import type { ProcessEvent } from "../channel/message.ts";
import type { ElectorEvent } from "../elector/event.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { NotifyEvent } from "../notify/event.ts";

/** Events of the balancer's process around its engine: the cluster file, the kernel's table, the log itself. */
export type BalancerEvent =
  /** `changes`: the lines of the plan. */
  | { readonly kind: "file-accepted"; readonly file: string; readonly changes: readonly string[] }
  /** `issues`: as `check` prints them. Nothing was changed. */
  | { readonly kind: "file-refused"; readonly file: string; readonly issues: readonly string[] }
  /** The cluster file is bad or missing at start: the accepted one is in force. */
  | { readonly kind: "accepted-file-used"; readonly file: string; readonly reason: string }
  | { readonly kind: "table-changed"; readonly changes: readonly string[] }
  /** Somebody else had changed the table; it was put right again. */
  | { readonly kind: "table-drift"; readonly changes: readonly string[] }
  /** The kernel had these already: they are ours from now on. Said once. */
  | { readonly kind: "table-adopted"; readonly entries: readonly string[] }
  /** All that is neither in the file nor ours; empty when the last of it has gone. */
  | { readonly kind: "table-strangers"; readonly strangers: readonly string[] }
  /** An observer would make these changes now. */
  | { readonly kind: "table-would-change"; readonly changes: readonly string[] }
  /** The path of the IPVS table's network namespace leads to another one. */
  | { readonly kind: "namespace-renewed"; readonly namespace: string }
  | { readonly kind: "sysctl-changed"; readonly name: string; readonly from: string; readonly to: string }
  | { readonly kind: "sysctl-missing"; readonly name: string }
  | { readonly kind: "sysctl-refused"; readonly what: string; readonly refusal: KernelRefusal }
  /** `changes`: `start sync master on eth1 (…)` */
  | {
      readonly kind: "sync-changed";
      readonly changes: readonly string[];
      readonly cause: "configured" | "role" | "drift" | "stopping";
    }
  /** All that run and are not ours; empty when the last of them has gone. */
  | { readonly kind: "sync-strangers"; readonly daemons: readonly string[] }
  /** Of the host: our table in it. */
  | { readonly kind: "firewall-gone" }
  | {
      readonly kind: "table-refused";
      readonly what: string;
      readonly refusal: KernelRefusal;
      readonly meaning?: string;
    }
  /** `changes`: `tcp 192.0.2.100:80 → mark 5 added` */
  | { readonly kind: "marks-changed"; readonly changes: readonly string[] }
  /** Somebody else had changed the table; `changes`: what put it right again. */
  | { readonly kind: "marks-drift"; readonly changes: readonly string[] }
  /** `changes`: `route … added` */
  | { readonly kind: "static-changed"; readonly changes: readonly string[] }
  /** Somebody had removed them, or they went with their link; `changes`: as `ip` would say them. */
  | { readonly kind: "static-drift"; readonly changes: readonly string[] }
  | { readonly kind: "static-refused"; readonly what: string; readonly refusal: KernelRefusal }
  /** The file of `--record` is full, or the kernel refuses it. */
  | { readonly kind: "recording-stopped"; readonly file: string; readonly reason: string }
  | { readonly kind: "log-lines-lost"; readonly count: number };

export type KeelsonEvent = ElectorEvent | ProcessEvent | BalanceEvent | BalancerEvent | NotifyEvent;

export type EventKind = KeelsonEvent["kind"];

/** For each kind, its event. */
export type EventOf = { readonly [K in EventKind]: Extract<KeelsonEvent, { readonly kind: K }> };
