/** One director's part of the cluster file, in the shapes that the core runs on. */
import type { ServerSettings, ServiceSettings, TableSettings } from "../balance/settings.ts";
import type { Watch } from "../checks/watch.ts";
import { firstPort, isMark, type Listen } from "../ipvs/listen.ts";
import { Bug } from "../net/bug.ts";
import type { Family } from "../net/ip.ts";
import type { MarkRule } from "../netlink/mark-rule.ts";
import type { NotifierSettings } from "../notify/settings.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import type { Track } from "../vrrp/tracked.ts";
import { traitsOf } from "./address.ts";
import { announceSettings } from "./announce.ts";
import { serverTraits, serviceTraits } from "./balancing.ts";
import { electionsOf } from "./elections.ts";
import { tableSettings } from "./ipvs.ts";
import type { Cluster } from "./load.ts";
import { matchEntries } from "./match.ts";
import { notifierSettings } from "./notifier.ts";
import { same } from "./same.ts";
import type { Parts, Router, Service } from "./schema.ts";
import { askable, checkSettings, serviceChecks } from "./service-check.ts";
import { policyOf } from "./service-policy.ts";
import { type StaticItem, staticItems } from "./static.ts";
import { steeringOf } from "./steering.ts";
import { trackSource, watchesOf } from "./track.ts";
import { transportOf } from "./transport.ts";
import { carrierOf, deviceOf, virtualLinksOf, withoutVirtualMac } from "./virtual-mac.ts";

export interface DirectorSettings {
  /** The cluster's name. */
  readonly cluster: string;
  readonly director: string;
  readonly routers: readonly RouterSettings[];
  readonly services: readonly ServiceSettings[];
  readonly table: TableSettings;
  /** Which packets get the marks that services listen to. */
  readonly marks: readonly MarkRule[];
  readonly notifiers: readonly NotifierSettings[];
  readonly watches: readonly Watch[];
  /** What is kept in the kernel whoever is master, in the order in which it is made. */
  readonly statics: readonly StaticItem[];
}

/** It is never shifted. */
export const OWNER_PRIORITY = 255;

/** A file, and what was made of it for one director. */
interface Made {
  readonly cluster: Cluster;
  readonly settings: DirectorSettings;
}

/**
 * Throws Bug when the cluster has no such director: `findDirector` is who asks.
 *
 * @param before services of which this file says what that one said are the same objects: nothing is made of them anew
 */
export function settingsFor(cluster: Cluster, director: string, before?: Made): DirectorSettings {
  const self = own(cluster.directors, director);
  if (self === undefined) throw new Bug(`no director ${director}`);
  return {
    cluster: cluster.cluster.name,
    director,
    routers: routersFor(cluster, director),
    services: servicesOf(cluster, before),
    table: tableSettings(cluster, director, self.interface),
    marks: Object.values(cluster.services).flatMap(marksOf),
    watches: watchesOf(cluster.tracks, {
      arm: self.interface,
      serversOf: (service) => Object.keys(own(cluster.services, service)?.servers ?? {}).length,
    }),
    notifiers: Object.entries(cluster.notify).map(([name, notifier]) => notifierSettings(name, notifier)),
    statics: staticItems(cluster.static, self.static, self),
  };
}

/** Of those alone; throws as `settingsFor` does. */
export function routersFor(parts: Parts, director: string): RouterSettings[] {
  return Object.entries(parts.routers).flatMap(([name, router]) =>
    electionsOf(name, router).map((election) => ({
      ...routerSettings(parts, director, election.name, election.router, election.family),
      ...syncGroupOf(parts, name, election.syncGroup),
    })),
  );
}

function routerSettings(
  parts: Parts,
  director: string,
  name: string,
  written: Router,
  family: Family,
): RouterSettings {
  const mode = modeOf(written, director);
  // Who only observes makes no interface.
  const router = mode === "observe" ? withoutVirtualMac(written) : written;
  const arm = armOf(parts, director, router);
  const priority = priorityOf(router, director);
  if (arm === undefined || priority === undefined) throw new Bug(`no director ${director} in router ${name}`);
  return {
    name,
    vrid: router.vrid,
    interface: arm,
    virtualLinks: virtualLinksOf(router, arm),
    transport: { ...transportOf(parts, director, router, family), ...deviceOf(router) },
    interval: router.interval,
    downTimerAdverts: router.down_timer_adverts,
    priority,
    mode,
    preempt: router.preempt.preempt,
    preemptDelay: router.preempt.delay,
    damping: router.preempt.damping,
    unheard: unheardOf(router, priority, mode),
    startDelay: parts.start.delay,
    delayAfterBoot: parts.start.delay_after_boot,
    tracks: router.track.flatMap((one) => trackSettings(parts, router, one)),
    addresses: router.addresses.map((one) => {
      const { address, prefixLength } = one;
      return { address, prefixLength, interface: carrierOf(router, one, arm), ...traitsOf(one) };
    }),
    accept: router.accept,
    announce: announceSettings(parts.announce, router.announce),
    steering: steeringOf(router),
    stopTimeout: parts.stop.timeout,
  };
}

/**
 * A neighbour without the key could make us give way by going on as if it did not hear us. Who owns the addresses gives
 * way to nobody but another owner, and who only observes says nothing that could be heard.
 */
function unheardOf(
  { unheard, authentication }: Router,
  priority: number,
  mode: RouterSettings["mode"],
): RouterSettings["unheard"] {
  if (priority === OWNER_PRIORITY || mode === "observe") return "stay";
  return unheard ?? (authentication?.mode === "enforce" ? "give-way" : "stay");
}

/** @param own without a group in the file */
function syncGroupOf(
  { sync_groups: groups }: Parts,
  router: string,
  own: string | undefined,
): { readonly syncGroup?: string } {
  const [syncGroup = own] = Object.entries(groups).find(([, { routers }]) => routers.includes(router)) ?? [];
  return syncGroup === undefined ? {} : { syncGroup };
}

/** A track that is not in the file is reported elsewhere. */
function trackSettings(parts: Parts, router: Router, one: Router["track"][number]): Track[] {
  const { name } = one;
  const found = own(parts.tracks, name);
  if (found === undefined) return [];
  const weight = weightOf(parts, router, one);
  return [{ name, source: trackSource(found), ...(weight === undefined ? {} : { weight }) }];
}

/**
 * `undefined`: down is a fault. Of a quorum it is a weight that takes the highest priority below the lowest: who alone
 * sees dead servers gives way, and when all see them nothing changes.
 */
export function weightOf(
  { directors, tracks }: Pick<Parts, "directors" | "tracks">,
  router: Router,
  { name, weight }: Router["track"][number],
): number | undefined {
  if (weight === "fault") return undefined;
  if (weight !== undefined || own(tracks, name)?.type !== "quorum") return weight;
  const priorities = Object.keys(directors).flatMap((director) => priorityOf(router, director) ?? []);
  const shifted = priorities.filter((priority) => priority !== OWNER_PRIORITY);
  return shifted.length === 0 ? -1 : Math.min(...shifted) - Math.max(...shifted) - 1;
}

/** The interface on which a router speaks on a director; `undefined` when there is no such director. */
export function armOf(parts: Pick<Parts, "directors">, director: string, router: Router): string | undefined {
  return router.interface ?? own(parts.directors, director)?.interface;
}

/** A director's priority in a router; `undefined` when the file gives none. */
export function priorityOf({ priority }: Router, director: string): number | undefined {
  return typeof priority === "number" ? priority : own(priority, director);
}

/** Directors that are not named are active. */
export function modeOf({ mode }: Router, director: string): RouterSettings["mode"] {
  return typeof mode === "string" ? mode : (own(mode, director) ?? "active");
}

function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function servicesOf({ services }: Cluster, before: Made | undefined): ServiceSettings[] {
  const made = new Map(before?.settings.services.map((service) => [service.name, service]));
  return Object.entries(services).map(([name, service]) => {
    const old = same(before?.cluster.services[name], service) ? made.get(name) : undefined;
    return old ?? serviceSettings(name, service);
  });
}

function serviceSettings(name: string, service: Service): ServiceSettings {
  const { protocol } = service;
  const listen = service.listen.flat().map(withoutMatch);
  const checks = serviceChecks(service);
  const port = firstPort(listen) ?? 0;
  return {
    name,
    protocol,
    listen,
    ...serviceTraits(service),
    onFailure: service.on_failure,
    removeAfter: service.remove_after,
    policy: policyOf(service),
    checks,
    servers: Object.entries(service.servers).map(([server, settings]): ServerSettings => {
      const { address: endpoint, weight, check } = settings;
      const askedAt = endpoint.port === 0 ? port : endpoint.port;
      const own = askable(check === undefined ? checks : checkSettings(check), askedAt);
      const traits = serverTraits(settings, service);
      return { name: server, endpoint, ...traits, weight, checks: own, askedAt };
    }),
  };
}

function marksOf({ listen }: Service): MarkRule[] {
  const entries = listen.flat().flatMap((one) => (isMark(one) ? matchEntries(one) : []));
  return entries.flatMap(({ rules }) => rules);
}

/** Who marks the packets is nothing to the balancer. */
function withoutMatch(listen: Listen): Listen {
  return isMark(listen) ? { family: listen.family, mark: listen.mark } : listen;
}
