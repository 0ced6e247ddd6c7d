/** The kernel's table with what only Keelson knows of it: whose a line is, and why a server has its weight. */

import { endpointText, identityText, keyOf, methodName, type ServiceListing } from "../ipvs/kernel-table.ts";
import { ONE_PACKET, PERSISTENT } from "../ipvs/service.ts";
import { memberId, type ServiceKey, serviceId } from "../ipvs/settings.ts";
import type { Statistics } from "../ipvs/statistics.ts";
import type { RunningDaemon } from "../ipvs/sync-daemon.ts";
import { isLike, type OwnDaemon } from "../ipvs/sync-plan.ts";
import type { ServerReport, ServiceReport } from "./shapes.ts";

export interface ServiceView {
  /** `tcp 192.0.2.1:80` */
  readonly service: string;
  /** Of the cluster file, when the balancer runs it. */
  readonly name?: string;
  readonly ours: boolean;
  readonly scheduler: string;
  /** Seconds; absent: not persistent. */
  readonly persistence?: number;
  readonly onePacket: boolean;
  readonly statistics: Statistics;
  readonly servers: readonly ServerView[];
}

export interface ServerView {
  /** `10.0.0.11:8080` */
  readonly server: string;
  /** Of the cluster file, when the balancer runs it. */
  readonly name?: string;
  readonly ours: boolean;
  readonly forward: string;
  readonly weight: number;
  /** Why it has its weight. */
  readonly cause?: string;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly statistics: Statistics;
}

export interface Owner {
  /** The identities of all that we made (the journal's). */
  readonly made: ReadonlySet<string>;
  /** What the balancer has; nothing when it is away. */
  readonly services: readonly ServiceReport[];
}

export interface DaemonView extends RunningDaemon {
  readonly ours: boolean;
}

/** @param started by us (the journal's) */
export function daemonViews(running: readonly RunningDaemon[], started: readonly OwnDaemon[]): DaemonView[] {
  return running.map((one) => ({ ...one, ours: started.some((own) => isLike(one, own)) }));
}

/** In the order of their texts. */
export function tableView(listings: readonly ServiceListing[], owner: Owner): ServiceView[] {
  const views = listings.map((listing) => serviceView(listing, owner));
  return views.sort((left, right) => (left.service < right.service ? -1 : 1));
}

function serviceView({ service, destinations }: ServiceListing, { made, services }: Owner): ServiceView {
  const { record, statistics } = service;
  const key = keyOf(record.identity);
  const report = key === undefined ? undefined : services.find((one) => listensAt(one, key));
  const servers = destinations.map((listed): ServerView => {
    const { record: one, activeConnections, inactiveConnections, statistics: counted } = listed;
    const server = endpointText(one);
    const found = report?.servers.find(({ endpoint: { address, port } }) => {
      return address === one.address && (port === 0 ? portOf(key) : port) === one.port;
    });
    return {
      server,
      ...ownership(found),
      ours: found !== undefined || (key !== undefined && made.has(memberId(key, one))),
      forward: methodName(one.method),
      weight: one.weight,
      activeConnections,
      inactiveConnections,
      statistics: counted,
    };
  });
  return {
    service: identityText(record.identity),
    ...(report === undefined ? {} : { name: report.name }),
    ours: key !== undefined && isOurs(key, { made, services }),
    scheduler: record.scheduler,
    ...((record.flags & PERSISTENT) === 0 ? {} : { persistence: record.timeoutSeconds }),
    onePacket: (record.flags & ONE_PACKET) !== 0,
    statistics,
    servers: servers.sort((left, right) => (left.server < right.server ? -1 : 1)),
  };
}

/** Whether the service is in the cluster file in force, or was made by us. */
export function isOurs(key: ServiceKey, { made, services }: Owner): boolean {
  return made.has(serviceId(key)) || services.some((one) => listensAt(one, key));
}

function ownership(report: ServerReport | undefined) {
  if (report === undefined) return {};
  const { name, cause } = report;
  return { name, cause };
}

/** That of servers without one of their own. */
function portOf(key: ServiceKey | undefined): number {
  return key === undefined || key.protocol === "mark" ? 0 : key.port;
}

function listensAt({ protocol, listen }: ServiceReport, key: ServiceKey): boolean {
  return listen.some((one) => {
    if (key.protocol === "mark") return "mark" in one && one.mark === key.mark && one.family === key.family;
    return protocol === key.protocol && "port" in one && one.address === key.address && one.port === key.port;
  });
}
