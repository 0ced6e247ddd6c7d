/** What the control socket can ask of the balancer. */
import type { TableSettings } from "../balance/settings.ts";
import type { ServiceSnapshot } from "../balance/snapshot.ts";
import type { ElectorSnapshot } from "../channel/message.ts";
import type { KeelsonEvent } from "../log/event.ts";
import type { Duration, Instant } from "../net/time.ts";

export interface Status {
  readonly version: string;
  /** The balancer's. */
  readonly pid: number;
  /** Which director of the cluster file this is. */
  readonly node: string;
  /** The cluster file in force. */
  readonly file: string;
  /** Milliseconds since 1970, for people. */
  readonly at: number;
  /** The instant that `at` was on the balancer's clock, which counts `services`. */
  readonly now: Instant;
  /** The newest one; absent before the first. */
  readonly elector: ElectorSnapshot | undefined;
  readonly services: readonly ServiceSnapshot[];
  readonly statics: readonly StaticStatus[];
  /** Absent where no mark is set by us. */
  readonly marks: MarksReport | undefined;
  /** Absent while the kernel's table is not looked at. */
  readonly table:
    | (TableReport & TableSettingsReport & Pick<TableSettings, "namespace"> & { readonly sync?: SyncReport })
    | undefined;
}

/** What there is to say of the kernel's IPVS table beside its services. */
export interface TableReport extends Pick<TableSettings, "mode" | "onStop"> {
  /** Changes asked of the kernel since the start of this process. */
  readonly writes: number;
  /** What the kernel refused when it was asked last, a line each; the first thousand. */
  readonly refused: readonly string[];
  /** What an observer would change, likewise. */
  readonly pending: readonly string[];
  /** What is neither ours nor touched, likewise. */
  readonly strangers: readonly string[];
}

/** What we changed of the kernel's balancer beside its table, as it is now. */
export interface TableSettingsReport {
  /** Under net.ipv4.vs, by name. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** In seconds, by the names of the cluster file. */
  readonly timeouts: Readonly<Record<string, string>>;
}

/** The sync of connections, a line for each daemon. */
export interface SyncReport {
  /** Whose role they follow; absent: both run, whoever is master. */
  readonly router?: string;
  /** Ours. */
  readonly daemons: readonly string[];
  /** Somebody else's, and not touched. */
  readonly strangers: readonly string[];
  /** What the kernel refused when it was asked last. */
  readonly refused: readonly string[];
  /** What an observer would start or stop. */
  readonly pending: readonly string[];
}

/** A static address, route or rule. */
export interface StaticStatus {
  /** As `ip` would say it. */
  readonly text: string;
  /** Why it is not there. */
  readonly problem?: string;
}

/** What sets the marks of services. */
export interface MarksReport {
  /** `tcp 192.0.2.100:80 → mark 5` */
  readonly rules: readonly string[];
  /** Transactions asked of the kernel since the start of this process. */
  readonly writes: number;
  /** Why they are not there. */
  readonly problem?: string;
}

export interface ReloadWish {
  /** Also when neighbours would reject this director's adverts, or it theirs. */
  readonly wireBreaking: boolean;
}

export type ReloadOutcome =
  /** `changes`: the lines of the plan, now in force. */
  | { readonly kind: "accepted"; readonly changes: readonly string[] }
  /** The file has errors: `issues`, rendered. Nothing was changed. */
  | { readonly kind: "bad-file"; readonly issues: readonly string[] }
  /** The file is good, but cannot be put in force now. Nothing was changed. */
  | { readonly kind: "refused"; readonly reason: string };

export type HandOverOutcome =
  /** The routers that are master, and hand over now, or after a while in which other directors hear of all connections. */
  | { readonly kind: "started"; readonly routers: readonly string[]; readonly wait?: Duration }
  | { readonly kind: "refused"; readonly reason: string };

/** What an operator says of one server. */
export interface OverrideWish {
  readonly service: string;
  readonly server: string;
  readonly by: string;
  readonly what:
    | { readonly kind: "drain"; readonly connections: number; readonly within?: Duration }
    | { readonly kind: "weight"; readonly weight: number }
    /** Takes a drain back. */
    | { readonly kind: "undrain" }
    /** Takes a weight back. */
    | { readonly kind: "reset" };
}

export type OverrideOutcome =
  /** Written down, and in force: one sentence about what that means. */
  { readonly kind: "done"; readonly text: string } | { readonly kind: "refused"; readonly reason: string };

export interface RecordedEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly event: KeelsonEvent;
}

export interface ControlTarget {
  status(): Promise<Status>;
  /** Reads the cluster file again; settles when it is in force or refused. */
  reload(wish: ReloadWish): Promise<ReloadOutcome>;
  drill(): Promise<HandOverOutcome>;
  stepDown(): Promise<HandOverOutcome>;
  /** Stays behind all others until it is released, also after a reboot; a master hands over. */
  setStandby(on: boolean): Promise<HandOverOutcome>;
  override(wish: OverrideWish): Promise<OverrideOutcome>;
  /** The latest ones, oldest first. */
  events(): readonly RecordedEvent[];
}
