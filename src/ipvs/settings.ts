/** The wanted IPVS table, in the kernel's own words: identity and settings apart, so that plans compare only settings. */
import type { Family, IpAddress } from "../net/ip.ts";
import type { Duration } from "../net/time.ts";

export type Protocol = "tcp" | "udp" | "sctp";
/** IP_VS_CONN_F_MASQ, IP_VS_CONN_F_DROUTE and IP_VS_CONN_F_TUNNEL. */
type ForwardingMethod = "nat" | "direct" | "tunnel";

/** Whatever packets of this family the firewall gives this mark. */
export interface Mark {
  readonly family: Family;
  /** 1 … 2³²−1. */
  readonly mark: number;
}

export type ServiceKey =
  | {
      readonly protocol: Protocol;
      readonly address: IpAddress;
      /** 0: every port of the address, which has to be persistent. */
      readonly port: number;
    }
  | (Mark & { readonly protocol: "mark" });

export interface DestinationKey {
  readonly address: IpAddress;
  /** 0 in a service that has no port of its own: the client's port is kept. */
  readonly port: number;
}

/** IP_VS_CONN_F_TUNNEL_TYPE_: how a packet is wrapped on its way to a real server. */
export type Tunnel =
  | { readonly type: "ipip" }
  /** Generic UDP encapsulation, to this port. */
  | { readonly type: "gue"; readonly port: number; readonly checksum: "none" | "full" | "remote" }
  | { readonly type: "gre"; readonly checksum: "none" | "full" };

export interface DestinationTraits {
  readonly forward: ForwardingMethod;
  /** Of method `tunnel`. Default: ipip. */
  readonly tunnel?: Tunnel;
  /** Connections above which it gets no new ones until it has fewer than `lowerThreshold`. Default: no limit. */
  readonly upperThreshold?: number;
  /** Default: the kernel's, three quarters of the upper one. */
  readonly lowerThreshold?: number;
}

export interface Destination extends DestinationKey, DestinationTraits {
  /** 0 … 65535; 0 takes no new connections. */
  readonly weight: number;
}

/** IP_VS_SVC_F_SCHED1 … 3 by their numbers, and by what `sh` and `mh` take them for. */
export const SCHEDULER_FLAGS = {
  "flag-1": 0x08,
  "flag-2": 0x10,
  "flag-3": 0x20,
  "sh-fallback": 0x08,
  "sh-port": 0x10,
  "mh-fallback": 0x08,
  "mh-port": 0x10,
} as const;

type SchedulerFlag = keyof typeof SCHEDULER_FLAGS;

/** A client stays with its server. */
export interface Persistence {
  /** After its last connection; whole seconds. */
  readonly timeout: Duration;
  /** Clients that share these leading bits stay together. Default: each for itself. */
  readonly clientPrefix?: number;
  /** What a client is known by instead of its address. */
  readonly engine?: "sip";
}

/** How connections are spread. */
export interface ServiceTraits {
  /** The scheduler's kernel name, `wlc`. */
  readonly scheduler: string;
  readonly schedulerFlags?: readonly SchedulerFlag[];
  /** Each datagram is a connection of its own. */
  readonly onePacket?: boolean;
  readonly persistence?: Persistence;
}

/** A service without its destinations. */
export type ServiceHead = ServiceKey & ServiceTraits;

export type VirtualService = ServiceHead & { readonly destinations: readonly Destination[] };

export type Table = readonly VirtualService[];

/** Of anything that has one, without the rest. */
export function bareKey(service: ServiceKey): ServiceKey {
  if (service.protocol === "mark") {
    const { protocol, family, mark } = service;
    return { protocol, family, mark };
  }
  const { protocol, address, port } = service;
  return { protocol, address, port };
}

export function serviceId(key: ServiceKey): string {
  return key.protocol === "mark"
    ? `mark ${key.mark} ${key.family}`
    : `${key.protocol} ${key.address} ${key.port}`;
}

export function destinationId(key: DestinationKey): string {
  return `${key.address} ${key.port}`;
}

/** A destination in its service: the same real server may serve several. */
export function memberId(service: ServiceKey, destination: DestinationKey): string {
  return idWithin(serviceId(service), destination);
}

function idWithin(service: string, destination: DestinationKey): string {
  return `${service} ${destinationId(destination)}`;
}

/** Of all services and destinations, the `serviceId`s and `memberId`s. */
export function idsOf(table: Table): string[] {
  return table.flatMap((service) => {
    const id = serviceId(service);
    return [id, ...service.destinations.map((one) => idWithin(id, one))];
  });
}
