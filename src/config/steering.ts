/** The lists `routes` and `rules` of a router: their keys, and what the elector is told. */
import { z } from "zod";
import { type Family, familyOf } from "../net/ip.ts";
import type { Prefix } from "../netlink/route.ts";
import type { Rule } from "../netlink/rule.ts";
import type { Steering, VirtualRoute } from "../vrrp/steering.ts";
import { hostAddress, interfaceName, networkPrefix, routeDestination } from "./values.ts";

const DEFAULT_FAMILY = 4;
/** RT_TABLE_MAIN */
const MAIN_TABLE = 254;
/** IP6_RT_PRIO_USER */
const DEFAULT_METRIC_6 = 1_024;
const MAX_U32 = 0xffff_ffff;
const MIN_MTU = 68;
const MAX_MTU = 65_535;
/** All are written in one go, and no advert waits for long. */
const MAX_ENTRIES = 64;

const table = z.int().min(1).max(MAX_U32);
const number = z.int().min(0).max(MAX_U32);

const route = z.strictObject({
  destination: routeDestination,
  type: z.enum(["unicast", "blackhole", "unreachable", "prohibit"]).default("unicast"),
  via: hostAddress.exactOptional().describe("The next router."),
  interface: interfaceName.exactOptional().describe("Default: the kernel finds `via`."),
  source: hostAddress.exactOptional().describe("Where connections of this host leave from."),
  table: table.default(MAIN_TABLE),
  metric: number.exactOptional().describe("The lowest counts. Default: the kernel's."),
  scope: z.enum(["global", "site", "link", "host"]).exactOptional().describe("IPv4 alone."),
  onlink: z
    .boolean()
    .default(false)
    .describe("`via` is on the interface's link, whatever its addresses say."),
  mtu: z.int().min(MIN_MTU).max(MAX_MTU).exactOptional(),
});

const rule = z.strictObject({
  from: networkPrefix.exactOptional(),
  to: networkPrefix.exactOptional(),
  family: z.literal([4, 6]).exactOptional().describe("Where neither `from` nor `to` says it. Default: 4."),
  iif: interfaceName.exactOptional(),
  oif: interfaceName.exactOptional(),
  fwmark: number.exactOptional(),
  mask: number.exactOptional().describe("Which bits of `fwmark` are looked at."),
  table,
  priority: number.describe("Lower ones are asked first; the table main is asked at 32766."),
});

export const routes = z.array(route).max(MAX_ENTRIES).default([]);
export const rules = z.array(rule).max(MAX_ENTRIES).default([]);

export type WrittenRoute = z.output<typeof route>;
export type WrittenRule = z.output<typeof rule>;

interface Written {
  readonly routes: readonly WrittenRoute[];
  readonly rules: readonly WrittenRule[];
}

export function steeringOf(written: Written): Steering {
  return { routes: written.routes.map(routeOf), rules: written.rules.map(ruleOf) };
}

function routeOf(written: WrittenRoute): VirtualRoute {
  const { destination, scope, ...rest } = written;
  const family = routeFamily(written);
  // Whom no router stands for is on the link. IPv6 has no scopes of routes.
  const near = family === 4 && written.type === "unicast" && written.via === undefined;
  return {
    ...rest,
    family,
    scope: scope ?? (near ? "link" : "global"),
    ...(destination === "default" ? {} : { destination }),
  };
}

function ruleOf(written: WrittenRule): Rule {
  return { ...written, family: ruleFamily(written) };
}

/** Of what is written first that has one. */
export function routeFamily({ destination, via, source }: WrittenRoute): Family {
  const first = destination === "default" ? (via ?? source) : destination.address;
  return first === undefined ? DEFAULT_FAMILY : familyOf(first);
}

export function ruleFamily({ family, from, to }: WrittenRule): Family {
  const first = from ?? to;
  return first === undefined ? (family ?? DEFAULT_FAMILY) : familyOf(first.address);
}

/** What no two routes have together. */
export function routePlace(written: WrittenRoute): string {
  const family = routeFamily(written);
  const { destination, table: asked, metric = family === 6 ? DEFAULT_METRIC_6 : 0 } = written;
  const to = destination === "default" ? `IPv${family} default` : prefixText(destination);
  return `${to} table ${asked} metric ${metric}`;
}

/** What no two rules have together. */
export function rulePlace(written: WrittenRule): string {
  return ruleText(ruleOf(written));
}

/** As `ip route` would say it. */
export function routeText(route: VirtualRoute): string {
  const { destination, type, via, interface: dev, source: src, onlink } = route;
  const to = destination === undefined ? "default" : prefixText(destination);
  const { table: asked, metric, scope, mtu } = route;
  const words = wordsOf({ via, dev, src, table: asked, metric, scope, mtu });
  return [...(type === "unicast" ? [] : [type]), to, ...words, ...(onlink ? ["onlink"] : [])].join(" ");
}

/** As `ip rule` would say it. */
export function ruleText(rule: Rule): string {
  const { from, to, iif, oif, fwmark, mask, table: asked, priority } = rule;
  const family = from === undefined && to === undefined && rule.family === 6 ? { family: 6 } : {};
  const ends = { ...family, ...(from && { from: prefixText(from) }), ...(to && { to: prefixText(to) }) };
  return wordsOf({ ...ends, iif, oif, fwmark, mask, table: asked, priority }).join(" ");
}

function prefixText({ address, length }: Prefix): string {
  return `${address}/${length}`;
}

function wordsOf(parts: Readonly<Record<string, string | number | undefined>>): string[] {
  return Object.entries(parts).flatMap(([key, value]) => (value === undefined ? [] : [`${key} ${value}`]));
}
