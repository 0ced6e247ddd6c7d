/**
 * The kernel's table, in the words of the wanted one, and with what only the kernel knows: connections and counters.
 * Services of kinds that a cluster file cannot ask for (firewall marks, other protocols) stand apart: they are nobody's
 * business but their maker's.
 */
import { unreachable } from "../net/bug.ts";
import type { DestinationRecord, ListedDestination } from "./destination.ts";
import { type ListedService, plainService, type ServiceIdentity, type ServiceRecord } from "./service.ts";
import type { Destination, DestinationKey, Protocol, ServiceHead, ServiceKey } from "./settings.ts";
import type { Statistics } from "./statistics.ts";

const PROTOCOLS = { tcp: 6, udp: 17 } as const;
/** IPPROTO_SCTP: no cluster file can ask for it. */
const PROTOCOL_NAMES: Readonly<Record<number, string>> = { 6: "tcp", 17: "udp", 132: "sctp" };
const METHODS = { nat: 0, direct: 3 } as const;
const METHOD_NAMES: Readonly<Record<number, string>> = {
  0: "nat",
  1: "local",
  2: "tunnel",
  3: "direct",
  4: "bypass",
};

export interface KernelDestination extends DestinationKey {
  readonly weight: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly statistics: Statistics;
  /** All that is set. */
  readonly record: DestinationRecord;
}

export interface KernelService extends ServiceKey {
  readonly scheduler: string;
  readonly statistics: Statistics;
  readonly destinations: readonly KernelDestination[];
  /** All that is set. */
  readonly record: ServiceRecord;
}

/** A service that no cluster file can ask for. */
interface ForeignService {
  /** `firewall mark 100 (IPv4)`, `sctp 192.0.2.1:80` */
  readonly name: string;
  readonly scheduler: string;
  readonly statistics: Statistics;
  readonly destinations: readonly KernelDestination[];
}

export interface KernelTable {
  readonly services: readonly KernelService[];
  readonly foreign: readonly ForeignService[];
}

/** One service of a dump, with the dump of its destinations. */
export interface ServiceListing {
  readonly service: ListedService;
  readonly destinations: readonly ListedDestination[];
}

export function kernelTable(listings: readonly ServiceListing[]): KernelTable {
  const services: KernelService[] = [];
  const foreign: ForeignService[] = [];
  for (const { service, destinations: listed } of listings) {
    const { record, statistics } = service;
    const key = keyOf(record.identity);
    const destinations = listed.map(kernelDestination);
    const common = { scheduler: record.scheduler, statistics, destinations };
    if (key === undefined) foreign.push({ name: identityText(record.identity), ...common });
    else services.push({ ...key, ...common, record });
  }
  return { services, foreign };
}

export function identityOf({ protocol, address, port }: ServiceKey): ServiceIdentity {
  return { kind: "address", protocol: PROTOCOLS[protocol], address, port };
}

/** A wanted service as the kernel takes it: without persistence. */
export function recordOfService(service: ServiceHead): ServiceRecord {
  return plainService(identityOf(service), service.scheduler);
}

/** A wanted destination as the kernel takes it: without thresholds. */
export function recordOfDestination({ address, port, forward, weight }: Destination): DestinationRecord {
  return { ...plainDestination({ address, port }), method: METHODS[forward], weight };
}

/** With nothing set but its key. */
export function plainDestination({ address, port }: DestinationKey): DestinationRecord {
  const tunnel = { tunnelType: 0, tunnelPort: 0, tunnelFlags: 0 };
  return { address, port, method: 0, weight: 0, upperThreshold: 0, lowerThreshold: 0, ...tunnel };
}

/** `nat`, `direct`, or what else the kernel can do. */
export function methodName(method: number): string {
  return METHOD_NAMES[method] ?? `method ${method}`;
}

function kernelDestination(listed: ListedDestination): KernelDestination {
  const { record, activeConnections, inactiveConnections, statistics } = listed;
  const { address, port, weight } = record;
  return { address, port, weight, activeConnections, inactiveConnections, statistics, record };
}

/** `undefined` for what no cluster file can ask for. */
export function keyOf(identity: ServiceIdentity): ServiceKey | undefined {
  if (identity.kind === "mark") return undefined;
  const protocol = protocolOf(identity.protocol);
  return protocol === undefined ? undefined : { protocol, address: identity.address, port: identity.port };
}

function protocolOf(number: number): Protocol | undefined {
  if (number === PROTOCOLS.tcp) return "tcp";
  return number === PROTOCOLS.udp ? "udp" : undefined;
}

/** `tcp 192.0.2.1:80`, `firewall mark 7 (IPv4)` */
export function identityText(identity: ServiceIdentity): string {
  switch (identity.kind) {
    case "mark":
      return `firewall mark ${identity.mark} (IPv${identity.family})`;
    case "address": {
      const protocol = PROTOCOL_NAMES[identity.protocol] ?? `protocol ${identity.protocol}`;
      return `${protocol} ${endpointText(identity)}`;
    }
    default:
      return unreachable(identity);
  }
}

/** `192.0.2.1:80`, `[2001:db8::1]:80` */
export function endpointText({ address, port }: DestinationKey): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
