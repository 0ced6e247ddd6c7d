/**
 * The interfaces with virtual MAC addresses that routers need: made, looked after and removed, and what of the host's
 * settings must change for them. Only what we made is ever removed, only what we changed put back.
 */
import type { HostChanges, SysctlChange } from "../channel/message.ts";
import { ENODEV, ENOENT } from "../netlink/errno.ts";
import type { LinkInfo } from "../netlink/link.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { VirtualLink } from "../vrrp/virtual-link.ts";
import type { RouteClient } from "./route-client.ts";
import { refusalOf } from "./sockets.ts";
import { ip6Sysctl, linkSysctls, readSysctl, writeSysctl } from "./sysctls.ts";

const IFF_UP = 0x1;

type LinkOf = (name: string) => LinkInfo | undefined;
type Refusal = KernelRefusal | undefined;

export class VirtualLinks {
  readonly #route: RouteClient;
  readonly #refused: (subject: string, refusal: KernelRefusal) => void;
  /** Names of those that we made, in this run or an earlier one. */
  readonly #ours = new Set<string>();
  /** In force because of us, in the order in which they were made. */
  readonly #changed = new Map<string, SysctlChange>();
  /** Where IPv6 is on; `perhaps`: an earlier run may have turned it on. */
  readonly #ip6 = new Map<string, "on" | "perhaps">();
  #wanted: readonly SysctlChange[] = [];
  /** What the kernel does not let us do now, so that it is told once. */
  #refusals = new Map<string, KernelRefusal>();
  #missing: ReadonlySet<string> = new Set();
  #unfinished = false;

  /** `refused`: what was not done, and why. */
  constructor(route: RouteClient, refused: (subject: string, refusal: KernelRefusal) => void) {
    this.#route = route;
    this.#refused = refused;
  }

  /** Wanted, but not there, or not made by us: not to be used. */
  get missing(): ReadonlySet<string> {
    return this.#missing;
  }

  /** More are to be made soon. */
  get unfinished(): boolean {
    return this.#unfinished;
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
   * Makes what is missing, and removes what nobody needs any more. `false`: something was refused, try again later.
   *
   * @param leaving of routers that are no longer configured, but still hand over
   * @param known as of the last look at the host
   * @param most to make now: each takes a millisecond or more, and adverts have to go out in between
   */
  fit(
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
    this.#unfinished = absent.length < allAbsent.length;
    if (configured.length > 0) this.#change(absent.length > 0);
    if (leaving.every(({ name }) => configured.some((link) => link.name === name))) this.#restore();
    for (const link of absent) this.#make(link, linkOf(link.parent)?.index ?? 0);
    this.#raise(possible, absent.length > 0 ? this.#look() : linkOf);
    this.#missing = new Set([...wanted.keys()].filter((name) => !this.#ours.has(name)));
    for (const [subject, refusal] of this.#refusals) {
      if (refusals.get(subject)?.code !== refusal.code) this.#refused(subject, refusal);
    }
    return this.#refusals.size === 0;
  }

  /** Before an IPv6 address is put on this interface, if it is one of ours. */
  turnOnIp6(name: string): void {
    if (!this.#ours.has(name) || this.#ip6.get(name) === "on") return;
    this.#ip6.set(name, "on");
    this.#write(...ip6Sysctl(name, true));
  }

  /** Where no address is held any more. */
  turnOffIp6(held: ReadonlySet<string>): void {
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
      this.fit([], [], linkOf);
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
    if (outcome === undefined) this.#ours.add(name);
    else this.#note(makingOf(link), outcome);
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
