/**
 * New IPv6 addresses that the kernel does not serve yet. It acknowledges an address first; a worker of its own makes the
 * route to it later (`addrconf_dad_work`, also without duplicate address detection), on a busy machine tens of
 * milliseconds later. A neighbour that was told of the address before that loses what it sends.
 */
import { familyOf } from "../../net/ip.ts";
import { after, type Instant, seconds } from "../../net/time.ts";
import { armKey } from "../../vrrp/node.ts";
import type { VirtualAddress } from "../../vrrp/settings.ts";

/** Whoever is not served by then is announced all the same: somebody else's rules may hide the route from us. */
const LIMIT = seconds(1);

export class Newcomers {
  /** By `armKey`: until when they are waited for. */
  readonly #patience = new Map<string, Instant>();

  added(addresses: readonly VirtualAddress[], now: Instant): void {
    for (const one of addresses)
      if (familyOf(one.address) === 6) this.#patience.set(armKey(one), after(now, LIMIT));
  }

  removed(addresses: readonly VirtualAddress[]): void {
    for (const one of addresses) this.#patience.delete(armKey(one));
  }

  /** Those that neighbours should not be told of yet. @param serves what the kernel says, for each that it is asked about */
  unserved(
    addresses: readonly VirtualAddress[],
    now: Instant,
    serves: (addresses: readonly VirtualAddress[]) => readonly boolean[],
  ): ReadonlySet<VirtualAddress> {
    const news = addresses.filter((one) => this.#patience.has(armKey(one)));
    if (news.length === 0) return new Set();
    const served = serves(news);
    this.removed(news.filter((one, index) => served[index] === true || this.#isOverdue(one, now)));
    return new Set(news.filter((one) => this.#patience.has(armKey(one))));
  }

  #isOverdue(one: VirtualAddress, now: Instant): boolean {
    const until = this.#patience.get(armKey(one));
    return until !== undefined && until <= now;
  }
}
