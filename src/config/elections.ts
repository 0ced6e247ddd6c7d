/** The elections of a router: one for all its addresses, in the family of the first, or one for each family. */
import { type Family, familyOf } from "../net/ip.ts";
import { secondElection } from "../vrrp/settings.ts";
import type { Router } from "./schema.ts";
import { routeFamily, ruleFamily } from "./steering.ts";

interface Election {
  /** What it is called everywhere but in the file. */
  readonly name: string;
  readonly family: Family;
  /** What of the router it carries. */
  readonly router: Router;
  /** Keeps it together with the other one. */
  readonly syncGroup?: string;
}

/** Those in which adverts are sent; the first is that of the first address. */
export function electionFamilies({ election, addresses }: Router): readonly Family[] {
  const families = new Set(addresses.map(({ address }) => familyOf(address)));
  return [...families].slice(0, election === "shared" ? 1 : undefined);
}

/** Of a router with one election, or of the first of two. */
export function electionFamily(router: Router): Family {
  return electionFamilies(router)[0] ?? 4;
}

export function electionsOf(name: string, router: Router): readonly Election[] {
  const [first = 4, second] = electionFamilies(router);
  if (second === undefined) return [{ name, family: first, router }];
  const syncGroup = `both families of ${name}`;
  return [
    { name, family: first, router: partOf(router, first), syncGroup },
    { name: secondElection(name, second), family: second, router: secondPart(router, second), syncGroup },
  ];
}

function partOf(router: Router, family: Family): Router {
  return {
    ...router,
    addresses: router.addresses.filter(({ address }) => familyOf(address) === family),
    routes: router.routes.filter((route) => routeFamily(route) === family),
    rules: router.rules.filter((rule) => ruleFamily(rule) === family),
  };
}

/** An interface that is made for the router has the name from the file in the first. */
function secondPart(router: Router, family: Family): Router {
  return { ...partOf(router, family), mac: { ...router.mac, interface: undefined } };
}
