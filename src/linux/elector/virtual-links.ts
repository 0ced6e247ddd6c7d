/**
 * The interfaces with virtual MAC addresses that routers need: made, looked after and removed, and what of the host's
 * settings must change for them. Only what we made is ever removed, only what we changed put back.
 */
import type { HostChanges, SysctlChange } from "../../channel/message.ts";
import { ENODEV, ENOENT } from "../../netlink/errno.ts";
import type { LinkInfo } from "../../netlink/link.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import type { RouterSettings } from "../../vrrp/settings.ts";
import type { RouterSnapshot } from "../../vrrp/snapshot.ts";
import type { VirtualLink } from "../../vrrp/virtual-link.ts";
import type { Interfaces } from "../netlink/interfaces.ts";
import type { RouteClient } from "../netlink/route-client.ts";
import { refusalOf } from "../refusal.ts";
import { ip6Sysctl, linkSysctls, readSysctl, writeSysctl } from "../sysctls.ts";

const IFF_UP = 0x1;

type Owner = Pick<RouterSettings, "virtualLinks">;
type LinkOf = (name: string) => LinkInfo | undefined;
type Refusal = KernelRefusal | undefined;

interface Listener {
  linkMade(name: string): void;
  /** What was not done, and why. */
  linkRefused(subject: string, refusal: KernelRefusal): void;
}

export class VirtualLinks {
  readonly #route: RouteClient;
  readonly #listener: Listener;
  /** Names of those that we made, in this run or an earlier one. */
  readonly #ours = new Set<string>();
  /** In force because of us, in the order in which they were made. */
  readonly #changed = new Map<string, SysctlChange>();
  /** Where IPv6 is on; `perhaps`: an earlier run may have turned it on. */
  readonly #ip6 = new Map<string, "on" | "perhaps">();
  #wanted: readonly SysctlChange[] = [];
  /** What the kernel does not let us do now, so that it is told once. */
  #refusals = new Map<string, KernelRefusal>();
  /** Wanted, but not there, or not made by us: not to be used. */
  #missing: ReadonlySet<string> = new Set();

  constructor(route: RouteClient, listener: Listener) {
    this.#route = route;
    this.#listener = listener;
  }

  /** There is nothing to look after. */
  get idle(): boolean {
    return this.#ours.size === 0 && this.#changed.size === 0;
  }

  know({ links, left, wanted }: HostChanges): void {
    for (const name of links) {
      if (!this.#ours.has(name)) this.#ip6.set(name, "perhaps");
      this.#ours.add(name);
    }
    for (const change of left) if (!this.#changed.has(change.path)) this.#changed.set(change.path, change);
    this.#wanted = wanted;
  }

  /**
   * Makes what is missing, and removes what nobody needs any more. More is to be done: after an `unfinished` soon, after a
   * `refused` later.
   *
   * @param standing with those that are no longer configured, but still hand over
   * @param interfaces as of the last look at the host; they learn which of them are not to be used
   */
  fit(
    routers: readonly Owner[],
    standing: readonly Owner[],
    interfaces: Pick<Interfaces, "link" | "bar">,
  ): "done" | "unfinished" | "refused" {
    const configured = routers.flatMap(({ virtualLinks }) => virtualLinks);
    const leaving = standing.flatMap(({ virtualLinks }) => virtualLinks);
    // Each takes a millisecond or more, and adverts have to go out in between. Without routers nobody waits.
    const most = standing.length === 0 ? Number.POSITIVE_INFINITY : 1;
    let finished = true;
    const failed = refusalOf(() => {
      finished = this.#fit(configured, leaving, (name) => interfaces.link(name), most);
    });
    interfaces.bar(this.#missing);
    if (failed !== undefined || this.#refusals.size > 0) return "refused";
    return finished ? "done" : "unfinished";
  }

  /** Answers whether all were made, or at least tried. */
  #fit(
    configured: readonly VirtualLink[],
    leaving: readonly VirtualLink[],
    known: LinkOf,
    most = Number.POSITIVE_INFINITY,
  ): boolean {
    const wanted = new Map([...leaving, ...configured].map((link) => [link.name, link]));
    if (wanted.size === 0 && this.idle) return true;
    const refusals = this.#refusals;
    this.#refusals = new Map();
    const complete = [...wanted.values()].every((link) => this.#isThere(link, known));
    // What was made a moment ago may not be known yet.
    const linkOf = complete ? known : this.#look();
    const there = (link: VirtualLink) => this.#isThere(link, linkOf);
    for (const name of [...this.#ours]) {
      const link = wanted.get(name);
      if (link === undefined || !there(link)) this.#remove(name, linkOf(name));
    }
    const possible = [...wanted.values()].filter(({ parent }) => linkOf(parent) !== undefined);
    const allAbsent = possible.filter((link) => !there(link));
    // What was refused last time keeps nobody else waiting.
    const isRefused = (link: VirtualLink) => refusals.has(makingOf(link));
    const inOrder = [...allAbsent.filter((link) => !isRefused(link)), ...allAbsent.filter(isRefused)];
    const absent = inOrder.slice(0, most);
    if (configured.length > 0) this.#change(absent.length > 0);
    if (leaving.every(({ name }) => configured.some((link) => link.name === name))) this.#restore();
    for (const link of absent) this.#make(link, linkOf(link.parent)?.index ?? 0);
    this.#raise(possible, absent.length > 0 ? this.#look() : linkOf);
    this.#missing = new Set([...wanted.keys()].filter((name) => !this.#ours.has(name)));
    for (const [subject, refusal] of this.#refusals) {
      if (refusals.get(subject)?.code !== refusal.code) this.#listener.linkRefused(subject, refusal);
    }
    return absent.length === allAbsent.length;
  }

  /** Before an IPv6 address is put on this interface, if it is one of ours. */
  turnOnIp6(name: string): void {
    if (!this.#ours.has(name) || this.#ip6.get(name) === "on") return;
    this.#ip6.set(name, "on");
    this.#write(...ip6Sysctl(name, true));
  }

  /** Where no address is held any more. */
  turnOffIp6(standing: readonly Pick<RouterSnapshot, "held">[]): void {
    const held = new Set(standing.flatMap((router) => router.held).map((arm) => arm.interface));
    for (const name of [...this.#ip6.keys()].filter((one) => !held.has(one))) {
      this.#ip6.delete(name);
      this.#write(...ip6Sysctl(name, false));
    }
  }

  /** Leaves the host as it was found. */
  close(): void {
    this.#wanted = [];
    refusalOf(() => {
      const linkOf = this.#look();
      this.#fit([], [], linkOf);
    });
  }

  /** One of ours, made as this one would be. */
  #isThere({ name, mac, parent }: VirtualLink, linkOf: LinkOf): boolean {
    const found = linkOf(name);
    if (found === undefined || !this.#ours.has(name)) return false;
    return found.type === "macvlan" && found.mac === mac && found.parent === linkOf(parent)?.index;
  }

  #remove(name: string, found: LinkInfo | undefined): void {
    // Somebody else may have taken the name of one that went with its parent.
    const outcome = found?.type === "macvlan" ? this.#route.deleteLink(found.index) : undefined;
    this.#ip6.delete(name);
    if (outcome === undefined) this.#ours.delete(name);
    else this.#note(`removing ${name}`, outcome);
  }

  #make(link: VirtualLink, parentIndex: number): void {
    const { name, mac } = link;
    const outcome = this.#route.addMacvlan({ name, mac, parent: parentIndex });
    if (outcome !== undefined) return this.#note(makingOf(link), outcome);
    this.#ours.add(name);
    this.#listener.linkMade(name);
  }

  /** Those that are down, which is how they are made: first they must keep silent. */
  #raise(links: readonly VirtualLink[], linkOf: LinkOf): void {
    for (const link of links) {
      const found = linkOf(link.name);
      if (found === undefined || !this.#ours.has(link.name) || (found.flags & IFF_UP) !== 0) continue;
      for (const [path, value] of linkSysctls(link)) this.#write(path, value);
      this.#note(`setting ${link.name} up`, this.#route.setLinkUp(found.index));
    }
  }

  /** @param again also what was changed already: a parent that was made anew has other settings */
  #change(again: boolean): void {
    for (const change of this.#wanted) {
      const { path, value } = change;
      if (this.#changed.has(path) && !again && readSysctl(path) === value) continue;
      this.#changed.set(path, change);
      this.#write(path, value);
    }
  }

  /** What was changed last is put back first. */
  #restore(): void {
    const needed = new Set(this.#wanted.map(({ path }) => path));
    for (const { path, before, value } of Array.from(this.#changed.values()).reverse()) {
      if (needed.has(path)) continue;
      this.#changed.delete(path);
      // Somebody else has changed it since: it is theirs.
      if (readSysctl(path) === value) this.#write(path, before);
    }
  }

  /** What this kernel does not have, IPv6 for one, needs no change. */
  #write(path: string, value: string): void {
    const refusal = refusalOf(() => writeSysctl(path, value));
    if (refusal?.errno !== ENOENT) this.#note(`writing ${value} to /proc/sys/net/${path}`, refusal);
  }

  #look(): LinkOf {
    const links = new Map(this.#route.links().map((link) => [link.name, link]));
    return (name) => links.get(name);
  }

  #note(subject: string, refusal: Refusal): void {
    if (refusal === undefined || refusal.errno === ENODEV) return;
    this.#refusals.set(subject, refusal);
  }
}

function makingOf({ name, parent }: VirtualLink): string {
  return `making ${name} on ${parent}`;
}
