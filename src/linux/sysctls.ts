/** Settings of the kernel's network stack under /proc/sys/net. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { SysctlChange } from "../channel/message.ts";
import type { VirtualLink } from "../vrrp/virtual-link.ts";
import { withFile } from "./namespace.ts";

const ROOT = "/proc/sys/net";

/** @param namespace path of a network namespace */
export function readSysctl(path: string, namespace?: string): string | undefined {
  try {
    return withFile(`${ROOT}/${path}`, "read", namespace, (file) => readFileSync(file, "utf8").trim());
  } catch {
    return undefined;
  }
}

/** Throws the file system's error, or SystemError where the namespace cannot be entered. @param namespace as of `readSysctl` */
export function writeSysctl(path: string, value: string, namespace?: string): void {
  withFile(`${ROOT}/${path}`, "write", namespace, (file) => writeFileSync(file, value));
}

/** Of a virtual link itself, before it is up: they go with it. */
export function linkSysctls({ name }: VirtualLink): readonly (readonly [path: string, value: string])[] {
  const ip4 = `ipv4/conf/${name}`;
  const ip6 = `ipv6/conf/${name}`;
  return [
    // Not for the parent's addresses, which it would answer for with the virtual MAC address.
    [`${ip4}/arp_ignore`, "1"],
    // The way back to a client is over the parent.
    [`${ip4}/rp_filter`, "0"],
    // Nor answer the successor's announcement while we still have the address: switches would turn back to us.
    [`${ip4}/accept_local`, "0"],
    [`${ip4}/promote_secondaries`, "1"],
    // Nothing by itself: no link-local address, no duplicate address detection, no router solicitation,
    [`${ip6}/addr_gen_mode`, "1"],
    [`${ip6}/accept_ra`, "0"],
    // and not even a report about groups, until there are addresses: switches would learn the wrong port from it.
    ip6Sysctl(name, false),
  ];
}

export function ip6Sysctl(link: string, on: boolean): readonly [path: string, value: string] {
  return [`ipv6/conf/${link}/disable_ipv6`, on ? "0" : "1"];
}

/**
 * What else of the host must be different while these links are there, in the order in which it is done.
 *
 * @param before changes that an earlier run made: what it left there is no value of the host's own
 */
export function planSysctls(links: readonly VirtualLink[], before: readonly SysctlChange[]): SysctlChange[] {
  const made = new Map(before.map((change) => [change.path, change]));
  const own = (path: string): string => {
    const [now = "", earlier] = [readSysctl(path), made.get(path)];
    return earlier?.value === now ? earlier.before : now;
  };
  const changes: SysctlChange[] = [];
  const raise = (path: string, least: number): void => {
    const value = own(path);
    if (value !== "" && Number(value) < least) changes.push({ path, before: value, value: String(least) });
  };
  const ip4 = links.filter(({ family }) => family === 4);
  for (const parent of new Set(ip4.map((link) => link.parent))) {
    // Otherwise the parent answers for the floating addresses, too, with its own MAC address,
    raise(`ipv4/conf/${parent}/arp_ignore`, 1);
    raise(`ipv4/conf/${parent}/arp_filter`, 1);
    // and tells it to whomever it asks in their name.
    raise(`ipv4/conf/${parent}/arp_announce`, 2);
  }
  const filter = Number(own("ipv4/conf/all/rp_filter"));
  if (ip4.length === 0 || filter === 0) return changes;
  // The greater one counts of an interface's and that of all: it moves to each of the others.
  const virtual = new Set(links.map(({ name }) => name));
  const others = readdirSync(`${ROOT}/ipv4/conf`).filter((name) => name !== "all" && !virtual.has(name));
  for (const name of others) raise(`ipv4/conf/${name}/rp_filter`, filter);
  changes.push({ path: "ipv4/conf/all/rp_filter", before: String(filter), value: "0" });
  return changes;
}
