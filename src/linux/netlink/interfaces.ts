/**
 * What the kernel tells about this host's interfaces and addresses, kept as a table, and what of it is news.
 *
 * Every method answers with the inputs that the elector has not heard yet. A lost notification heals with `replace`.
 */
import type { ElectorInput } from "../../elector/input.ts";
import { unreachable } from "../../net/bug.ts";
import type { Family, IpAddress } from "../../net/ip.ts";
import type { MacAddress } from "../../net/mac.ts";
import type { AddressInfo } from "../../netlink/address.ts";
import type { RouteChange } from "../../netlink/change.ts";
import type { LinkInfo } from "../../netlink/link.ts";
import { armKey } from "../../vrrp/node.ts";
import type { RouterSettings } from "../../vrrp/settings.ts";
import { isVirtualMac } from "../../vrrp/virtual-link.ts";

export type HostAddress = AddressInfo & { readonly interface: string };

/** RT_SCOPE_ */
const SCOPE_GLOBAL = 0;
const SCOPE_LINK = 253;

export class Interfaces {
  readonly #links = new Map<number, LinkInfo>();
  /** By interface index, in the kernel's order. */
  readonly #addresses = new Map<number, AddressInfo[]>();
  readonly #toldUp = new Map<string, boolean>();
  readonly #toldSources = { [4]: new Map<string, IpAddress>(), [6]: new Map<string, IpAddress>() };
  readonly #toldPresent = new Map<string, Extract<ElectorInput, { kind: "address" }>>();
  /** `armKey`s of configured virtual addresses: never the source of adverts. */
  #virtual: ReadonlySet<string> = new Set();
  /** Names of links that are told as down, whatever they are. */
  #barred: ReadonlySet<string> = new Set();

  link(name: string): LinkInfo | undefined {
    for (const link of this.#links.values()) if (link.name === name) return link;
    return undefined;
  }

  /**
   * This host's own, on whichever of its interfaces: with two on one network each answers for the other's addresses. A
   * virtual one is on every director.
   */
  isOwnMac(mac: MacAddress): boolean {
    return !isVirtualMac(mac) && Array.from(this.#links.values()).some((link) => link.mac === mac);
  }

  /** All addresses that are present, with the name of their interface. */
  list(): HostAddress[] {
    return Array.from(this.#links.values()).flatMap(({ index, name }) =>
      (this.#addresses.get(index) ?? []).map((address) => ({ ...address, interface: name })),
    );
  }

  /** Where adverts leave from: over IPv6 a link-local address (RFC 9568 §5.1.2.1). */
  sourceOf({ index, name }: LinkInfo, wanted: Family): IpAddress | undefined {
    let first: IpAddress | undefined;
    for (const { family, address, scope, tentative, secondary } of this.#addresses.get(index) ?? []) {
      if (family !== wanted || scope !== (wanted === 4 ? SCOPE_GLOBAL : SCOPE_LINK) || tentative) continue;
      if (this.#virtual.has(armKey({ interface: name, address }))) continue;
      if (!secondary) return address;
      first ??= address;
    }
    return first;
  }

  /** Who else announces the address that its adverts leave from is heard as well. (Over IPv6 the kernel looks itself.) */
  withSource<One extends Pick<RouterSettings, "interface" | "addresses">>(one: One): One {
    const link = this.link(one.interface);
    const address = link === undefined ? undefined : this.sourceOf(link, 4);
    if (address === undefined) return one;
    return { ...one, addresses: [...one.addresses, { address, prefixLength: 32, interface: one.interface }] };
  }

  setVirtual(keys: ReadonlySet<string>): ElectorInput[] {
    this.#virtual = keys;
    return this.news();
  }

  /** It is told by the next `news`. */
  bar(names: ReadonlySet<string>): void {
    this.#barred = names;
  }

  /** A full dump. */
  replace(links: readonly LinkInfo[], addresses: readonly AddressInfo[]): ElectorInput[] {
    this.#links.clear();
    this.#addresses.clear();
    for (const link of links) this.#links.set(link.index, link);
    for (const address of addresses) this.#add(address);
    return this.news();
  }

  /** Notifications, in order. What came and went among them is no news. */
  apply(changes: readonly RouteChange[]): ElectorInput[] {
    for (const change of changes) this.#apply(change);
    const addresses = changes.flatMap((change) => ("address" in change ? [change.address] : []));
    return addresses.length < changes.length ? this.news() : this.#newsOf(addresses);
  }

  #apply(change: RouteChange): void {
    switch (change.kind) {
      case "link":
        this.#links.set(change.link.index, change.link);
        return;
      case "link-gone":
        this.#links.delete(change.index);
        this.#addresses.delete(change.index);
        return;
      case "address":
        return this.#add(change.address);
      case "address-gone":
        return this.#remove(change.address);
      default:
        unreachable(change);
    }
  }

  #remove(address: AddressInfo): void {
    const list = this.#addresses.get(address.interfaceIndex) ?? [];
    this.#addresses.set(
      address.interfaceIndex,
      list.filter((one) => !same(one, address)),
    );
  }

  #add(address: AddressInfo): void {
    const list = this.#addresses.get(address.interfaceIndex) ?? [];
    const place = list.findIndex((one) => same(one, address));
    if (place >= 0) list[place] = address;
    else list.push(address);
    this.#addresses.set(address.interfaceIndex, list);
  }

  /** A link that went comes first, for it explains the rest; one that came last, when all else is known. */
  news(): ElectorInput[] {
    const links = this.#linkNews();
    const gone = links.filter(({ up }) => !up);
    const come = links.filter(({ up }) => up);
    return [...gone, ...this.#addressNews(), ...this.#sourceNews(4), ...this.#sourceNews(6), ...come];
  }

  /** When only these have come or gone: on a director of a thousand addresses much quicker than to look at all. */
  #newsOf(changed: readonly AddressInfo[]): ElectorInput[] {
    const gone: ElectorInput[] = [];
    const come: ElectorInput[] = [];
    const touched = new Map<number, LinkInfo>();
    for (const { interfaceIndex, address } of changed) {
      const link = this.#links.get(interfaceIndex);
      if (link === undefined) continue;
      touched.set(interfaceIndex, link);
      const key = armKey({ interface: link.name, address });
      const present = this.#addresses.get(interfaceIndex)?.some((one) => one.address === address) ?? false;
      if (present === this.#toldPresent.has(key)) continue;
      const input = { kind: "address", interface: link.name, address, present } as const;
      if (present) this.#toldPresent.set(key, input);
      else this.#toldPresent.delete(key);
      (present ? come : gone).push(input);
    }
    const links = Array.from(touched.values());
    return [...gone, ...come, ...this.#sourceNews(4, links), ...this.#sourceNews(6, links)];
  }

  #linkNews(): Extract<ElectorInput, { kind: "link" }>[] {
    const up = new Map(
      Array.from(this.#links.values(), (link) => [link.name, link.up && !this.#barred.has(link.name)]),
    );
    const names = new Set([...up.keys(), ...this.#toldUp.keys()]);
    return Array.from(names).flatMap((name) => {
      const isUp = up.get(name);
      if (this.#toldUp.get(name) === isUp) return [];
      remember(this.#toldUp, name, isUp);
      return [{ kind: "link", interface: name, up: isUp ?? false } as const];
    });
  }

  /** @param links those of which there may be news; all, and those that are gone, unless given */
  #sourceNews(family: Family, links?: readonly LinkInfo[]): ElectorInput[] {
    const told = this.#toldSources[family];
    const looked = links ?? Array.from(this.#links.values());
    const sources = new Map(looked.map((link) => [link.name, this.sourceOf(link, family)]));
    const names = new Set([...sources.keys(), ...(links === undefined ? told.keys() : [])]);
    return Array.from(names).flatMap((name) => {
      const address = sources.get(name);
      if (told.get(name) === address) return [];
      remember(told, name, address);
      return [{ kind: "source", interface: name, family, address } as const];
    });
  }

  #addressNews(): ElectorInput[] {
    const present = new Map<string, Extract<ElectorInput, { kind: "address" }>>();
    for (const [index, list] of this.#addresses) {
      const name = this.#links.get(index)?.name;
      if (name === undefined) continue;
      for (const { address } of list) {
        present.set(armKey({ interface: name, address }), {
          kind: "address",
          interface: name,
          address,
          present: true,
        });
      }
    }
    const gone = Array.from(this.#toldPresent).flatMap(([key, input]) =>
      present.has(key) ? [] : [{ ...input, present: false }],
    );
    const come = Array.from(present).flatMap(([key, input]) => (this.#toldPresent.has(key) ? [] : [input]));
    this.#toldPresent.clear();
    for (const [key, input] of present) this.#toldPresent.set(key, input);
    return [...gone, ...come];
  }
}

/** Interfaces of containers come and go under ever new names: what is gone is forgotten. */
function remember<T>(told: Map<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) told.delete(name);
  else told.set(name, value);
}

function same(left: AddressInfo, right: AddressInfo): boolean {
  return left.address === right.address && left.prefixLength === right.prefixLength;
}
