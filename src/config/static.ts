/** The tables `static`: addresses, routes and rules that are there whoever is master. */
import { z } from "zod";
import { familyOf } from "../net/ip.ts";
import type { Rule } from "../netlink/rule.ts";
import type { VirtualAddress } from "../vrrp/settings.ts";
import type { VirtualRoute } from "../vrrp/steering.ts";
import { scopeName, traitsOf, virtualAddress } from "./address.ts";
import { routes, routeText, rules, ruleText, steeringOf } from "./steering.ts";

const MAX_ADDRESSES = 256;

/** Of every director. */
export const commonStatic = z.strictObject({ routes, rules });

/** Of one director: no two hosts have one address. */
export const directorStatic = z.strictObject({
  addresses: z.array(virtualAddress).max(MAX_ADDRESSES).default([]),
  routes,
  rules,
});

/** One thing that is kept in the kernel. */
export type StaticItem =
  | { readonly kind: "address"; readonly address: VirtualAddress }
  | { readonly kind: "route"; readonly route: VirtualRoute }
  | { readonly kind: "rule"; readonly rule: Rule };

type Common = z.output<typeof commonStatic>;
type Own = z.output<typeof directorStatic>;
type WrittenAddress = Own["addresses"][number];

/** In the order in which they are made: routes may need addresses, and rules ask for routes. */
export function staticItems(
  common: Common,
  own: Own,
  director: { readonly interface: string },
): StaticItem[] {
  const steering = steeringOf({
    routes: [...common.routes, ...own.routes],
    rules: [...common.rules, ...own.rules],
  });
  return [
    ...own.addresses.map(
      (one) => ({ kind: "address", address: addressOf(one, director.interface) }) as const,
    ),
    ...steering.routes.map((route) => ({ kind: "route", route }) as const),
    ...steering.rules.map((rule) => ({ kind: "rule", rule }) as const),
  ];
}

function addressOf(written: WrittenAddress, arm: string): VirtualAddress {
  const { address, prefixLength, interface: own = arm } = written;
  const { traits } = traitsOf(written);
  // Connections may leave from an address that stays, also when it is alone.
  const source = familyOf(address) === 6 ? { deprecated: false } : {};
  return { address, prefixLength, interface: own, traits: { ...source, ...traits } };
}

/** As `ip` would say it; two that differ in anything are called differently. */
export function staticText(item: StaticItem): string {
  switch (item.kind) {
    case "address":
      return addressText(item.address);
    case "route":
      return `route ${routeText(item.route)}`;
    case "rule":
      return `rule ${ruleText(item.rule)}`;
  }
}

function addressText({ address, prefixLength, interface: arm, traits = {} }: VirtualAddress): string {
  const { label, scope, broadcast, deprecated = false, home = false, prefixRoute = true } = traits;
  const words = [
    `address ${address}/${prefixLength} dev ${arm}`,
    ...(broadcast === undefined ? [] : [`brd ${broadcast}`]),
    ...(scope === undefined ? [] : [`scope ${scopeName(scope)}`]),
    ...(label === undefined ? [] : [`label ${label}`]),
    ...(deprecated ? ["deprecated"] : []),
    ...(home ? ["home"] : []),
    ...(prefixRoute ? [] : ["noprefixroute"]),
  ];
  return words.join(" ");
}
