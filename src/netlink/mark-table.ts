/**
 * The nftables table that gives packets the marks of firewall-mark services.
 *
 *     table inet keelson-marks {
 *       map v4 { type ipv4_addr . inet_proto . inet_service : mark; flags interval; elements = { … } }
 *       map v6 { type ipv6_addr . inet_proto . inet_service : mark; flags interval; elements = { … } }
 *       chain prerouting {
 *         type filter hook prerouting priority mangle; policy accept;
 *         meta mark set ip daddr . meta l4proto . th dport map @v4
 *         meta mark set ip6 daddr . meta l4proto . th dport map @v6
 *       }
 *       chain output { type filter hook output priority mangle; … the same }
 *     }
 *
 * Where there are rules for an interface alone there are two more maps, v4-by and v6-by, whose keys end with `. ifname`; prerouting
 * looks there, too, behind the others: what is said of an interface counts.
 *
 * One look-up for each packet, however many rules there are: a rule is an element of a map, and is made and removed
 * without the others. Both chains are before IPVS, which looks at local input and, for clients on this host, at local
 * output from −99 on.
 */
import { type Family, familyOf, IP4_SIZE, IP6_SIZE } from "../net/ip.ts";
import { Attributes } from "./attributes.ts";
import { covers } from "./coverage.ts";
import {
  decodeMarkRule,
  encodeMarkRule,
  KEY_PARTS,
  keySize,
  MARK_SIZE,
  type MarkRule,
  markRuleText,
} from "./mark-rule.ts";
import type { Message, Request } from "./message.ts";
import { byteOrder, fromMap, HEADERS, is, META, meta, NFPROTO, payload, setMeta } from "./nft-expressions.ts";
import {
  askChain,
  askTable,
  batch,
  type Chain,
  deleteElements,
  type Expression,
  HOOKS,
  listElements,
  listRules,
  listSets,
  NFGENMSG_SIZE,
  NFTA_SET_ELEM_LIST_ELEMENTS,
  newChain,
  newElements,
  newRule,
  newSet,
  newTable,
  removeTable,
  replaceTable,
  type SetElement,
  type SetTraits,
} from "./nftables.ts";

export const MARK_TABLE = "keelson-marks";

const MANGLE = -150;
const CHAINS: readonly Chain[] = [
  { name: "prerouting", hook: HOOKS.prerouting, priority: MANGLE },
  { name: "output", hook: HOOKS.output, priority: MANGLE },
];

/** NFT_SET_INTERVAL, NFT_SET_MAP and NFT_SET_CONCAT. */
const MAP_FLAGS = 0x04 | 0x08 | 0x80;
/** As nft numbers them; a key of several parts has six bits for each. */
const NFT_TYPES = { address: { 4: 7, 6: 8 }, protocol: 12, port: 13, mark: 19, interface: 41 } as const;
const BITS_OF_A_PART = 6;
/** For nft's listing: what is in whose byte order, and the types of the parts of the key. */
const USERDATA = Uint8Array.from([
  ...[0, 4, 0, 0, 0, 0, 1, 4, 1, 0, 0, 0],
  ...[3, 8, 0, 4, 13, 0, 0, 0, 1, 0, 6, 4, 0, 0, 0, 0],
]);

interface MarkMap extends SetTraits {
  readonly family: Family;
  readonly addressSize: number;
  /** Its keys have the interface that packets come in by. */
  readonly byInterface: boolean;
}

const MAPS: readonly MarkMap[] = [
  markMap(4, IP4_SIZE, false, 1),
  markMap(6, IP6_SIZE, false, 2),
  markMap(4, IP4_SIZE, true, 3),
  markMap(6, IP6_SIZE, true, 4),
];

function markMap(family: Family, addressSize: number, byInterface: boolean, id: number): MarkMap {
  const { address, protocol, port, interface: name } = NFT_TYPES;
  const types = [address[family], protocol, port, ...(byInterface ? [name] : [])];
  const sizes = [addressSize, KEY_PARTS.protocol, KEY_PARTS.port];
  return {
    family,
    addressSize,
    byInterface,
    name: `v${family}${byInterface ? "-by" : ""}`,
    id,
    flags: MAP_FLAGS,
    key: {
      type: types.reduce<number>((all, type) => (all << BITS_OF_A_PART) | type, 0),
      size: keySize(addressSize, byInterface),
    },
    data: { type: NFT_TYPES.mark, size: MARK_SIZE },
    parts: byInterface ? [...sizes, KEY_PARTS.interface] : sizes,
    userdata: USERDATA,
  };
}

/** Those of interfaces only where there are such rules: each is a look-up for each packet. */
function mapsFor(rules: readonly MarkRule[]): MarkMap[] {
  const some = rules.some((rule) => rule.interface !== undefined);
  return MAPS.filter(({ byInterface }) => some || !byInterface);
}

/** Where a packet has the address and the port, and the registers for the parts of the key, one behind the other. */
const PLACES = {
  4: { address: 16, protocolRegister: 9, portRegister: 10, interfaceRegister: 11 },
  6: { address: 24, protocolRegister: 2, portRegister: 13, interfaceRegister: 14 },
} as const;
const PORT_OFFSET = 2;

function lookUp(map: MarkMap): Expression[] {
  const { address, protocolRegister, portRegister, interfaceRegister } = PLACES[map.family];
  return [
    meta(META.nfproto),
    is(Uint8Array.of(NFPROTO[map.family])),
    payload(HEADERS.network, address, map.addressSize),
    meta(META.l4proto, protocolRegister),
    // Of one byte it changes nothing. nft writes it, and its listing looks for it.
    byteOrder(KEY_PARTS.protocol, 2, protocolRegister),
    payload(HEADERS.transport, PORT_OFFSET, KEY_PARTS.port, portRegister),
    ...(map.byInterface ? [meta(META.iifname, interfaceRegister)] : []),
    fromMap(map),
    setMeta(META.mark),
  ];
}

function chains(): Request[] {
  return CHAINS.map((chain) => newChain(MARK_TABLE, chain));
}

/** What a program of this host sends came in by no interface. */
function lookUps(maps: readonly MarkMap[]): Request[] {
  return CHAINS.flatMap(({ name, hook }) =>
    maps
      .filter(({ byInterface }) => !byInterface || hook === HOOKS.prerouting)
      .map((map) => newRule(MARK_TABLE, name, lookUp(map))),
  );
}

/** In one datagram: the table with just these, in place of the one there may be. */
function replaceMarks(rules: readonly MarkRule[]): Request[] {
  const maps = mapsFor(rules);
  const filled = maps.flatMap((map) => [
    newSet(MARK_TABLE, map),
    ...newElements(MARK_TABLE, map, elementsOf(rules, map)),
  ]);
  return replaceTable(MARK_TABLE, [...chains(), ...filled, ...lookUps(maps)]);
}

/** Also where there is none. */
export function removeMarks(): Request[] {
  return removeTable(MARK_TABLE);
}

function elementsOf(rules: readonly MarkRule[], { family, byInterface }: MarkMap): SetElement[] {
  return rules
    .filter((rule) => familyOf(rule.first) === family && (rule.interface !== undefined) === byInterface)
    .map(encodeMarkRule);
}

/** How the kernel is asked for a `MarkListing`. */
export const MARK_QUESTIONS = {
  /** One answer each, refused with ENOENT where there is nothing. */
  parts: [askTable(MARK_TABLE), ...CHAINS.map(({ name }) => askChain(MARK_TABLE, name))],
  lists: [listSets(MARK_TABLE), listRules(MARK_TABLE)],
  elements: MAPS.map((map) => listElements(MARK_TABLE, map)),
} as const;

/** Our table, as the kernel lists it. */
export interface MarkListing {
  /** The table, its chains, maps and rules, in this order. */
  readonly frame: readonly Message[];
  readonly elements: readonly Message[];
}

interface MarkChanges {
  /** One transaction; none when all is as wanted. */
  readonly requests: readonly Request[];
  /** For people. None with requests: what is around the rules was changed. */
  readonly changes: readonly string[];
}

/** From what is there to these rules; only what differs is written, unless that is more than all of it. */
export function markChanges(listing: MarkListing | undefined, rules: readonly MarkRule[]): MarkChanges {
  const there = listing === undefined ? [] : rulesIn(listing);
  const seen = new Map((there ?? []).map((rule) => [markRuleText(rule), rule]));
  const wanted = new Map(rules.map((rule) => [markRuleText(rule), rule]));
  const added = without(wanted, seen);
  const removed = without(seen, wanted);
  const changes = [
    ...removed.map((rule) => `${markRuleText(rule)} removed`),
    ...added.map((rule) => `${markRuleText(rule)} added`),
  ];
  const isOurs = listing !== undefined && there !== undefined && isFrameOurs(listing, mapsFor(rules));
  if (!isOurs || changes.length > rules.length) return { requests: replaceMarks(rules), changes };
  if (changes.length === 0) return { requests: [], changes };
  const steps = MAPS.flatMap((map) => [
    ...deleteElements(MARK_TABLE, map, elementsOf(removed, map)),
    ...newElements(MARK_TABLE, map, elementsOf(added, map)),
  ]);
  return { requests: batch(steps), changes };
}

function without(rules: ReadonlyMap<string, MarkRule>, others: ReadonlyMap<string, MarkRule>): MarkRule[] {
  return Array.from(rules).flatMap(([text, rule]) => (others.has(text) ? [] : [rule]));
}

/** No listing has the ids of a batch. */
function isFrameOurs({ frame }: MarkListing, wanted: readonly MarkMap[]): boolean {
  const maps = wanted.map(({ id, ...map }) => map);
  const sets = maps.map((map) => newSet(MARK_TABLE, map));
  const written = [newTable(MARK_TABLE), ...chains(), ...sets, ...lookUps(maps)];
  return (
    frame.length === written.length &&
    frame.every(({ type, body }, index) => {
      const own = written[index];
      return own?.type === type && covers(body.subarray(NFGENMSG_SIZE), own.body.subarray(NFGENMSG_SIZE));
    })
  );
}

/** `undefined` when one of them is none that we write. */
function rulesIn({ elements }: MarkListing): MarkRule[] | undefined {
  const rules: MarkRule[] = [];
  for (const { body } of elements) {
    const attributes = new Attributes(body.subarray(NFGENMSG_SIZE));
    for (const element of attributes.list(NFTA_SET_ELEM_LIST_ELEMENTS)) {
      const rule = decodeMarkRule(element);
      if (rule === undefined) return undefined;
      rules.push(rule);
    }
    if (attributes.error !== undefined) return undefined;
  }
  return rules;
}
