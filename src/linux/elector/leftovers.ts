/** Addresses that an earlier run created, and that no router wants or still hands over. */
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { armKey } from "../../vrrp/node.ts";
import type { HostAddress } from "../netlink/interfaces.ts";
import type { RouteClient } from "../netlink/route-client.ts";
import { refusalOf } from "../refusal.ts";

/**
 * @param journal the keys of the addresses that we have made
 * @param wanted the keys of those that routers want, or still hold
 */
export function leftovers(
  present: readonly HostAddress[],
  journal: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
): HostAddress[] {
  return present.filter((found) => {
    // What Keelson adds has a limited life: the journal's word is old if this one lives forever.
    const isMortal = found.validSeconds !== undefined;
    return isMortal && journal.has(armKey(found)) && !wanted.has(armKey(found));
  });
}

/** Takes it away; `false` when the kernel refuses. */
export function isRemoved(route: RouteClient, found: HostAddress): boolean {
  const outcomes: (KernelRefusal | undefined)[] = [];
  outcomes.push(refusalOf(() => outcomes.push(...route.deleteAddresses([found]))));
  return outcomes.every((outcome) => outcome === undefined);
}
