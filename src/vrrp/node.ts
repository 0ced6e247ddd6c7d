/** What a virtual router asks about the director it lives on; the engine answers. */
import type { Family, IpAddress } from "../net/ip.ts";
import type { Duration, Instant } from "../net/time.ts";
import type { Marks } from "./seal.ts";
import type { RouterSettings, VirtualAddress } from "./settings.ts";
import type { Standstill } from "./stall.ts";
import type { Verdict } from "./tracked.ts";
import type { Hmac } from "./trailer.ts";

/** One address on one interface. */
export type Arm = Pick<VirtualAddress, "interface" | "address">;

export interface NodeView {
  linkUp(interfaceName: string): boolean;
  /** The interface's own address that adverts of this family leave from. */
  sourceOf(interfaceName: string, family: Family): IpAddress | undefined;
  /** Another one whenever an address of this host has come or gone: what the two questions around this are about. */
  readonly revision: number;
  /** The address is on its interface now. */
  present(arm: Arm): boolean;
  /** Some addresses that are wanted were not asked for yet, or just now: with many of them that takes its time. */
  readonly behind: boolean;
  /** We put it there: in this run, or in an earlier one by the journal's word. */
  ours(arm: Arm): boolean;
  /** The balancer serves; until then nobody is preempted. */
  ready(): boolean;
  /** An operator wants this director to stay behind all others. */
  standby(): boolean;
  /** How far into each of its intervals it is to speak; absent: whenever it likes. */
  turnOf(router: RouterSettings): Duration | undefined;
  /** Of a thing that routers watch. */
  verdictOf(track: string): Verdict;
  /** A router of the same sync group that cannot take part. */
  faultySibling(router: RouterSettings, now: Instant): string | undefined;
  /** No other router of the same sync group follows a master elsewhere. */
  siblingsMayServe(router: RouterSettings): boolean;
  /** Between equals, no earlier router of the same sync group decides for all. */
  decidesTies(router: RouterSettings, now: Instant): boolean;
  /** UTC in microseconds since 1970: what signatures are dated with. */
  unixMicros(at: Instant): number;
  readonly hmac: Hmac;
  /** What an earlier run of this router has heard and said. */
  marksOf(router: string): Marks | undefined;
  /** The last time. */
  readonly stoodStill: Standstill | undefined;
  /** When this elector got its first routers. */
  readonly bornAt: Instant;
}

/** Names one address on one interface. */
export function armKey(arm: Arm): string {
  return `${arm.interface} ${arm.address}`;
}

/** Where a router's adverts leave from, if it can speak at all. */
export function sourceFor(
  { interface: name, transport }: RouterSettings,
  node: NodeView,
): IpAddress | undefined {
  const { source: address, family } = transport;
  if (address === undefined) return node.sourceOf(name, family);
  return node.present({ interface: name, address }) ? address : undefined;
}

/** What an earlier run has left on the interfaces; whoever only observes has left nothing. */
export function leftoversOf({ mode, addresses }: RouterSettings, node: NodeView): readonly VirtualAddress[] {
  return mode === "observe" ? [] : addresses.filter((address) => node.present(address));
}
