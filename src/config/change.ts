/** What a new file changes for one director, so that it can be printed before it is done. */
import type { ServerSettings, ServiceSettings } from "../balance/settings.ts";
import type { Watch } from "../checks/watch.ts";
import { listenText, listenTexts, serverText } from "../ipvs/listen.ts";
import { unreachable } from "../net/bug.ts";
import { formatDuration } from "../net/time.ts";
import { type MarkRule, markRuleText } from "../netlink/mark-rule.ts";
import { describeNotifier, type NotifierSettings } from "../notify/settings.ts";
import type { AnnounceSettings } from "../vrrp/announcements.ts";
import type { Authentication, RouterSettings, Transport, VirtualAddress } from "../vrrp/settings.ts";
import type { Track, TrackSource } from "../vrrp/tracked.ts";
import { scopeName } from "./address.ts";
import { serverTraitTexts, serviceTraitTexts } from "./balancing.ts";
import { tableTexts } from "./ipvs.ts";
import { same } from "./same.ts";
import { checkLine, checkTexts } from "./service-check.ts";
import { policyTexts } from "./service-policy.ts";
import type { DirectorSettings } from "./settings.ts";
import { type StaticItem, staticText } from "./static.ts";
import { routeText, ruleText } from "./steering.ts";
import { watchTexts } from "./track.ts";

/** Settings that are compared, and never shown. */
const [PASSWORD, KEYS] = ["password", "authentication.keys"] as const;
const SECRETS = new Set<string>([PASSWORD, KEYS]);

/** Outermost first: what is added, removed or changed. */
type Subject =
  | { readonly kind: "cluster" }
  | { readonly kind: "router"; readonly router: string }
  | { readonly kind: "address"; readonly router: string; readonly address: string }
  | { readonly kind: "service"; readonly service: string }
  | { readonly kind: "listen"; readonly service: string; readonly listen: string }
  | { readonly kind: "server"; readonly service: string; readonly server: string }
  | { readonly kind: "mark"; readonly rule: string }
  | { readonly kind: "static"; readonly text: string }
  | { readonly kind: "track"; readonly track: string }
  | { readonly kind: "notifier"; readonly notifier: string };

export type Change =
  | { readonly kind: "added" | "removed"; readonly subject: Subject; readonly detail: string }
  | {
      readonly kind: "changed";
      readonly subject: Subject;
      /** As the cluster file calls it. */
      readonly setting: string;
      /** As the cluster file writes it. */
      readonly before: string;
      readonly after: string;
    };

/** What is compared of a thing: settings by their names, and the things inside it. */
interface Item {
  readonly subject: Subject;
  /** Says enough of it when it comes or goes. */
  readonly detail: string;
  /** Compared where both have them: another type of check has other settings. */
  readonly settings: Readonly<Record<string, string>>;
  /** Asked for only when they are compared. */
  readonly inside: () => readonly Item[];
}

const NOTHING = (): readonly Item[] => [];

/** In the order of the file, what goes before what comes; empty when nothing changes. Without `before`, everything is new. */
export function planChange(before: DirectorSettings | undefined, after: DirectorSettings): Change[] {
  if (before === undefined) return clusterItem(after).inside().map(added);
  const kept = sameServices(before.services, after.services);
  return compare(clusterItem(before, kept), clusterItem(after, kept));
}

/** One line: `router front: priority 100 → 120`. */
export function describeChange(change: Change): string {
  const subject = describeSubject(change.subject);
  if (change.kind === "changed") return `${subject}: ${change.setting} ${change.before} → ${change.after}`;
  return `${subject} ${change.kind}${change.detail === "" ? "" : ` (${change.detail})`}`;
}

function describeSubject(subject: Subject): string {
  switch (subject.kind) {
    case "cluster":
      return "cluster";
    case "router":
      return `router ${subject.router}`;
    case "address":
      return `router ${subject.router}: address ${subject.address}`;
    case "service":
      return `service ${subject.service}`;
    case "listen":
      return `service ${subject.service}: listen ${subject.listen}`;
    case "server":
      return `service ${subject.service}: server ${subject.server}`;
    case "mark":
      return `marked packets ${subject.rule}`;
    case "static":
      return `static ${subject.text}`;
    case "track":
      return `track ${subject.track}`;
    case "notifier":
      return `notifier ${subject.notifier}`;
    default:
      return unreachable(subject);
  }
}

/** Things that are in one of the two only, and what differs in those that are in both. */
function compare(before: Item, after: Item): Change[] {
  const [beforeInside, afterInside] = [before.inside(), after.inside()];
  const old = new Map(beforeInside.map((item) => [describeSubject(item.subject), item]));
  const kept = new Set<string>();
  const inside = afterInside.flatMap((item) => {
    const id = describeSubject(item.subject);
    const same = old.get(id);
    kept.add(id);
    return same === undefined ? [added(item)] : compare(same, item);
  });
  const gone = beforeInside.filter((item) => !kept.has(describeSubject(item.subject)));
  return [...changedSettings(before, after), ...gone.map(removed), ...inside];
}

function added({ subject, detail }: Item): Change {
  return { kind: "added", subject, detail };
}

function removed({ subject, detail }: Item): Change {
  return { kind: "removed", subject, detail };
}

function changedSettings(before: Item, after: Item): Change[] {
  return Object.entries(after.settings).flatMap(([setting, to]): Change[] => {
    const from = before.settings[setting];
    if (from === undefined || from === to) return [];
    const [shownBefore, shownAfter] = SECRETS.has(setting) ? [from, to].map(concealed) : [from, to];
    return [
      {
        kind: "changed",
        subject: after.subject,
        setting,
        before: shownBefore ?? "",
        after: shownAfter ?? "",
      },
    ];
  });
}

function concealed(secret: string, place: number): string {
  if (secret === "") return "none";
  return place === 0 ? "(a secret)" : "(another secret)";
}

/** Names of those that are equal in both: of a very large file nearly all. */
function sameServices(before: readonly ServiceSettings[], after: readonly ServiceSettings[]): Set<string> {
  const old = new Map(before.map((service) => [service.name, service]));
  return new Set(after.filter((service) => same(old.get(service.name), service)).map(({ name }) => name));
}

/** @param kept services that are left out */
function clusterItem(settings: DirectorSettings, kept: ReadonlySet<string> = new Set()): Item {
  const { cluster, director, routers, services, notifiers, watches, statics, table, marks } = settings;
  return {
    subject: { kind: "cluster" },
    detail: "",
    settings: { name: cluster, director, ...clusterWideTexts(routers), ...tableTexts(table) },
    inside: () => [
      ...statics.map(staticItem),
      ...routers.map(routerItem),
      ...watches.map(watchItem),
      ...services.filter(({ name }) => !kept.has(name)).map(serviceItem),
      ...marks.map(markItem),
      ...notifiers.map(notifierItem),
    ],
  };
}

/** Another one, whatever of it is changed: the kernel is told so. */
function staticItem(item: StaticItem): Item {
  return { subject: { kind: "static", text: staticText(item) }, detail: "", settings: {}, inside: NOTHING };
}

function markItem(rule: MarkRule): Item {
  return { subject: { kind: "mark", rule: markRuleText(rule) }, detail: "", settings: {}, inside: NOTHING };
}

/** One for the whole file. */
function clusterWideTexts([first]: readonly RouterSettings[]): Record<string, string> {
  if (first === undefined) return {};
  return {
    "stop.timeout": formatDuration(first.stopTimeout),
    "start.delay": formatDuration(first.startDelay),
    "start.delay_after_boot": formatDuration(first.delayAfterBoot),
  };
}

function routerItem(router: RouterSettings): Item {
  const { name, vrid, priority, addresses } = router;
  return {
    subject: { kind: "router", router: name },
    detail: `VRID ${vrid} on ${router.interface}, priority ${priority}, ${count(addresses, "address", "addresses")}`,
    settings: {
      vrid: String(vrid),
      interface: router.interface,
      mac: macText(router),
      ...transportTexts(router.transport),
      interval: formatDuration(router.interval),
      down_timer_adverts: String(router.downTimerAdverts),
      priority: String(priority),
      mode: router.mode,
      preempt: String(router.preempt),
      "preempt.delay": formatDuration(router.preemptDelay),
      "preempt.damping": String(router.damping),
      unheard: router.unheard,
      accept: String(router.accept),
      sync_group: router.syncGroup ?? "none",
      track: router.tracks.map(trackText).join(", ") || "nothing",
      ...announceTexts(router.announce),
      routes: router.steering.routes.map(routeText).join(", ") || "none",
      rules: router.steering.rules.map(ruleText).join(", ") || "none",
    },
    inside: () => addresses.map((address) => addressItem(name, address)),
  };
}

function macText({ virtualLinks, transport: { device } }: RouterSettings): string {
  if (virtualLinks.length === 0) return "interface";
  const names = virtualLinks.map(({ name }) => name).join(", ");
  return `virtual (${names}; adverts from ${device === undefined ? "parent" : "virtual"})`;
}

function announceTexts({
  burst,
  again,
  refresh,
  extraRefresh,
  repeat,
  pace,
}: AnnounceSettings): Record<string, string> {
  return {
    "announce.burst": burst.map(formatDuration).join(", ") || "at once only",
    "announce.again": formatDuration(again),
    "announce.refresh": formatDuration(refresh),
    "announce.extra_refresh": formatDuration(extraRefresh),
    "announce.repeat": String(repeat),
    "announce.pace": formatDuration(pace),
  };
}

function transportTexts(transport: Transport): Record<string, string> {
  const { version, family, audience, checksum, source, password, authentication } = transport;
  const unicast = audience.kind === "peers";
  return {
    version: String(version),
    family: `IPv${family}`,
    unicast: unicast ? audience.peers.join(", ") : "false",
    ...(unicast ? { min_ttl: String(audience.minTtl) } : { group: audience.group }),
    source: source ?? "the interface's",
    checksum,
    [PASSWORD]: password ?? "",
    ...authenticationTexts(authentication),
  };
}

function authenticationTexts(authentication: Authentication | undefined): Record<string, string> {
  if (authentication === undefined) return { authentication: "none", [KEYS]: "" };
  const { mode, activeKey, keys, window } = authentication;
  return {
    authentication: `${mode}, key ${activeKey} of ${keys.map(({ id }) => id).join(", ")}`,
    "authentication.window": formatDuration(window),
    [KEYS]: keys.map(({ id, secret }) => `${id} ${secret}`).join("\n"),
  };
}

/** All of it: what is watched in another way is a change too. */
function trackText({ name, weight, source }: Track): string {
  return `${name} (${weight ?? "fault"}${source.kind === "interface" ? `; ${linkText(source)}` : ""})`;
}

function linkText({
  interface: link,
  upDelay,
  downDelay,
}: Extract<TrackSource, { kind: "interface" }>): string {
  return `${link}, up after ${formatDuration(upDelay)}, down after ${formatDuration(downDelay)}`;
}

function watchItem(watch: Watch): Item {
  return { subject: { kind: "track", track: watch.name }, ...watchTexts(watch), inside: NOTHING };
}

function addressItem(router: string, floating: VirtualAddress): Item {
  const { address, prefixLength, interface: arm, traits = {} } = floating;
  return {
    subject: { kind: "address", router, address },
    detail: `/${prefixLength} on ${arm}`,
    settings: {
      prefix: `/${prefixLength}`,
      interface: arm,
      label: traits.label ?? "none",
      scope: scopeName(traits.scope),
      broadcast: traits.broadcast ?? "none",
      deprecated: String(traits.deprecated ?? "only when alone"),
      home: String(traits.home ?? false),
      prefix_route: String(traits.prefixRoute ?? true),
    },
    inside: NOTHING,
  };
}

function serviceItem(service: ServiceSettings): Item {
  const { name, protocol, listen, servers } = service;
  return {
    subject: { kind: "service", service: name },
    detail: `${protocol} ${listenTexts(listen)}, ${count(servers, "server", "servers")}`,
    settings: {
      protocol,
      ...serviceTraitTexts(service),
      on_failure: service.onFailure,
      remove_after: formatDuration(service.removeAfter),
      ...policyTexts(service.policy),
      ...checkTexts(service.checks),
    },
    inside: () => [
      ...listen.map((one) => listenItem(name, listenText(one))),
      ...servers.map((server) => serverItem(service, server)),
    ],
  };
}

function listenItem(service: string, listen: string): Item {
  return { subject: { kind: "listen", service, listen }, detail: "", settings: {}, inside: NOTHING };
}

function serverItem({ name: service, checks }: ServiceSettings, server: ServerSettings): Item {
  const address = serverText(server.endpoint);
  return {
    subject: { kind: "server", service, server: server.name },
    detail: `${address}, ${server.forward}, weight ${server.weight}`,
    settings: {
      address,
      ...serverTraitTexts(server),
      weight: String(server.weight),
      check: server.checks === checks ? "the service's" : checkLine(server.checks),
    },
    inside: NOTHING,
  };
}

function notifierItem(notifier: NotifierSettings): Item {
  const { name, type, routers, services, states, startAndStop = false } = notifier;
  return {
    subject: { kind: "notifier", notifier: name },
    detail: describeNotifier(notifier),
    settings: {
      type,
      ...notifierTexts(notifier),
      routers: routers?.join(", ") ?? "all",
      services: services?.join(", ") ?? "all",
      states: states.join(", "),
      start_and_stop: String(startAndStop),
    },
    inside: NOTHING,
  };
}

function notifierTexts(notifier: NotifierSettings): Record<string, string> {
  switch (notifier.type) {
    case "script": {
      const { command, user = "the default", group = "the user's", timeout } = notifier;
      return { command: command.join(" "), user, group, timeout: formatDuration(timeout) };
    }
    case "fifo":
      return { path: notifier.path };
    case "webhook": {
      const { url, password = "", timeout } = notifier;
      return { url, [PASSWORD]: password, timeout: formatDuration(timeout) };
    }
    default:
      return unreachable(notifier);
  }
}

function count(list: readonly unknown[], one: string, many: string): string {
  return `${list.length} ${list.length === 1 ? one : many}`;
}
