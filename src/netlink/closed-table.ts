/**
 * The nftables table of addresses that nobody but the balanced services may have.
 *
 *     table inet keelson {
 *       set v4 { type ipv4_addr; elements = { … } }
 *       set v6 { type ipv6_addr; elements = { … } }
 *       chain input {
 *         type filter hook input priority 110; policy accept;
 *         iifname "lo" accept
 *         icmpv6 type nd-neighbor-solicit accept
 *         icmpv6 type nd-neighbor-advert accept
 *         ip daddr @v4 drop
 *         ip6 daddr @v6 drop
 *       }
 *     }
 */
import { type Family, familyOf, type IpAddress, ipBytes } from "../net/ip.ts";
import type { Request } from "./message.ts";
import { HEADERS, is, isIn, META, meta, NFPROTO, payload, VERDICTS, verdict } from "./nft-expressions.ts";
import {
  askTable,
  type Expression,
  HOOKS,
  newChain,
  newElements,
  newRule,
  newSet,
  removeTable,
  replaceTable,
  type SetTraits,
} from "./nftables.ts";

export const CLOSED_TABLE = "keelson";
const CHAIN = "input";
/**
 * Behind IPVS, which takes what is for a balanced service at 98 and 99, and behind source NAT (100): what comes here is
 * for this host's own programs.
 */
const PRIORITY = 110;

/** For nft's listing: the keys are in network order. */
const KEY_BYTE_ORDER = Uint8Array.of(0, 4, 2, 0, 0, 0);

/** How nft knows the elements of a set, and where a packet has one. */
const SETS = {
  [4]: { name: "v4", id: 1, key: { type: 7, size: 4 }, userdata: KEY_BYTE_ORDER, offset: 16 },
  [6]: { name: "v6", id: 2, key: { type: 8, size: 16 }, userdata: KEY_BYTE_ORDER, offset: 24 },
} as const satisfies Record<Family, SetTraits & { readonly offset: number }>;

const ICMPV6 = 58;
/** RFC 4861 §4.3 and §4.4: without them nobody finds the address at all. */
const NEIGHBOUR_DISCOVERY = [135, 136];
const IFNAMSIZ = 16;

/** In one datagram: the table with just these addresses, in place of the one there may be. */
export function closeAddresses(addresses: readonly IpAddress[]): Request[] {
  const sets = Object.values(SETS).flatMap((set) => {
    const own = addresses.filter((address) => SETS[familyOf(address)] === set);
    const elements = own.map((address) => ({ key: ipBytes(address) }));
    return [newSet(CLOSED_TABLE, set), ...newElements(CLOSED_TABLE, set, elements)];
  });
  const rules = [fromLoopback(), ...NEIGHBOUR_DISCOVERY.map(ofIcmpv6), toSet(4), toSet(6)];
  return replaceTable(CLOSED_TABLE, [
    ...sets,
    newChain(CLOSED_TABLE, { name: CHAIN, hook: HOOKS.input, priority: PRIORITY }),
    ...rules.map((rule) => newRule(CLOSED_TABLE, CHAIN, rule)),
  ]);
}

/** Also where none is closed. */
export function openAddresses(): Request[] {
  return removeTable(CLOSED_TABLE);
}

/** Refused with ENOENT when there is no table. */
export function askClosedTable(): Request {
  return askTable(CLOSED_TABLE);
}

function fromLoopback(): Expression[] {
  const name = new Uint8Array(IFNAMSIZ);
  name.set(new TextEncoder().encode("lo"));
  return [meta(META.iifname), is(name), verdict(VERDICTS.accept)];
}

function ofIcmpv6(type: number): Expression[] {
  return [
    meta(META.l4proto),
    is(Uint8Array.of(ICMPV6)),
    payload(HEADERS.transport, 0, 1),
    is(Uint8Array.of(type)),
    verdict(VERDICTS.accept),
  ];
}

function toSet(family: Family): Expression[] {
  const { key, offset } = SETS[family];
  return [
    meta(META.nfproto),
    is(Uint8Array.of(NFPROTO[family])),
    payload(HEADERS.network, offset, key.size),
    isIn(SETS[family]),
    verdict(VERDICTS.drop),
  ];
}
