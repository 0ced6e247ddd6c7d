/** All that `keelson doctor` and `keelson check --host` look at, and what they say. */
import type { DirectorSettings } from "../config/settings.ts";
import { addresses, arp, binding } from "./checks/addresses.ts";
import { connections } from "./checks/connections.ts";
import { entering } from "./checks/entering.ts";
import { firewall } from "./checks/firewall.ts";
import { interfaces, ip6 } from "./checks/interfaces.ts";
import { reversePath } from "./checks/return-path.ts";
import { forwarding, ipvs, modules, ports, redirects, schedulers } from "./checks/services.ts";
import { statics } from "./checks/statics.ts";
import { strangers } from "./checks/strangers.ts";
import { clock, cloud, managers, scheduling, scripts } from "./checks/surroundings.ts";
import { sync } from "./checks/sync.ts";
import { tunnels } from "./checks/tunnels.ts";
import type { Check, Finding, HostPicture, Remedy } from "./picture.ts";
import { sysctlName } from "./sysctl-name.ts";

/** In the order in which they are told. */
export const CHECKS: readonly Check[] = [
  ...[interfaces, ip6, addresses, statics, arp, reversePath, binding, firewall, strangers],
  ...[entering, ipvs, schedulers, modules, scripts, forwarding, redirects, tunnels, connections, ports, sync],
  ...[managers, cloud, clock, scheduling],
];

/** What they judge is where packets are balanced. Of the firewall there are two, there and here. */
const BALANCING: readonly Check[] = [
  ...[firewall, ipvs, forwarding, redirects, tunnels],
  ...[connections, ports, sync],
];

interface View {
  readonly checks: readonly Check[];
  readonly settings: DirectorSettings;
  readonly host: HostPicture;
  /** Path of another network namespace. */
  readonly namespace?: string;
}

interface Diagnosis {
  /** Names of the checks that found nothing. */
  readonly fine: readonly string[];
  readonly findings: readonly (Finding & { readonly check: string })[];
}

export function diagnose(settings: DirectorSettings, host: HostPicture): Diagnosis {
  const looked = viewsOf(settings, host).flatMap((view) => {
    const concerned = view.checks.filter((check) => check.concerns(view.settings));
    return concerned.map((check) => ({ name: check.name, found: judged(check, view) }));
  });
  const faulty = new Set(looked.filter(({ found }) => found.length > 0).map(({ name }) => name));
  return {
    fine: [...new Set(looked.map(({ name }) => name))].filter((name) => !faulty.has(name)),
    findings: looked.flatMap(({ name, found }) => found.map((one) => ({ ...one, check: name }))),
  };
}

function viewsOf(settings: DirectorSettings, host: HostPicture): readonly View[] {
  const { balancing } = host;
  if (balancing === undefined) return [{ checks: CHECKS, settings, host }];
  const { namespace } = balancing;
  const here: View[] = [
    { checks: CHECKS.filter((check) => !BALANCING.includes(check)), settings, host },
    { checks: [firewall], settings: { ...settings, services: [] }, host },
  ];
  if ("problem" in balancing) return here;
  const there = { ...host, ...balancing };
  return [...here, { checks: BALANCING, settings: { ...settings, routers: [] }, host: there, namespace }];
}

/** What has been found elsewhere says where, and is mended there. */
function judged(check: Check, { settings, host, namespace }: View): Finding[] {
  const found = check.judge(settings, host);
  if (namespace === undefined) return found;
  return found.map(({ level, text, remedies }) => ({
    level,
    text: `in ${namespace}: ${text}`,
    remedies: remedies.map((remedy) => (remedy.kind === "sysctl" ? { ...remedy, namespace } : remedy)),
  }));
}

/** The line for a shell, or for a file that somebody has to edit. */
export function remedyLine(remedy: Remedy): string {
  switch (remedy.kind) {
    case "sysctl":
      return `${wayTo(remedy)}sysctl -w ${sysctlName(remedy.path)}=${remedy.value}`;
    case "module":
      return `modprobe ${remedy.name}`;
    case "line":
      return remedy.line;
  }
}

/** In front of a line that is for another network namespace. */
export function wayTo({ namespace }: { readonly namespace?: string }): string {
  return namespace === undefined ? "" : `nsenter --net=${namespace} `;
}

/** With its remedies, in one line. */
export function findingText({ text, remedies }: Finding): string {
  return [text, ...remedies.map(remedyLine)].join(": ");
}
