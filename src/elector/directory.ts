/** Which of a director's routers an input concerns, without asking every one of them. */
import type { Family } from "../net/ip.ts";
import type { RouterAction } from "../vrrp/action.ts";
import { type Arm, armKey } from "../vrrp/node.ts";
import type { VirtualRouter } from "../vrrp/router.ts";
import type { VirtualAddress } from "../vrrp/settings.ts";
import { isEmpty, without } from "../vrrp/steering.ts";
import { Repetition } from "./repetition.ts";

interface Holder {
  readonly router: VirtualRouter;
  readonly address: VirtualAddress;
}

/** Whoever hears the adverts of one VRID: two for a moment, when one is handing over and another took its VRID. */
export interface Hearers {
  readonly routers: VirtualRouter[];
  readonly repetition: Repetition;
}

type Removal = Extract<RouterAction, { readonly kind: "release" | "steer" }>;

/** A VRID is one byte. */
const VRIDS = 256;
const NOBODY: Hearers = { routers: [], repetition: new Repetition() };

export class Directory {
  readonly #named = new Map<string, VirtualRouter>();
  /** By interface, then by VRID and family: asked for with every packet, so no key is put together for it. */
  readonly #hearers = new Map<string, Map<number, Hearers>>();
  readonly #holders = new Map<string, Holder[]>();
  readonly #speakers = new Map<string, VirtualRouter[]>();

  /** For as long as these are all, with the settings that they have now. */
  constructor(routers: readonly VirtualRouter[]) {
    for (const router of routers) {
      const { name, interface: link, vrid, transport, addresses } = router.settings;
      if (!this.#named.has(name)) this.#named.set(name, router);
      this.#addHearer(link, hearerKey(transport.family, vrid), router);
      const arms = new Map(addresses.map((address) => [armKey(address), address]));
      for (const [key, address] of arms) add(this.#holders, key, { router, address });
      const { source } = transport;
      if (source !== undefined) add(this.#speakers, armKey({ interface: link, address: source }), router);
    }
  }

  named(name: string): VirtualRouter | undefined {
    return this.#named.get(name);
  }

  hearers(interfaceName: string, family: Family, vrid: number): Hearers {
    return this.#hearers.get(interfaceName)?.get(hearerKey(family, vrid)) ?? NOBODY;
  }

  /** Those to whom the address belongs by their settings. */
  holders(arm: Arm): readonly Holder[] {
    return this.#holders.get(armKey(arm)) ?? [];
  }

  /** What is taken away of that: addresses, routes and rules that a reload moved to another router stay where they are. */
  unshared(action: Removal, router: VirtualRouter): readonly Removal[] {
    if (action.kind === "release") {
      const addresses = action.addresses.filter((address) => !this.#isHeldByAnother(router, address));
      return addresses.length === 0 ? [] : [{ ...action, addresses }];
    }
    if (isEmpty(action.gone)) return [action];
    const others = [...this.#named.values()].filter((other) => other !== router && holdsSomething(other));
    const gone = others.reduce((rest, { settings }) => without(rest, settings.steering), action.gone);
    return isEmpty(gone) && isEmpty(action.wanted) ? [] : [{ ...action, gone }];
  }

  #isHeldByAnother(router: VirtualRouter, address: VirtualAddress): boolean {
    return this.holders(address).some(({ router: other }) => other !== router && other.holds(address));
  }

  /** Those whose adverts are to leave from this address and from no other. */
  speakersFrom(arm: Arm): readonly VirtualRouter[] {
    return this.#speakers.get(armKey(arm)) ?? [];
  }

  #addHearer(interfaceName: string, key: number, router: VirtualRouter): void {
    const there = this.#hearers.get(interfaceName) ?? new Map<number, Hearers>();
    this.#hearers.set(interfaceName, there);
    const known = there.get(key);
    if (known === undefined) there.set(key, { routers: [router], repetition: new Repetition() });
    else known.routers.push(router);
  }
}

function hearerKey(family: Family, vrid: number): number {
  return family * VRIDS + vrid;
}

function add<One>(lists: Map<string, One[]>, key: string, one: One): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [one]);
  else list.push(one);
}

function holdsSomething(router: VirtualRouter): boolean {
  return router.settings.addresses.some((address) => router.holds(address));
}
