/** Rules about the packets that we mark: one packet has one mark, and goes to the service that it is meant for. */
import { isMark } from "../../ipvs/listen.ts";
import type { Protocol } from "../../ipvs/settings.ts";
import { type Family, familyOf, type IpAddress, ipBytes, ipRange } from "../../net/ip.ts";
import { type MarkRule, markRuleText } from "../../netlink/mark-rule.ts";
import { error, type Finding, type Path, warning } from "../issue.ts";
import { type MatchEntry, matchEntries } from "../match.ts";
import type { Parts } from "../schema.ts";
import { armOf } from "../settings.ts";
import { carrierOf } from "../virtual-mac.ts";

/** The kernel takes all of them in one message of bounded length. */
const MAX_RULES = 1_024;

/** An entry of a `match`. */
interface Claim extends MatchEntry {
  readonly path: Path;
  readonly family: Family;
}

export function checkMarks(parts: Parts): Finding[] {
  const claims = claimsOf(parts);
  if (claims.length === 0) return [];
  const fitting = claims.filter(({ family, ranges }) => familyOf(ranges.first) === family);
  return [
    ...claims.flatMap(otherFamily),
    ...(tooMany(claims) ?? taken(fitting)),
    ...listensMarked(fitting, parts),
    ...notFloating(fitting, parts),
    ...belowVirtualMac(fitting, parts),
  ];
}

function claimsOf({ services }: Parts): Claim[] {
  return Object.entries(services).flatMap(([name, { listen }]) =>
    listen.flatMap((entry, index) =>
      entry.flatMap((mark) => {
        if (!isMark(mark)) return [];
        const path = ["services", name, "listen", index, "match"];
        return matchEntries(mark).map((one): Claim => {
          return { ...one, path: [...path, ...one.place], family: mark.family };
        });
      }),
    ),
  );
}

function otherFamily({ path, family, ranges: { first } }: Claim): Finding[] {
  const own = familyOf(first);
  if (own === family) return [];
  const message = `${first} is IPv${own}, and the mark is for packets of IPv${family}`;
  const hint = `write it in an entry of \`listen\` with family = ${own}`;
  return [error(path, "match-of-other-family", message, hint)];
}

function tooMany(claims: readonly Claim[]): Finding[] | undefined {
  let count = 0;
  for (const { path, rules } of claims) {
    count += rules.length;
    if (count <= MAX_RULES) continue;
    const message = `there may be ${MAX_RULES} ranges of marked packets in all`;
    return [
      error(path, "too-many-matches", message, "a range of addresses and ports is one: 192.0.2.1-200:*"),
    ];
  }
  return undefined;
}

interface Placed {
  readonly path: Path;
  readonly rule: MarkRule;
  readonly span: Span;
}

/** Of addresses, in an order of bytes. */
interface Span {
  readonly from: string;
  readonly to: string;
}

/** The kernel would refuse the second of two that have a packet in common. */
function taken(claims: readonly Claim[]): Finding[] {
  const before: Placed[] = [];
  return claims.flatMap(({ path, rules }) =>
    rules.flatMap((rule) => {
      const span = { from: ordered(rule.first), to: ordered(rule.last) };
      const other = before.find((one) => isSameKind(one.rule, rule) && overlap(one, { rule, span }));
      before.push({ path, rule, span });
      if (other === undefined) return [];
      const message = `some of these packets get a mark already: ${markRuleText(other.rule)}`;
      return [error(path, "match-taken", message)];
    }),
  );
}

/** What is said of an interface counts before what is said of all. */
function isSameKind(one: MarkRule, other: MarkRule): boolean {
  return one.protocol === other.protocol && one.interface === other.interface;
}

function overlap(left: Omit<Placed, "path">, right: Omit<Placed, "path">): boolean {
  const [a, b] = [left.rule.ports, right.rule.ports];
  return (
    left.span.from <= right.span.to && right.span.from <= left.span.to && a.from <= b.to && b.from <= a.to
  );
}

/** Fixed width: its order is that of the addresses; IPv4 and IPv6 have nothing in common. */
function ordered(address: IpAddress): string {
  const digits = Array.from(ipBytes(address), (byte) => byte.toString(16).padStart(2, "0"));
  return `${familyOf(address)} ${digits.join("")}`;
}

interface Endpoint {
  readonly service: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** IPVS asks for a service of the mark first. */
function listensMarked(claims: readonly Claim[], { services }: Parts): Finding[] {
  const endpoints = new Map<IpAddress, Endpoint[]>();
  for (const [service, { protocol, listen }] of Object.entries(services))
    for (const one of listen.flat()) {
      if (isMark(one)) continue;
      const same = endpoints.get(one.address) ?? [];
      endpoints.set(one.address, [...same, { service, protocol, port: one.port }]);
    }
  const places = Array.from(endpoints, ([address, list]) => ({ address, at: ordered(address), list }));
  return claims.flatMap(({ path, rules }) =>
    rules.flatMap((rule) => {
      // What comes in elsewhere reaches it.
      if (rule.interface !== undefined) return [];
      const [from, to] = [ordered(rule.first), ordered(rule.last)];
      for (const { address, at, list } of places) {
        const found = at >= from && at <= to ? list.find((one) => isMarked(one, rule)) : undefined;
        if (found === undefined) continue;
        const message = `what comes for ${address}:${found.port} gets the mark, and never reaches service ${found.service}`;
        return [warning(path, "listen-marked", message, "take it out of one of the two")];
      }
      return [];
    }),
  );
}

function isMarked({ protocol, port }: Endpoint, rule: MarkRule): boolean {
  return protocol === rule.protocol && port >= rule.ports.from && port <= rule.ports.to && port !== 0;
}

/** In a namespace of the balancer's own nothing floats. */
function notFloating(claims: readonly Claim[], { ipvs, routers }: Parts): Finding[] {
  if (ipvs.namespace !== undefined) return [];
  const floating = new Set(
    Object.values(routers).flatMap(({ addresses }) => addresses.map(({ address }) => address)),
  );
  return claims.flatMap(({ path, ranges }) => {
    for (const address of ipRange(ranges.first, ranges.last)) {
      if (floating.has(address)) continue;
      const message = `${address} is an address of no router, so it does not float`;
      const hint = "add it to the `addresses` of a router";
      return [warning(path, "listen-not-floating", message, hint)];
    }
    return [];
  });
}

/** What is for a virtual MAC address has come in by its own interface, when the mark is set. In a namespace nothing floats. */
function belowVirtualMac(claims: readonly Claim[], parts: Parts): Finding[] {
  const { directors, ipvs, routers } = parts;
  if (ipvs.namespace !== undefined || claims.every(({ rules }) => rules[0]?.interface === undefined))
    return [];
  const carried = Object.values(routers).flatMap((router) =>
    Object.keys(directors).flatMap((director) => {
      const parent = armOf(parts, director, router) ?? "";
      return router.addresses
        .filter((one) => router.mac.type === "virtual" && (one.interface ?? parent) === parent)
        .map((one) => ({ address: one.address, parent, carrier: carrierOf(router, one, parent) }));
    }),
  );
  return claims.flatMap(({ path, rules, ranges }) => {
    const [from, to] = [ordered(ranges.first), ordered(ranges.last)];
    const found = carried.find(({ address, parent }) => {
      const at = ordered(address);
      return parent === rules[0]?.interface && at >= from && at <= to;
    });
    if (found === undefined) return [];
    const { address, parent, carrier } = found;
    const message = `packets for ${address} come in by ${carrier}, which has the virtual MAC address, and not by ${parent}`;
    return [warning(path, "match-below-virtual-mac", message, `interface = "${carrier}"`)];
  });
}
