/** The cluster that stories and seeds are about: two arms, one or two routers, and what varies between runs. */
import { type IpAddress, ip } from "../net/ip.ts";
import { type Duration, minutes, seconds } from "../net/time.ts";
import {
  multicastTransport,
  PLAIN_ELECTION,
  type RouterSettings,
  secondElection,
  type VirtualAddress,
} from "../vrrp/settings.ts";
import type { Track } from "../vrrp/tracked.ts";
import type { Layout } from "./cluster.ts";
import { hostMac } from "./frame.ts";
import type { DirectorPlan } from "./node.ts";

/** What a cluster file says. */
export interface FilePlan {
  readonly interval: Duration;
  readonly downTimerAdverts?: number;
  readonly preempt: boolean;
  readonly preemptDelay?: Duration;
  readonly damping?: boolean;
  readonly unheard?: RouterSettings["unheard"];
  /** Each arm has a router of its own, and both stay together; else one router has both arms. */
  readonly grouped?: boolean;
  /** There is an IPv6 address on the first arm, too; in the router's one election, or in one of its own. */
  readonly election?: "shared" | "per-family";
  /** By director; 255 is the owner. */
  readonly priorities: Readonly<Record<string, number>>;
  readonly stopTimeout?: Duration;
  /** One more address on the first arm. */
  readonly extraAddress?: boolean;
  /** Something is tracked: with this weight, or as a fault. */
  readonly track?: "nothing" | "fault" | number;
}

export interface Plan extends FilePlan {
  readonly seed: number;
  /** How much faster each director's clock runs, in parts per million. */
  readonly driftPpm?: Readonly<Record<string, number>>;
}

/** Both arms move together: the front address and the real servers' gateway. */
const VIRTUAL_ADDRESSES: readonly VirtualAddress[] = [
  { address: ip("192.0.2.100"), prefixLength: 32, interface: "eth0" },
  { address: ip("10.0.0.1"), prefixLength: 32, interface: "eth1" },
];
const EXTRA_ADDRESS: VirtualAddress = { address: ip("192.0.2.101"), prefixLength: 32, interface: "eth0" };
const ADDRESS_6: VirtualAddress = { address: ip("2001:db8::100"), prefixLength: 128, interface: "eth0" };
const NETWORKS = { eth0: "192.0.2.", eth1: "10.0.0." } as const;
export const ROUTER = "front";
export const ROUTER_6 = secondElection(ROUTER, 6);
export const TRACK = "upstream";
const VRID = 51;
const STOP_TIMEOUT = seconds(10);
const FIRST_DIRECTOR = 11;
const LAST_HOST = 99;
/** Longer than any run in which the balancer says nothing. */
const PATIENCE = minutes(60);

export function layoutOf(plan: Plan): Layout {
  const directors = Object.keys(plan.priorities).map((name, index): DirectorPlan => {
    const host = FIRST_DIRECTOR + index;
    const interfaces = Object.entries(NETWORKS).map(([arm, network], number) => {
      return {
        name: arm,
        network: arm,
        mac: hostMac(host, number),
        sources: [ip(`${network}${host}`), ...(plan.election ? [ip(`fe80::${LAST_HOST - host}`)] : [])],
        up: true,
      };
    });
    return { name, interfaces, routers: routersOf(plan, name), driftPpm: plan.driftPpm?.[name] ?? 0 };
  });
  return { seed: plan.seed, directors };
}

/** One director's part of the file. */
export function routersOf(plan: FilePlan, director: string): readonly RouterSettings[] {
  const settings: RouterSettings = {
    name: ROUTER,
    vrid: VRID,
    interface: "eth0",
    transport: multicastTransport(4),
    interval: plan.interval,
    priority: plan.priorities[director] ?? 100,
    preempt: plan.preempt,
    ...PLAIN_ELECTION,
    downTimerAdverts: plan.downTimerAdverts ?? PLAIN_ELECTION.downTimerAdverts,
    preemptDelay: plan.preemptDelay ?? PLAIN_ELECTION.preemptDelay,
    damping: plan.damping ?? false,
    unheard: plan.unheard ?? PLAIN_ELECTION.unheard,
    tracks: tracksOf(plan),
    addresses: [
      ...VIRTUAL_ADDRESSES,
      ...(plan.extraAddress ? [EXTRA_ADDRESS] : []),
      ...(plan.election ? [ADDRESS_6] : []),
    ],
    stopTimeout: plan.stopTimeout ?? STOP_TIMEOUT,
  };
  if (plan.election === "per-family") return bothFamilies(settings);
  return plan.grouped ? groupOf(settings) : [settings];
}

/** An address that somebody may hold who has no right to, and its switch. */
export const CONTESTED: { readonly address: IpAddress; readonly network: string } = {
  address: ip("192.0.2.100"),
  network: "eth0",
};

function tracksOf({ track = "nothing" }: FilePlan): readonly Track[] {
  if (track === "nothing") return [];
  const source = { kind: "reported", patience: PATIENCE } as const;
  return [{ name: TRACK, source, ...(track === "fault" ? {} : { weight: track }) }];
}

function bothFamilies(settings: RouterSettings): RouterSettings[] {
  const common = { ...settings, syncGroup: "both families" };
  const [addresses, transport] = [[ADDRESS_6], multicastTransport(6)];
  return [
    { ...common, addresses: settings.addresses.filter((one) => one !== ADDRESS_6) },
    { ...common, name: ROUTER_6, transport, addresses },
  ];
}

/** A router for each arm. */
function groupOf(settings: RouterSettings): RouterSettings[] {
  return Object.keys(NETWORKS).map((arm, index) => ({
    ...settings,
    name: index === 0 ? ROUTER : `arm${index}`,
    vrid: settings.vrid + index,
    interface: arm,
    addresses: settings.addresses.filter((address) => address.interface === arm),
    syncGroup: "all",
  }));
}
