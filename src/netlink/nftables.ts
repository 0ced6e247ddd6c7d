/**
 * nftables (linux/netfilter/nf_tables.h): tables of the family inet, and what they are made of.
 *
 * A batch is a transaction: the kernel has all of it or nothing, and packets never see half of it. Sets that are made
 * and used in one batch are named by an id, too, which no listing has.
 */
import { AttributeWriter } from "./attributes.ts";
import { HostWriter } from "./host-bytes.ts";
import {
  changeRequest,
  dumpRequest,
  NLM_F_APPEND,
  NLM_F_CREATE,
  type Request,
  silentRequest,
} from "./message.ts";

export const NETLINK_NETFILTER = 12;
export const NFNL_SUBSYS_NFTABLES = 10;
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;

const MESSAGES = {
  NFT_MSG_NEWTABLE: 0,
  NFT_MSG_GETTABLE: 1,
  NFT_MSG_DELTABLE: 2,
  NFT_MSG_NEWCHAIN: 3,
  NFT_MSG_GETCHAIN: 4,
  NFT_MSG_NEWRULE: 6,
  NFT_MSG_GETRULE: 7,
  NFT_MSG_NEWSET: 9,
  NFT_MSG_GETSET: 10,
  NFT_MSG_NEWSETELEM: 12,
  NFT_MSG_GETSETELEM: 13,
  NFT_MSG_DELSETELEM: 14,
} as const;
type MessageName = keyof typeof MESSAGES;

export const NFPROTO_INET = 1;
/** The fixed fields before the attributes: family, version and resource. */
export const NFGENMSG_SIZE = 4;

type Fill = (data: AttributeWriter) => void;

/** All of them or none, in one datagram. */
export function batch(changes: readonly Request[]): Request[] {
  const frame = new HostWriter().u8(0).u8(0).u8(0).u8(NFNL_SUBSYS_NFTABLES).finish();
  return [
    silentRequest("NFNL_MSG_BATCH_BEGIN", NFNL_MSG_BATCH_BEGIN, frame),
    ...changes,
    silentRequest("NFNL_MSG_BATCH_END", NFNL_MSG_BATCH_END, frame),
  ];
}

function request(call: MessageName, flags: number, fill: Fill): Request {
  return changeRequest(call, typeOf(call), bodyOf(fill), flags);
}

function listing(call: MessageName, fill: Fill): Request {
  return dumpRequest(call, typeOf(call), bodyOf(fill));
}

function typeOf(call: MessageName): number {
  return NFNL_SUBSYS_NFTABLES * 0x100 + MESSAGES[call];
}

function bodyOf(fill: Fill): Uint8Array {
  const body = new AttributeWriter(new HostWriter().u8(NFPROTO_INET).u8(0).u8(0).u8(0));
  fill(body);
  return body.finish();
}

const NFTA_TABLE_NAME = 1;
const NFTA_TABLE_FLAGS = 2;

export function newTable(table: string): Request {
  return request("NFT_MSG_NEWTABLE", 0, (body) =>
    body.text(NFTA_TABLE_NAME, table).networkU32(NFTA_TABLE_FLAGS, 0),
  );
}

function deleteTable(table: string): Request {
  return request("NFT_MSG_DELTABLE", 0, (body) => body.text(NFTA_TABLE_NAME, table));
}

/** With just this in it, in place of the one there may be. */
export function replaceTable(table: string, content: readonly Request[]): Request[] {
  return batch([newTable(table), deleteTable(table), newTable(table), ...content]);
}

/** Also where there is none. */
export function removeTable(table: string): Request[] {
  return batch([newTable(table), deleteTable(table)]);
}

/** Refused with ENOENT when there is none. */
export function askTable(table: string): Request {
  return request("NFT_MSG_GETTABLE", 0, (body) => body.text(NFTA_TABLE_NAME, table));
}

/** A base chain of type filter that lets through what no rule stops. */
export interface Chain {
  readonly name: string;
  /** NF_INET_… */
  readonly hook: number;
  /** The lower, the earlier. */
  readonly priority: number;
}

/** NF_INET_… */
export const HOOKS = { prerouting: 0, input: 1, output: 3 } as const;

const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_HOOK = 4;
const NFTA_CHAIN_POLICY = 5;
const NFTA_CHAIN_TYPE = 7;
const NFTA_HOOK_HOOKNUM = 1;
const NFTA_HOOK_PRIORITY = 2;
const UINT32 = 2 ** 32;

export function newChain(table: string, { name, hook, priority }: Chain): Request {
  return request("NFT_MSG_NEWCHAIN", NLM_F_CREATE, (body) =>
    body
      .text(NFTA_CHAIN_TABLE, table)
      .text(NFTA_CHAIN_NAME, name)
      .text(NFTA_CHAIN_TYPE, "filter")
      .networkU32(NFTA_CHAIN_POLICY, NF_ACCEPT)
      .nested(NFTA_CHAIN_HOOK, (place) =>
        place
          .networkU32(NFTA_HOOK_HOOKNUM, hook)
          .networkU32(NFTA_HOOK_PRIORITY, (priority + UINT32) % UINT32),
      ),
  );
}

/** Refused with ENOENT when there is none. */
export function askChain(table: string, name: string): Request {
  return request("NFT_MSG_GETCHAIN", 0, (body) => {
    body.text(NFTA_CHAIN_TABLE, table).text(NFTA_CHAIN_NAME, name);
  });
}

/** A set, or a map of keys to data. */
export interface SetTraits {
  readonly name: string;
  /** In its batch; none where it is compared with a listing. */
  readonly id?: number;
  /** NFT_SET_… */
  readonly flags?: number;
  /** nft's number for the type, and bytes. */
  readonly key: { readonly type: number; readonly size: number };
  readonly data?: { readonly type: number; readonly size: number };
  /** Bytes of each part of a key that has several. */
  readonly parts?: readonly number[];
  /** What nft keeps there for its listings. */
  readonly userdata: Uint8Array;
}

const NFTA_SET_TABLE = 1;
const NFTA_SET_NAME = 2;
const NFTA_SET_FLAGS = 3;
const NFTA_SET_KEY_TYPE = 4;
const NFTA_SET_KEY_LEN = 5;
const NFTA_SET_DATA_TYPE = 6;
const NFTA_SET_DATA_LEN = 7;
const NFTA_SET_DESC = 9;
const NFTA_SET_ID = 10;
const NFTA_SET_USERDATA = 13;
const NFTA_SET_DESC_CONCAT = 2;
const NFTA_SET_FIELD_LEN = 1;

export function newSet(table: string, set: SetTraits): Request {
  const { name, id, flags = 0, key, data, parts, userdata } = set;
  return request("NFT_MSG_NEWSET", NLM_F_CREATE, (body) => {
    body
      .text(NFTA_SET_TABLE, table)
      .text(NFTA_SET_NAME, name)
      .networkU32(NFTA_SET_FLAGS, flags)
      .networkU32(NFTA_SET_KEY_TYPE, key.type)
      .networkU32(NFTA_SET_KEY_LEN, key.size);
    if (data !== undefined)
      body.networkU32(NFTA_SET_DATA_TYPE, data.type).networkU32(NFTA_SET_DATA_LEN, data.size);
    if (id !== undefined) body.networkU32(NFTA_SET_ID, id);
    if (parts !== undefined) body.nested(NFTA_SET_DESC, (desc) => describeParts(desc, parts));
    body.bytes(NFTA_SET_USERDATA, userdata);
  });
}

function describeParts(desc: AttributeWriter, parts: readonly number[]): void {
  desc.nested(NFTA_SET_DESC_CONCAT, (list) => {
    for (const size of parts)
      list.nested(NFTA_LIST_ELEM, (part) => part.networkU32(NFTA_SET_FIELD_LEN, size));
  });
}

/** All sets of a table. */
export function listSets(table: string): Request {
  return listing("NFT_MSG_GETSET", (body) => body.text(NFTA_SET_TABLE, table));
}

export interface SetElement {
  readonly key: Uint8Array;
  /** Of an interval of keys, in every part of it: the last one. */
  readonly keyEnd?: Uint8Array;
  readonly data?: Uint8Array;
}

const NFTA_SET_ELEM_LIST_TABLE = 1;
const NFTA_SET_ELEM_LIST_SET = 2;
export const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
const NFTA_SET_ELEM_LIST_SET_ID = 4;
export const NFTA_SET_ELEM_KEY = 1;
export const NFTA_SET_ELEM_DATA = 2;
export const NFTA_SET_ELEM_KEY_END = 10;
export const NFTA_DATA_VALUE = 1;
/** Of one message: its attribute has a length of 16 bits. */
const ELEMENTS_PER_MESSAGE = 500;

export function newElements(table: string, set: SetTraits, elements: readonly SetElement[]): Request[] {
  return inMessages(elements, (some) =>
    request("NFT_MSG_NEWSETELEM", NLM_F_CREATE, (body) => writeElements(body, table, set, some)),
  );
}

/** By their keys. */
export function deleteElements(
  table: string,
  { name }: SetTraits,
  elements: readonly SetElement[],
): Request[] {
  const keys = elements.map(({ data: _, ...key }) => key);
  return inMessages(keys, (some) =>
    request("NFT_MSG_DELSETELEM", 0, (body) => writeElements(body, table, { name }, some)),
  );
}

/** All elements of a set. */
export function listElements(table: string, set: SetTraits): Request {
  return listing("NFT_MSG_GETSETELEM", (body) => {
    body.text(NFTA_SET_ELEM_LIST_TABLE, table).text(NFTA_SET_ELEM_LIST_SET, set.name);
  });
}

function inMessages(
  elements: readonly SetElement[],
  message: (some: readonly SetElement[]) => Request,
): Request[] {
  const requests: Request[] = [];
  for (let start = 0; start < elements.length; start += ELEMENTS_PER_MESSAGE)
    requests.push(message(elements.slice(start, start + ELEMENTS_PER_MESSAGE)));
  return requests;
}

function writeElements(
  body: AttributeWriter,
  table: string,
  { name, id }: Pick<SetTraits, "name" | "id">,
  elements: readonly SetElement[],
): void {
  body.text(NFTA_SET_ELEM_LIST_TABLE, table).text(NFTA_SET_ELEM_LIST_SET, name);
  if (id !== undefined) body.networkU32(NFTA_SET_ELEM_LIST_SET_ID, id);
  body.nested(NFTA_SET_ELEM_LIST_ELEMENTS, (list) => {
    for (const [index, { key, keyEnd, data }] of elements.entries())
      list.nested(index + 1, (element) => {
        element.nested(NFTA_SET_ELEM_KEY, (inside) => inside.bytes(NFTA_DATA_VALUE, key));
        if (keyEnd !== undefined)
          element.nested(NFTA_SET_ELEM_KEY_END, (inside) => inside.bytes(NFTA_DATA_VALUE, keyEnd));
        if (data !== undefined)
          element.nested(NFTA_SET_ELEM_DATA, (inside) => inside.bytes(NFTA_DATA_VALUE, data));
      });
  });
}

const NFTA_RULE_TABLE = 1;
const NFTA_RULE_CHAIN = 2;
const NFTA_RULE_EXPRESSIONS = 4;
const NFTA_LIST_ELEM = 1;
const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;

/** One step of a rule: what it is called, and its attributes. */
export type Expression = readonly [name: string, fill: Fill];

export function newRule(table: string, chain: string, expressions: readonly Expression[]): Request {
  return request("NFT_MSG_NEWRULE", NLM_F_CREATE | NLM_F_APPEND, (body) =>
    body
      .text(NFTA_RULE_TABLE, table)
      .text(NFTA_RULE_CHAIN, chain)
      .nested(NFTA_RULE_EXPRESSIONS, (list) => {
        for (const [name, fill] of expressions)
          list.nested(NFTA_LIST_ELEM, (expression) =>
            expression.text(NFTA_EXPR_NAME, name).nested(NFTA_EXPR_DATA, fill),
          );
      }),
  );
}

/** All rules of a table, chain by chain. */
export function listRules(table: string): Request {
  return listing("NFT_MSG_GETRULE", (body) => body.text(NFTA_RULE_TABLE, table));
}

const NF_ACCEPT = 1;
