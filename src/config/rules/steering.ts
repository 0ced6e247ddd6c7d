/** Rules about routes and routing rules: the families agree, and there is somewhere to go. */
import { familyOf } from "../../net/ip.ts";
import { error, type Finding, type Path, warning } from "../issue.ts";
import type { Parts } from "../schema.ts";
import { routeFamily, ruleFamily, type WrittenRoute, type WrittenRule } from "../steering.ts";

export interface Lists {
  readonly routes: readonly WrittenRoute[];
  readonly rules: readonly WrittenRule[];
}

export function checkSteering({ routers }: Parts): Finding[] {
  return Object.entries(routers).flatMap(([name, router]) => checkLists(["routers", name], router));
}

/** @param path of the table that they stand in */
export function checkLists(path: Path, { routes, rules }: Lists): Finding[] {
  return [
    ...routes.flatMap((route, index) => checkRoute([...path, "routes", index], route)),
    ...rules.flatMap((rule, index) => checkRule([...path, "rules", index], rule)),
  ];
}

function checkRoute(path: Path, route: WrittenRoute): Finding[] {
  const { type, via, interface: link, source, scope } = route;
  const family = routeFamily(route);
  const strangers = Object.entries({ via, source }).flatMap(([key, address]) => {
    if (address === undefined || familyOf(address) === family) return [];
    return [error([...path, key], "families-differ", `${address} is no IPv${family} address`)];
  });
  if (family === 6 && scope !== undefined) {
    const message = "routes of IPv6 have no scope";
    strangers.push(error([...path, "scope"], "families-differ", message, "remove it"));
  }
  const somewhere = via !== undefined || link !== undefined;
  if (type === "unicast" && !somewhere) {
    return [...strangers, error(path, "route-to-nowhere", "a route needs `via` or `interface`")];
  }
  if (type !== "unicast" && somewhere) {
    const message = `a route that is ${type} goes nowhere: it has neither \`via\` nor \`interface\``;
    return [...strangers, error([...path, "type"], "route-to-nowhere", message)];
  }
  return strangers;
}

function checkRule(path: Path, rule: WrittenRule): Finding[] {
  const { from, to, iif, oif, fwmark, mask, family } = rule;
  const wanted = ruleFamily(rule);
  const differ = [from, to].some((prefix) => prefix !== undefined && familyOf(prefix.address) !== wanted);
  if (differ || (family ?? wanted) !== wanted) {
    return [error(path, "families-differ", "`from`, `to` and `family` of a rule must be of one family")];
  }
  if (mask !== undefined && fwmark === undefined) {
    return [error([...path, "mask"], "mask-without-mark", "`mask` without `fwmark` looks at nothing")];
  }
  if ([from, to, iif, oif, fwmark].some((one) => one !== undefined)) return [];
  return [warning(path, "rule-for-everything", "this rule is for all packets", "add `from`, `to`, `iif`, …")];
}
