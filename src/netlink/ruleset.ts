/**
 * The nftables rules of this host, whoever made them (linux/netfilter/nf_tables.h): also those of iptables, where that
 * is a face of nftables. Read only; what we write ourselves is in nftables.ts.
 *
 * A rule is a small program over registers. What there is no word for here is carried by its name.
 */
import { Attributes, AttributeWriter } from "./attributes.ts";
import { HostReader, HostWriter } from "./host-bytes.ts";
import { dumpRequest, type Message, type Request } from "./message.ts";
import { NFNL_SUBSYS_NFTABLES } from "./nftables.ts";

const NFT_MSG_GETCHAIN = 4;
const NFT_MSG_GETRULE = 7;
const NFT_MSG_GETSETELEM = 13;
const NFPROTO_UNSPEC = 0;

/** NFPROTO_, as nft calls them. */
const FAMILIES = { 1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6" } as const;
type TableFamily = (typeof FAMILIES)[keyof typeof FAMILIES];

interface InTable {
  readonly family: TableFamily;
  readonly table: string;
}

export interface Chain extends InTable {
  readonly name: string;
  /** Absent: other chains jump to it. `hook` is NF_INET_, NF_ARP_ or NF_NETDEV_ by the family. */
  readonly base?: {
    readonly hook: number;
    /** Chains of a hook are met by ascending priority. */
    readonly priority: number;
    readonly policy: "accept" | "drop";
    readonly devices: readonly string[];
  };
}

export interface Rule extends InTable {
  readonly chain: string;
  readonly steps: readonly Step[];
}

export type Verdict =
  | { readonly kind: "accept" | "drop" | "continue" | "return" }
  | { readonly kind: "jump" | "goto"; readonly chain: string };

/** Registers by their first byte: there are 80 of them. Numbers below are those of the kernel. */
export type Step =
  | { readonly kind: "meta"; readonly key: number; readonly to: number }
  | { readonly kind: "ct"; readonly key: number; readonly to: number }
  | {
      readonly kind: "payload";
      readonly base: number;
      readonly offset: number;
      readonly length: number;
      readonly to: number;
    }
  | { readonly kind: "value"; readonly value: Uint8Array; readonly to: number }
  | { readonly kind: "compare"; readonly from: number; readonly operator: number; readonly value: Uint8Array }
  | {
      readonly kind: "range";
      readonly from: number;
      readonly negated: boolean;
      readonly low: Uint8Array;
      readonly high: Uint8Array;
    }
  | {
      readonly kind: "mask";
      readonly from: number;
      readonly to: number;
      readonly mask: Uint8Array;
      readonly xor: Uint8Array;
    }
  | {
      readonly kind: "swap";
      readonly from: number;
      readonly to: number;
      readonly length: number;
      readonly size: number;
    }
  | {
      readonly kind: "lookup";
      readonly from: number;
      readonly set: string;
      readonly negated: boolean;
      /** A map of verdicts is asked. */
      readonly verdicts: boolean;
      /** A map of values is asked. */
      readonly to: number | undefined;
    }
  | { readonly kind: "verdict"; readonly verdict: Verdict }
  /** It neither asks nor decides anything. */
  | { readonly kind: "nothing" }
  | { readonly kind: "unknown"; readonly name: string };

export interface SetElement {
  readonly key: Uint8Array;
  /** In a set of intervals: what is not in the set begins here. */
  readonly ends: boolean;
  /** A range, where the key has several fields. */
  readonly to: Uint8Array | undefined;
  readonly verdict: Verdict | undefined;
}

/** What there is in one set, in no order. */
export interface RuleSet extends InTable {
  readonly name: string;
  readonly elements: readonly SetElement[];
}

export function listChains(): Request {
  return request("NFT_MSG_GETCHAIN", NFT_MSG_GETCHAIN, NFPROTO_UNSPEC);
}

/** In their order. */
export function listRules(): Request {
  return request("NFT_MSG_GETRULE", NFT_MSG_GETRULE, NFPROTO_UNSPEC);
}

export function listElements({ family, table }: InTable, set: string): Request {
  const number = Number(Object.entries(FAMILIES).find(([, name]) => name === family)?.[0] ?? NFPROTO_UNSPEC);
  return request("NFT_MSG_GETSETELEM", NFT_MSG_GETSETELEM, number, [
    [NFTA_SET_ELEM_LIST_TABLE, table],
    [NFTA_SET_ELEM_LIST_SET, set],
  ]);
}

function request(
  call: string,
  type: number,
  family: number,
  names: readonly (readonly [attribute: number, text: string])[] = [],
): Request {
  const body = new AttributeWriter(new HostWriter().u8(family).u8(0).u8(0).u8(0));
  for (const [attribute, text] of names) body.text(attribute, text);
  return dumpRequest(call, NFNL_SUBSYS_NFTABLES * 0x100 + type, body.finish());
}

const [NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME, NFTA_CHAIN_HOOK, NFTA_CHAIN_POLICY] = [1, 3, 4, 5];
const [NFTA_HOOK_HOOKNUM, NFTA_HOOK_PRIORITY, NFTA_HOOK_DEV, NFTA_HOOK_DEVS] = [1, 2, 3, 4];
const [NFTA_RULE_TABLE, NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS] = [1, 2, 4];
const [NFTA_EXPR_NAME, NFTA_EXPR_DATA] = [1, 2];
const [NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET, NFTA_SET_ELEM_LIST_ELEMENTS] = [1, 2, 3];
const [NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_DATA, NFTA_SET_ELEM_FLAGS, NFTA_SET_ELEM_KEY_END] = [1, 2, 3, 10];
const NFT_SET_ELEM_INTERVAL_END = 1;
const [NFTA_DATA_VALUE, NFTA_DATA_VERDICT] = [1, 2];
const [NFTA_VERDICT_CODE, NFTA_VERDICT_CHAIN] = [1, 2];
const NF_DROP = 0;

/** `undefined` for what is none; so do its siblings. */
export function decodeChain({ body }: Message): Chain | undefined {
  const { family, attributes } = opened(body);
  const [table, name] = [attributes.text(NFTA_CHAIN_TABLE), attributes.text(NFTA_CHAIN_NAME)];
  const hook = attributes.nested(NFTA_CHAIN_HOOK);
  const number = hook?.networkU32(NFTA_HOOK_HOOKNUM);
  const priority = (hook?.networkU32(NFTA_HOOK_PRIORITY) ?? 0) | 0;
  const policy = attributes.networkU32(NFTA_CHAIN_POLICY) === NF_DROP ? "drop" : "accept";
  const device = hook?.text(NFTA_HOOK_DEV);
  const devices = [...(device === undefined ? [] : [device]), ...(hook?.texts(NFTA_HOOK_DEVS) ?? [])];
  if (family === undefined || table === undefined || name === undefined) return undefined;
  if (attributes.error !== undefined) return undefined;
  return {
    family,
    table,
    name,
    ...(number === undefined ? {} : { base: { hook: number, priority, policy, devices } }),
  };
}

export function decodeRule({ body }: Message): Rule | undefined {
  const { family, attributes } = opened(body);
  const [table, chain] = [attributes.text(NFTA_RULE_TABLE), attributes.text(NFTA_RULE_CHAIN)];
  const steps = attributes.list(NFTA_RULE_EXPRESSIONS).map(stepIn);
  if (family === undefined || table === undefined || chain === undefined) return undefined;
  return attributes.error === undefined ? { family, table, chain, steps } : undefined;
}

/** One message of several, where the set is long. */
export function decodeElements({ body }: Message): RuleSet | undefined {
  const { family, attributes } = opened(body);
  const table = attributes.text(NFTA_SET_ELEM_LIST_TABLE);
  const name = attributes.text(NFTA_SET_ELEM_LIST_SET);
  const elements = attributes.list(NFTA_SET_ELEM_LIST_ELEMENTS).map((one): SetElement => {
    const flags = one.networkU32(NFTA_SET_ELEM_FLAGS) ?? 0;
    return {
      key: valueIn(one, NFTA_SET_ELEM_KEY) ?? NONE,
      ends: (flags & NFT_SET_ELEM_INTERVAL_END) !== 0,
      to: valueIn(one, NFTA_SET_ELEM_KEY_END),
      verdict: verdictIn(one, NFTA_SET_ELEM_DATA),
    };
  });
  if (family === undefined || table === undefined || name === undefined) return undefined;
  return attributes.error === undefined ? { family, table, name, elements } : undefined;
}

const NONE = new Uint8Array();

/** Behind `struct nfgenmsg`. */
function opened(body: Uint8Array): { family: TableFamily | undefined; attributes: Attributes } {
  const reader = new HostReader(body);
  const number = reader.u8();
  reader.skip(3);
  const families: Readonly<Record<number, TableFamily>> = FAMILIES;
  return { family: families[number], attributes: new Attributes(reader.rest()) };
}

function stepIn(expression: Attributes): Step {
  const name = expression.text(NFTA_EXPR_NAME) ?? "";
  const data = expression.nested(NFTA_EXPR_DATA) ?? new Attributes(NONE);
  return DECODERS[name]?.(data) ?? { kind: "unknown", name };
}

const NOTHING: Step = { kind: "nothing" };
const DROP: Step = { kind: "verdict", verdict: { kind: "drop" } };
const ACCEPT: Step = { kind: "verdict", verdict: { kind: "accept" } };

/** Attributes by their numbers: NFTA_META_, NFTA_CT_, … */
const DECODERS: Readonly<Record<string, (data: Attributes) => Step | undefined>> = {
  // One that writes has no destination.
  meta: (data) => loaded(data, 1, (to) => ({ kind: "meta", key: data.networkU32(2) ?? 0, to })),
  ct: (data) => loaded(data, 1, (to) => ({ kind: "ct", key: data.networkU32(2) ?? 0, to })),
  payload: (data) =>
    loaded(data, 1, (to) => {
      const [base = 0, offset = 0, length = 0] = [2, 3, 4].map((type) => data.networkU32(type));
      return { kind: "payload", base, offset, length, to };
    }),
  cmp: (data) => {
    const [from, operator, value] = [register(data, 1), data.networkU32(2) ?? 0, valueIn(data, 3) ?? NONE];
    return from === undefined ? undefined : { kind: "compare", from, operator, value };
  },
  range: (data) => {
    const [from, low, high] = [register(data, 1), valueIn(data, 3), valueIn(data, 4)];
    if (from === undefined || low === undefined || high === undefined) return undefined;
    return { kind: "range", from, negated: data.networkU32(2) === 1, low, high };
  },
  bitwise: (data) => {
    const [from, to, mask, xor] = [register(data, 1), register(data, 2), valueIn(data, 4), valueIn(data, 5)];
    if (from === undefined || to === undefined || mask === undefined || xor === undefined) return undefined;
    return { kind: "mask", from, to, mask, xor };
  },
  byteorder: (data) => {
    const [from, to] = [register(data, 1), register(data, 2)];
    const [length = 0, size = 0] = [4, 5].map((type) => data.networkU32(type));
    return from === undefined || to === undefined ? undefined : { kind: "swap", from, to, length, size };
  },
  lookup: (data) => {
    const [set, from, dreg] = [data.text(1), register(data, 2), data.networkU32(3)];
    if (set === undefined || from === undefined) return undefined;
    const negated = ((data.networkU32(5) ?? 0) & 1) !== 0;
    return {
      kind: "lookup",
      from,
      set,
      negated,
      verdicts: dreg === 0,
      to: dreg === 0 ? undefined : register(data, 3),
    };
  },
  immediate: (data) => {
    const [verdict, value, to] = [verdictIn(data, 2), valueIn(data, 2), register(data, 1)];
    if (verdict !== undefined) return { kind: "verdict", verdict };
    return value === undefined || to === undefined ? undefined : { kind: "value", value, to };
  },
  counter: () => NOTHING,
  log: () => NOTHING,
  notrack: () => NOTHING,
  reject: () => DROP,
  // What these let through goes on.
  ...Object.fromEntries(["nat", "masq", "redir", "tproxy", "queue"].map((name) => [name, () => ACCEPT])),
  // Of iptables, without a word of its own in nftables.
  target: (data) => (data.text(1) === "REJECT" ? DROP : NOTHING),
  match: (data) => (data.text(1) === "comment" ? NOTHING : undefined),
};

function loaded(data: Attributes, type: number, load: (to: number) => Step): Step {
  const to = register(data, type);
  return to === undefined ? NOTHING : load(to);
}

const REGISTER_SIZE = 16;
const FIRST_SHORT_REGISTER = 8;
const SHORT_REGISTER_SIZE = 4;

/** NFT_REG_1 … 4 and NFT_REG32_00 … 15 lie on top of each other, behind that of the verdict. */
function register(data: Attributes, type: number): number | undefined {
  const number = data.networkU32(type);
  if (number === undefined) return undefined;
  if (number < FIRST_SHORT_REGISTER) return number * REGISTER_SIZE;
  return REGISTER_SIZE + (number - FIRST_SHORT_REGISTER) * SHORT_REGISTER_SIZE;
}

function valueIn(data: Attributes, type: number): Uint8Array | undefined {
  return data.nested(type)?.bytes(NFTA_DATA_VALUE);
}

function verdictIn(data: Attributes, type: number): Verdict | undefined {
  const verdict = data.nested(type)?.nested(NFTA_DATA_VERDICT);
  const code = verdict?.networkU32(NFTA_VERDICT_CODE);
  if (verdict === undefined || code === undefined) return undefined;
  const chain = verdict.text(NFTA_VERDICT_CHAIN) ?? "";
  switch (code | 0) {
    case NF_DROP:
      return { kind: "drop" };
    case -1: // NFT_CONTINUE
    case -2: // NFT_BREAK
      return { kind: "continue" };
    case -3: // NFT_JUMP
      return { kind: "jump", chain };
    case -4: // NFT_GOTO
      return { kind: "goto", chain };
    case -5: // NFT_RETURN
      return { kind: "return" };
    default: // NF_ACCEPT, NF_QUEUE
      return { kind: "accept" };
  }
}
