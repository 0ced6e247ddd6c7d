/** What one director is told about one virtual router: the same shape from the cluster file to the engine. */
import { type Family, familyOf, type IpAddress } from "../net/ip.ts";
import { after, type Duration, type Instant, instant, micros } from "../net/time.ts";
import type { AddressTraits } from "../netlink/address.ts";
import { MULTICAST_GROUPS } from "./advert.ts";
import { type AnnounceSettings, DEFAULT_ANNOUNCE } from "./announcements.ts";
import { DEFAULT_DOWN_TIMER_ADVERTS, type Pace } from "./intervals.ts";
import { NO_STEERING, type Steering } from "./steering.ts";
import type { Track } from "./tracked.ts";
import type { Key } from "./trailer.ts";
import type { VirtualLink } from "./virtual-link.ts";

/** One floating address, on the interface (arm) that carries it. */
export interface VirtualAddress {
  readonly address: IpAddress;
  /** 32 (or 128) unless the cluster file writes another. */
  readonly prefixLength: number;
  readonly interface: string;
  /** What the cluster file says of it beside that. */
  readonly traits?: AddressTraits;
}

/** Everybody on the link who listens, or the other directors one by one. */
export type Audience =
  /** `directors`: where the others speak from; absent: the cluster file does not say it of all of them. */
  | { readonly kind: "group"; readonly group: IpAddress; readonly directors?: readonly IpAddress[] }
  /** `minTtl`: adverts that arrive with less have come too far. */
  | { readonly kind: "peers"; readonly peers: readonly IpAddress[]; readonly minTtl: number };

/** How adverts are signed, and which are believed (see `trailer.ts`). */
export interface Authentication {
  /** `permissive` believes those without a signature, too; `receive-only` also sends none. */
  readonly mode: "enforce" | "permissive" | "receive-only";
  /** Signs what we say; every key is good for what we hear. */
  readonly activeKey: number;
  readonly keys: readonly Key[];
  /** How far the clocks of two directors may be apart: whole seconds. */
  readonly window: Duration;
}

/** How a router's adverts are written and how they travel: all directors of a router must agree on it. */
export interface Transport {
  readonly version: 2 | 3;
  /** Of the adverts. Addresses of the other family float along without being advertised. */
  readonly family: Family;
  readonly audience: Audience;
  /** Where adverts leave from; absent: the interface's own first address. */
  readonly source?: IpAddress;
  /** The router's own virtual link, when adverts leave from that; absent: the router's interface. */
  readonly device?: string;
  /** Of version 3 over IPv4: RFC 5798's form, or RFC 9568's. Both are understood. */
  readonly checksum: "pseudo-header" | "plain";
  /** Of version 2, at most 8 bytes; absent: no authentication. */
  readonly password?: string;
  /** Of both versions and families; absent: nothing is signed, and what is signed is too long. */
  readonly authentication?: Authentication;
}

/** What a cluster file gets that says nothing about it. */
export function multicastTransport(family: Family): Transport {
  const audience = { kind: "group", group: MULTICAST_GROUPS[family] } as const;
  return { version: 3, family, audience, checksum: "pseudo-header" };
}

/** Of the address owner (RFC 9568 §5.2.4): it gives way to nobody. */
export const OWNER_PRIORITY = 255;

export interface RouterSettings {
  readonly name: string;
  /** 1 … 255 (RFC 9568 §5.2.3). */
  readonly vrid: number;
  /** Where adverts are sent and heard: directly, or through a virtual link that stands on it. */
  readonly interface: string;
  /** Its own interfaces with the virtual MAC address, at most one for each family; none: it uses those of the host. */
  readonly virtualLinks: readonly VirtualLink[];
  readonly transport: Transport;
  /** 10 ms … 40.95 s, whole centiseconds; version 2: 1 … 255 s, whole seconds. */
  readonly interval: Duration;
  /** How many of the master's adverts must be missing before a backup claims. */
  readonly downTimerAdverts: number;
  /** This director's own: 1 … 254, or 255 for the address owner. */
  readonly priority: number;
  /** One that observes decides like any other, and sends and touches nothing. */
  readonly mode: "active" | "observe";
  readonly preempt: boolean;
  /** How long a master with a lower priority is left in its place. */
  readonly preemptDelay: Duration;
  /** Whether losing one's place again and again makes preempting wait. */
  readonly damping: boolean;
  /** What a master does that goes on hearing another one who should have given way to it. */
  readonly unheard: "give-way" | "stay";
  /** No election before this long after the start of the elector, and of the machine, whichever ends later. */
  readonly startDelay: Duration;
  readonly delayAfterBoot: Duration;
  readonly tracks: readonly Track[];
  /** Routers of one group are master on the same director. */
  readonly syncGroup?: string;
  /** In the order of the file, which is the order on the wire. At least one. */
  readonly addresses: readonly VirtualAddress[];
  /** Whether this host's own programs get what is sent to the addresses (RFC 9568 §6.1: Accept_Mode). */
  readonly accept: boolean;
  readonly announce: AnnounceSettings;
  /** There while the addresses are. */
  readonly steering: Steering;
  /** The longest an orderly stop may take. */
  readonly stopTimeout: Duration;
}

/** An election in which nothing but adverts counts, and its winner announces as it does by default, and steers nothing. */
export const PLAIN_ELECTION = {
  downTimerAdverts: DEFAULT_DOWN_TIMER_ADVERTS,
  mode: "active",
  preemptDelay: micros(0),
  damping: false,
  unheard: "stay",
  startDelay: micros(0),
  delayAfterBoot: micros(0),
  tracks: [],
  accept: true,
  announce: DEFAULT_ANNOUNCE,
  steering: NO_STEERING,
  virtualLinks: [],
} as const;

/** Who hands over to a director with a lower priority would take its place again after a master-down time. */
export function comesBackAtOnce({ priority, preempt, preemptDelay }: RouterSettings): boolean {
  return priority === OWNER_PRIORITY || (preempt && preemptDelay === 0);
}

/** What cannot change while a router lives: another VRID, interface, family or mode is another router. */
export function lifeOf({ name, interface: own, vrid, mode, transport: { family } }: RouterSettings): string {
  return `${name} ${own} ${vrid} ${family} ${mode}`;
}

/** What may be shown to people. */
export function withoutSecrets(transport: Transport): Omit<Transport, "password" | "authentication"> {
  if (transport.password === undefined && transport.authentication === undefined) return transport;
  const { password, authentication, ...rest } = transport;
  return rest;
}

/** Every interface that the router cannot do without. */
export function interfacesOf({ interface: own, transport, addresses }: RouterSettings): ReadonlySet<string> {
  return new Set([own, transport.device ?? own, ...addresses.map((arm) => arm.interface)]);
}

/** On a clock that counts from the machine's start. */
export function startsAt({ startDelay, delayAfterBoot }: RouterSettings, born: Instant): Instant {
  return instant(Math.max(after(born, startDelay), delayAfterBoot));
}

/** A router with an election for each family is two: the first bears its name. No name in a cluster file has a slash. */
export function secondElection(router: string, family: Family): string {
  return `${router}/${family}`;
}

/** As the cluster file calls the router that an election is of. */
export function routerOf(election: string): string {
  return election.split("/", 1)[0] ?? election;
}

export function paceOf({ transport: { version }, interval, downTimerAdverts }: RouterSettings): Pace {
  return { version, interval, downTimerAdverts };
}

/** The wire's count is one byte. */
const MAX_COUNT = 255;
/** What fits beside the IPv6 and VRRP headers in 1,500 bytes; keepalived counts alike. */
const MAX_COUNT_IP6 = 89;
export const MOST_ADVERTISED = { [4]: MAX_COUNT, [6]: MAX_COUNT_IP6 } as const satisfies Record<
  Family,
  number
>;

/** The addresses that stand in a router's adverts, in their order. */
export function advertisedAddresses({ transport: { family }, addresses }: RouterSettings): IpAddress[] {
  return addresses
    .map(({ address }) => address)
    .filter((address) => familyOf(address) === family)
    .slice(0, MOST_ADVERTISED[family]);
}
