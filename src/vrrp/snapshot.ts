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

/** What its machine knows of it. */
export function snapshotOf(
  { settings, state, since, cause, hearing, candidacy, possession, speech }: Machine,
  now: Instant,
): Omit<RouterSnapshot, "standby" | "advertsReceived" | "advertsDiffering"> {
  const { name, vrid, interface: own, virtualLinks, mode, interval, priority } = settings;
  const { addresses, transport } = settings;
  const isBackup = state === "Backup";
  const { last } = hearing;
  return {
    ...{ name, vrid, interface: own, virtualLinks, mode, interval, priority, addresses },
    ...{ state, since, cause },
    transport: withoutSecrets(transport),
    basePriority: candidacy.configured.priority,
    master: isBackup && last !== undefined ? { ...last } : undefined,
    heldBack: candidacy.heldBack,
    holdDown: isBackup ? candidacy.holdDown(now) : undefined,
    held: possession.held,
    advertsSent: speech.sent,
  };
}
