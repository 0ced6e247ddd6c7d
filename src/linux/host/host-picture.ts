/** Looks at this host for the checks of `keelson doctor`. Reads only, but for the modules ip_vs and nf_tables, which asking loads. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { release } from "node:os";
import { scriptChecks } from "../../balance/settings.ts";
import type { DirectorSettings } from "../../config/settings.ts";
import { accountFiles, identityOf } from "../../delivery/accounts.ts";
import { unsafeProgram } from "../../delivery/path-safety.ts";
import { listenersIn } from "../../host/listeners.ts";
import type { HostPicture } from "../../host/picture.ts";
import type { LinkInfo } from "../../netlink/link.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { armKey } from "../../vrrp/node.ts";
import { becomeRealtime, leaveRealtime } from "../elector/realtime.ts";
import { namespaceProblem, readNetworkFile } from "../namespace.ts";
import { Interfaces } from "../netlink/interfaces.ts";
import { IpvsClient } from "../netlink/ipvs-client.ts";
import { RouteClient } from "../netlink/route-client.ts";
import { Journal } from "../state/journal.ts";
import { readIfThere } from "../state/state-files.ts";
import { readSysctl } from "../sysctls.ts";
import { readRules } from "./firewall-rules.ts";

/** For each of the few programs that are asked. */
const PROGRAM_MS = 5_000;

/** Throws SystemError when the interfaces cannot be read. */
export function readHost(settings: DirectorSettings, stateDir: string): HostPicture {
  const { links, interfaces } = readInterfaces();
  interfaces.setVirtual(new Set(settings.routers.flatMap((router) => router.addresses).map(armKey)));
  const journal = new Journal(stateDir);
  const { namespace } = settings.table;
  const realtime = becomeRealtime();
  if (realtime.kind === "rr") leaveRealtime();
  return {
    links,
    addresses: interfaces.list(),
    owns: (arm) => journal.owns(arm),
    sourceOf: (link, family) => interfaces.sourceOf(link, family),
    sysctl: (path) => readSysctl(path),
    noIpvs: settings.services.length === 0 || namespace !== undefined ? undefined : ipvsRefusal(),
    lacksModule: moduleReader(),
    noRealtime: realtime.kind === "rr" ? undefined : realtime.reason,
    scripts: scriptProblems(settings),
    listeners: readListeners(),
    managers: managersOf(links),
    machine: ["sys_vendor", "product_name"]
      .map((name) => (readIfThere(`/sys/class/dmi/id/${name}`) ?? "").trim())
      .join(" "),
    clockKept: isClockKept(),
    rules: readRules(),
    ...(namespace === undefined || settings.services.length === 0
      ? {}
      : { balancing: readBalancing(namespace) }),
  };
}

function readListeners(namespace?: string): HostPicture["listeners"] {
  return (["tcp", "udp"] as const).flatMap((protocol) =>
    ["", "6"].flatMap((family) =>
      listenersIn(readNetworkFile(`${protocol}${family}`, namespace) ?? "", protocol),
    ),
  );
}

/** Throws SystemError when the interfaces there cannot be read. */
function readBalancing(namespace: string): NonNullable<HostPicture["balancing"]> {
  const problem = namespaceProblem(namespace);
  if (problem !== undefined) return { namespace, problem };
  const { links, interfaces } = readInterfaces(namespace);
  return {
    namespace,
    links,
    addresses: interfaces.list(),
    sysctl: (path) => readSysctl(path, namespace),
    noIpvs: ipvsRefusal(namespace),
    listeners: readListeners(namespace),
    rules: readRules(namespace),
  };
}

function readInterfaces(namespace?: string) {
  const route = new RouteClient(namespace);
  const interfaces = new Interfaces();
  const links = route.links();
  interfaces.replace(links, route.addresses());
  route.close();
  return { links, interfaces };
}

function ipvsRefusal(namespace?: string): KernelRefusal | undefined {
  const client = new IpvsClient(namespace);
  const refusal = client.resolve();
  client.close();
  return refusal;
}

/** Of the running kernel: what is loaded, built in, or a file. Where no list of modules is, none is missed. */
function moduleReader(): HostPicture["lacksModule"] {
  const folder = `/lib/modules/${release()}`;
  const lists = ["modules.dep", "modules.builtin"].map((name) => readIfThere(`${folder}/${name}`));
  const known = lists.every((text) => text !== undefined);
  const text = lists.join("\n");
  return (name) => {
    const pattern = new RegExp(`/${name.replaceAll("_", "[_-]")}\\.ko`);
    return known && !existsSync(`/sys/module/${name}`) && !pattern.test(text);
  };
}

/** As another user than root nothing is looked at: what could be changed is the user's own already. */
function scriptProblems({ notifiers, watches, services }: DirectorSettings): string[] {
  const isRoot = process.geteuid?.() === 0;
  if (!isRoot) return [];
  const checks = services.flatMap((service) =>
    scriptChecks(service).map((check) => ({ ...check, called: `check of service ${service.name}` })),
  );
  const scripts = [
    ...notifiers.flatMap((one) =>
      one.type === "script" ? [{ ...one, called: `notifier ${one.name}` }] : [],
    ),
    ...watches.flatMap((one) => (one.kind === "script" ? [{ ...one, called: `track ${one.name}` }] : [])),
    ...checks,
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

/** By the states that both managers keep of each interface, by its index. */
function managersOf(links: readonly LinkInfo[]): HostPicture["managers"] {
  const managers = new Map<string, "NetworkManager" | "systemd-networkd" | "netplan">();
  for (const { index, name } of links) {
    const networkd = readIfThere(`/run/systemd/netif/links/${index}`) ?? "";
    const manager = readIfThere(`/run/NetworkManager/devices/${index}`) ?? "";
    const isNetplan = existsSync(`/run/systemd/network/10-netplan-${name}.network`);
    if (/^ADMIN_STATE=(?!unmanaged)/m.test(networkd))
      managers.set(name, isNetplan ? "netplan" : "systemd-networkd");
    else if (/^managed=(1|true)/m.test(manager)) managers.set(name, "NetworkManager");
  }
  return managers;
}

/** systemd's own word, whoever keeps the clock; `undefined` without systemd. */
function isClockKept(): boolean | undefined {
  const { status, stdout } = spawnSync("timedatectl", ["show", "--property=NTPSynchronized", "--value"], {
    encoding: "utf8",
    timeout: PROGRAM_MS,
  });
  return status === 0 ? stdout.trim() === "yes" : undefined;
}
