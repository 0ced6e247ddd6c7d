/** What only the host knows: would this director's part of a cluster file run here, now? Changes nothing. */
import { readFileSync } from "node:fs";
import { DEFAULT_STATE_DIR } from "../channel/options.ts";
import type { DirectorSettings } from "../config/settings.ts";
import { staticText } from "../config/static.ts";
import { accountFiles, identityOf } from "../delivery/accounts.ts";
import { unsafeProgram } from "../delivery/path-safety.ts";
import type { LinkInfo } from "../netlink/link.ts";
import { armKey } from "../vrrp/node.ts";
import type { Transport } from "../vrrp/settings.ts";
import { Interfaces } from "./interfaces.ts";
import { IpvsClient } from "./ipvs-client.ts";
import { Journal } from "./journal.ts";
import { becomeRealtime, leaveRealtime } from "./realtime.ts";
import { RouteClient } from "./route-client.ts";
import { refusalOf } from "./sockets.ts";

interface HostIssues {
  /** With these it cannot run. */
  readonly errors: readonly string[];
  /** It runs, but worse than it could. */
  readonly warnings: readonly string[];
}

export function hostIssues(settings: DirectorSettings): HostIssues {
  const interfaces = new Interfaces();
  const unreadable = refusalOf(() => {
    const route = new RouteClient();
    interfaces.replace(route.links(), route.addresses());
    route.close();
  });
  if (unreadable !== undefined) {
    return { errors: [`this host's interfaces cannot be read: ${unreadable.text}`], warnings: [] };
  }
  const realtime = becomeRealtime();
  if (realtime.kind === "rr") leaveRealtime();
  return {
    errors: [
      ...interfaceErrors(settings, interfaces),
      ...addressErrors(settings, interfaces),
      ...tableErrors(settings),
      ...scriptErrors(settings),
    ],
    warnings: [
      ...linkWarnings(settings, interfaces),
      ...staticWarnings(settings, interfaces),
      ...forwardingWarnings(settings),
      ...(realtime.kind === "refused" ? [realtime.reason] : []),
    ],
  };
}

/** But for those that are yet to be made. */
function interfacesOf({ routers }: DirectorSettings): Set<string> {
  const made = new Set(routers.flatMap(({ virtualLinks }) => virtualLinks.map(({ name }) => name)));
  const needed = routers.flatMap((router) => [
    router.interface,
    ...router.addresses.map((arm) => arm.interface),
  ]);
  return new Set(needed.filter((name) => !made.has(name)));
}

function interfaceErrors(settings: DirectorSettings, interfaces: Interfaces): string[] {
  const missing = [...interfacesOf(settings)].filter((name) => interfaces.link(name) === undefined);
  interfaces.setVirtual(new Set(settings.routers.flatMap((router) => router.addresses).map(armKey)));
  const sourceless = settings.routers.flatMap(({ interface: name, transport }) => {
    const link = interfaces.link(name);
    return link === undefined || hasSource(link, transport, interfaces) ? [] : [sourceError(name, transport)];
  });
  return [...missing.map((name) => `interface ${name}: there is none on this host`), ...new Set(sourceless)];
}

function hasSource(link: LinkInfo, { family, source }: Transport, interfaces: Interfaces): boolean {
  if (source === undefined) return interfaces.sourceOf(link, family) !== undefined;
  return interfaces.list().some((found) => found.interface === link.name && found.address === source);
}

function sourceError(name: string, { family, source }: Transport): string {
  if (source !== undefined)
    return `interface ${name}: does not have ${source}, where adverts are to leave from`;
  const kind = family === 4 ? "IPv4" : "link-local IPv6";
  return `interface ${name}: has no ${kind} address of its own to send adverts from`;
}

function linkWarnings(settings: DirectorSettings, interfaces: Interfaces): string[] {
  const down = [...interfacesOf(settings)].filter((name) => interfaces.link(name)?.up === false);
  return down.map((name) => `interface ${name}: is down; its routers wait in Fault until it is up`);
}

function addressErrors({ routers }: DirectorSettings, interfaces: Interfaces): string[] {
  const present = new Set(interfaces.list().map(armKey));
  const journal = new Journal(DEFAULT_STATE_DIR);
  return routers.flatMap((router) =>
    router.addresses
      .filter((arm) => present.has(armKey(arm)) && !journal.owns(arm))
      .map(({ address, interface: name }) => {
        const remedy = `remove it (ip address del ${address} dev ${name}), or take it out of the file`;
        return `router ${router.name}: ${address} is on ${name} already, and not put there by Keelson: ${remedy}`;
      }),
  );
}

/** Whatever is in their way may be gone later. */
function staticWarnings({ statics }: DirectorSettings, interfaces: Interfaces): string[] {
  const journal = new Journal(DEFAULT_STATE_DIR);
  const present = new Set(interfaces.list().map(armKey));
  return statics.flatMap((item) => {
    const name =
      item.kind === "address" ? item.address.interface : item.kind === "route" && item.route.interface;
    if (name && interfaces.link(name) === undefined)
      return [`static ${staticText(item)}: waits for an interface ${name}, there is none on this host`];
    if (item.kind !== "address" || !present.has(armKey(item.address)) || journal.owns(item.address))
      return [];
    return [`static ${staticText(item)}: is there already, and not put there by Keelson: it is left alone`];
  });
}

function tableErrors({ services }: DirectorSettings): string[] {
  if (services.length === 0) return [];
  const client = new IpvsClient();
  const refusal = client.resolve();
  client.close();
  return refusal === undefined ? [] : [noIpvs(refusal)];
}

/** As another user than root nothing is looked at: what could be changed is the user's own already. */
function scriptErrors({ notifiers, watches }: DirectorSettings): string[] {
  const isRoot = process.geteuid?.() === 0;
  if (!isRoot) return [];
  const scripts = [
    ...notifiers.flatMap((one) =>
      one.type === "script" ? [{ ...one, called: `notifier ${one.name}` }] : [],
    ),
    ...watches.flatMap((one) => (one.kind === "script" ? [{ ...one, called: `track ${one.name}` }] : [])),
  ];
  return scripts.flatMap((script) => {
    const [program] = script.command;
    const unsafe = unsafeProgram(program);
    const account = identityOf(script, isRoot, accountFiles());
    const problems = [
      ...(unsafe === undefined ? [] : [`root will not run ${program}: ${unsafe}`]),
      ...(account.kind === "unknown" ? [`this host has ${account.detail}`] : []),
    ];
    return problems.map((problem) => `${script.called}: ${problem}`);
  });
}

/** The one sentence for a kernel without IPVS. */
export function noIpvs({ code, text }: { readonly code: string; readonly text: string }): string {
  return (
    `the cluster file has services, but this kernel offers no IPVS (${code}: ${text}): ` +
    "load the module ip_vs (modprobe ip_vs), on the host itself when this is a container"
  );
}

function forwardingWarnings({ services }: DirectorSettings): string[] {
  const translating = services.some(({ servers }) => servers.some(({ forward }) => forward === "nat"));
  if (!translating || readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim() === "1") return [];
  return ['forward = "nat" needs a host that forwards: sysctl -w net.ipv4.ip_forward=1'];
}
