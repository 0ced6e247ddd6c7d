/** All that `keelson doctor` and `keelson check --host` look at, and what they say. */
import type { DirectorSettings } from "../config/settings.ts";
import { addresses, arp, binding } from "./checks/addresses.ts";
import { connections } from "./checks/connections.ts";
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
  ...[ipvs, schedulers, modules, scripts, forwarding, redirects, tunnels, connections, ports, sync],
  ...[managers, cloud, clock, scheduling],
];

interface Diagnosis {
  /** Names of the checks that found nothing. */
  readonly fine: readonly string[];
  readonly findings: readonly (Finding & { readonly check: string })[];
}

export function diagnose(settings: DirectorSettings, host: HostPicture): Diagnosis {
  const looked = CHECKS.filter((check) => check.concerns(settings)).map((check) => {
    return { name: check.name, found: check.judge(settings, host) };
  });
  return {
    fine: looked.filter(({ found }) => found.length === 0).map(({ name }) => name),
    findings: looked.flatMap(({ name, found }) => found.map((one) => ({ ...one, check: name }))),
  };
}

/** The line for a shell, or for a file that somebody has to edit. */
export function remedyLine(remedy: Remedy): string {
  switch (remedy.kind) {
    case "sysctl":
      return `sysctl -w ${sysctlName(remedy.path)}=${remedy.value}`;
    case "module":
      return `modprobe ${remedy.name}`;
    case "line":
      return remedy.line;
  }
}

/** With its remedies, in one line. */
export function findingText({ text, remedies }: Finding): string {
  return [text, ...remedies.map(remedyLine)].join(": ");
}
