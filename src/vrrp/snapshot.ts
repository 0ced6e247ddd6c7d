/** A virtual router as `status`, the simulator and the tests see it. */
import type { IpAddress } from "../net/ip.ts";
import type { Duration, Instant } from "../net/time.ts";
import type { Cause } from "./event.ts";
import type { Machine } from "./machine.ts";
import type { HoldDown } from "./preemption.ts";
import { type RouterSettings, type VirtualAddress, withoutSecrets } from "./settings.ts";
import type { State } from "./state.ts";
import type { VirtualLink } from "./virtual-link.ts";

export interface RouterSnapshot {
  readonly name: string;
  readonly vrid: number;
  readonly interface: string;
  readonly virtualLinks: readonly VirtualLink[];
  /** Without its secrets: snapshots are shown to people. */
  readonly transport: ReturnType<typeof withoutSecrets>;
  /** One that observes is in its state in its own mind only. */
  readonly mode: RouterSettings["mode"];
  readonly state: State;
  readonly since: Instant;
  /** Of the last transition. */
  readonly cause: Cause;
  /** With the weights of what is tracked. */
  readonly priority: number;
  readonly basePriority: number;
  readonly interval: Duration;
  readonly addresses: readonly VirtualAddress[];
  /** The master we follow; absent unless Backup. */
  readonly master: { readonly source: IpAddress; readonly priority: number } | undefined;
  /** Held back after a drill. */
  readonly heldBack: boolean;
  /** Its director stays behind all others until it is released: the priority is 1. */
  readonly standby: boolean;
  /** A master with a lower priority keeps its place for now. */
  readonly holdDown: HoldDown | undefined;
  /** On their interfaces now because of us. */
  readonly held: readonly VirtualAddress[];
  readonly advertsSent: number;
  readonly advertsReceived: number;
  /** Of those received, with another list of addresses than ours. */
  readonly advertsDiffering: number;
}

/** What its owner knows of a router, and its machine does not. */
type Beside = Pick<RouterSnapshot, "standby" | "advertsReceived" | "advertsDiffering">;

/**
 * In one piece, and not put together of others: a director of a thousand routers takes a thousand of these just when it
 * has become master, and its adverts must not wait for them.
 */
export function snapshotOf(machine: Machine, beside: Beside, now: Instant): RouterSnapshot {
  const { settings, state, hearing, candidacy } = machine;
  const isBackup = state === "Backup";
  const { last } = hearing;
  return {
    name: settings.name,
    vrid: settings.vrid,
    interface: settings.interface,
    virtualLinks: settings.virtualLinks,
    transport: withoutSecrets(settings.transport),
    mode: settings.mode,
    state,
    since: machine.since,
    cause: machine.cause,
    priority: settings.priority,
    basePriority: candidacy.configured.priority,
    interval: settings.interval,
    addresses: settings.addresses,
    master: isBackup && last !== undefined ? { ...last } : undefined,
    heldBack: candidacy.heldBack,
    standby: beside.standby,
    holdDown: isBackup ? candidacy.holdDown(now) : undefined,
    held: machine.possession.held,
    advertsSent: machine.speech.sent,
    advertsReceived: beside.advertsReceived,
    advertsDiffering: beside.advertsDiffering,
  };
}
