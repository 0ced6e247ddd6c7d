/**
 * The kernel's table, in the words of the wanted one, and with what only the kernel knows: connections.
 * Services of protocols that a cluster file cannot ask for stand apart: they are nobody's business but their maker's.
 */
import { unreachable } from "../net/bug.ts";
import { seconds, toMillis } from "../net/time.ts";
import type { DestinationRecord, DestinationState, ListedDestination } from "./destination.ts";
import {
  type ListedService,
  ONE_PACKET,
  PERSISTENT,
  plainService,
  type ServiceIdentity,
  type ServiceRecord,
} from "./service.ts";
import {
  type Destination,
  type DestinationKey,
  type Protocol,
  SCHEDULER_FLAGS,
  type ServiceHead,
  type ServiceKey,
} from "./settings.ts";
import { NO_TUNNEL, tunnelRecord } from "./tunnel.ts";

const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const;
const METHODS = { nat: 0, tunnel: 2, direct: 3 } as const;
const METHOD_NAMES: Readonly<Record<number, string>> = {
  0: "nat",
  1: "local",
  2: "tunnel",
  3: "direct",
  4: "bypass",
};

export interface KernelDestination extends DestinationKey {
  readonly weight: number;
  /** Established ones; of UDP there are none. */
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  /** All that is set. */
  readonly record: DestinationRecord;
}

export type KernelService = ServiceKey & {
  readonly scheduler: string;
  readonly destinations: readonly KernelDestination[];
  /** All that is set. */
  readonly record: ServiceRecord;
};

/** A service that no cluster file can ask for. */
interface ForeignService {
  /** `protocol 33 192.0.2.1:80` */
  readonly name: string;
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

/** The same without counters. */
interface ServiceState {
  readonly service: { readonly record: ServiceRecord };
  readonly destinations: readonly DestinationState[];
}

/** One service of a table. */
export type TableEntry =
  | { readonly kind: "known"; readonly service: KernelService }
  | { readonly kind: "foreign"; readonly service: ForeignService };

export function tableEntry({ service, destinations: listed }: ServiceState): TableEntry {
  const { record } = service;
  const { identity } = record;
  const destinations = listed.map(kernelDestination);
  const key = keyOf(identity);
  return key === undefined
    ? { kind: "foreign", service: { name: identityText(identity), destinations } }
    : { kind: "known", service: { ...key, scheduler: record.scheduler, destinations, record } };
}

export function tableOf(entries: readonly TableEntry[]): KernelTable {
  const services: KernelService[] = [];
  const foreign: ForeignService[] = [];
  for (const entry of entries) {
    if (entry.kind === "known") services.push(entry.service);
    else foreign.push(entry.service);
  }
  return { services, foreign };
}

export function kernelTable(listings: readonly ServiceState[]): KernelTable {
  return tableOf(listings.map(tableEntry));
}

export function identityOf(key: ServiceKey): ServiceIdentity {
  if (key.protocol === "mark") return { kind: "mark", family: key.family, mark: key.mark };
  const { protocol, address, port } = key;
  return { kind: "address", protocol: PROTOCOLS[protocol], address, port };
}

/** A wanted service as the kernel takes it. */
export function recordOfService(service: ServiceHead): ServiceRecord {
  const { scheduler, persistence } = service;
  const plain = plainService(identityOf(service), scheduler);
  return {
    ...plain,
    flags: flagsOf(service),
    timeoutSeconds: toMillis(persistence?.timeout ?? seconds(0)) / 1_000,
    clientPrefix: persistence?.clientPrefix ?? plain.clientPrefix,
    persistenceEngine: persistence?.engine ?? "",
  };
}

function flagsOf({ persistence, onePacket = false, schedulerFlags = [] }: ServiceHead): number {
  const persistent = persistence === undefined ? 0 : PERSISTENT;
  const flags = persistent | (onePacket ? ONE_PACKET : 0);
  return schedulerFlags.reduce((sum, flag) => sum | SCHEDULER_FLAGS[flag], flags);
}

/** A wanted destination as the kernel takes it. */
export function recordOfDestination(wanted: Destination): DestinationRecord {
  const { address, port, forward, weight, tunnel, upperThreshold = 0, lowerThreshold = 0 } = wanted;
  const { tunnelType, tunnelPort, tunnelFlags } = tunnel === undefined ? NO_TUNNEL : tunnelRecord(tunnel);
  return {
    address,
    port,
    method: METHODS[forward],
    weight,
    upperThreshold,
    lowerThreshold,
    tunnelType,
    tunnelPort,
    tunnelFlags,
  };
}

/** With nothing set but its key. */
export function plainDestination({ address, port }: DestinationKey): DestinationRecord {
  return { address, port, method: 0, weight: 0, upperThreshold: 0, lowerThreshold: 0, ...NO_TUNNEL };
}

/** `nat`, `direct`, or what else the kernel can do. */
export function methodName(method: number): string {
  return METHOD_NAMES[method] ?? `method ${method}`;
}

function kernelDestination(listed: DestinationState): KernelDestination {
  const { record, activeConnections, inactiveConnections } = listed;
  const { address, port, weight } = record;
  return { address, port, weight, activeConnections, inactiveConnections, record };
}

/** `undefined` for what no cluster file can ask for. */
export function keyOf(identity: ServiceIdentity): ServiceKey | undefined {
  if (identity.kind === "mark") return { protocol: "mark", family: identity.family, mark: identity.mark };
  const protocol = protocolOf(identity.protocol);
  return protocol === undefined ? undefined : { protocol, address: identity.address, port: identity.port };
}

function protocolOf(number: number): Protocol | undefined {
  if (number === PROTOCOLS.tcp) return "tcp";
  if (number === PROTOCOLS.udp) return "udp";
  return number === PROTOCOLS.sctp ? "sctp" : undefined;
}

/** `tcp 192.0.2.1:80`, `firewall mark 7 (IPv4)` */
export function identityText(identity: ServiceIdentity): string {
  switch (identity.kind) {
    case "mark":
      return `firewall mark ${identity.mark} (IPv${identity.family})`;
    case "address": {
      const protocol = protocolOf(identity.protocol) ?? `protocol ${identity.protocol}`;
      return `${protocol} ${endpointText(identity)}`;
    }
    default:
      return unreachable(identity);
  }
}

/** `192.0.2.1:80`, `[2001:db8::1]:80` */
export function endpointText({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
