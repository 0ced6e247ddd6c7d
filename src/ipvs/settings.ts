/** The wanted IPVS table, in the kernel's own words: identity and settings apart, so that plans compare only settings. */
import type { IpAddress } from "../net/ip.ts";

export type Protocol = "tcp" | "udp";
/** IP_VS_CONN_F_MASQ and IP_VS_CONN_F_DROUTE. */
export type ForwardingMethod = "nat" | "direct";

export interface ServiceKey {
  readonly protocol: Protocol;
  readonly address: IpAddress;
  readonly port: number;
}

export interface DestinationKey {
  readonly address: IpAddress;
  readonly port: number;
}

export interface Destination extends DestinationKey {
  readonly forward: ForwardingMethod;
  /** 0 … 65535; 0 takes no new connections. */
  readonly weight: number;
}

/** A service without its destinations. */
export interface ServiceHead extends ServiceKey {
  /** The scheduler's kernel name, `wlc`. */
  readonly scheduler: string;
}

export interface VirtualService extends ServiceHead {
  readonly destinations: readonly Destination[];
}

export type Table = readonly VirtualService[];

export function serviceId(key: ServiceKey): string {
  return `${key.protocol} ${key.address} ${key.port}`;
}

export function destinationId(key: DestinationKey): string {
  return `${key.address} ${key.port}`;
}

/** A destination in its service: the same real server may serve several. */
export function memberId(service: ServiceKey, destination: DestinationKey): string {
  return `${serviceId(service)} ${destinationId(destination)}`;
}
