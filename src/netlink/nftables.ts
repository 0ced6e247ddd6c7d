/**
 * The one nftables table we may own (linux/netfilter/nf_tables.h): what nobody but the balanced services may have.
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
 *
 * A batch is a transaction: the kernel has all of it or nothing, and packets never see half of it.
 */
import { type Family, familyOf, type IpAddress, ipBytes } from "../net/ip.ts";
import { AttributeWriter } from "./attributes.ts";
import { HostWriter } from "./host-bytes.ts";
import { changeRequest, NLM_F_APPEND, NLM_F_CREATE, type Request, silentRequest } from "./message.ts";

export const NETLINK_NETFILTER = 12;
export const NFNL_SUBSYS_NFTABLES = 10;
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;

const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_GETTABLE = 1;
const NFT_MSG_DELTABLE = 2;
const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_NEWRULE = 6;
const NFT_MSG_NEWSET = 9;
const NFT_MSG_NEWSETELEM = 12;

const NFPROTO_INET = 1;
const NF_INET_LOCAL_IN = 1;
const [NF_DROP, NF_ACCEPT] = [0, 1];
/**
 * Behind IPVS, which takes what is for a balanced service at 98 and 99, and behind source NAT (100): what comes here is
 * for this host's own programs.
 */
const PRIORITY = 110;

const TABLE = "keelson";
const CHAIN = "input";
/** Of one message: its attribute may have 64 KB. */
const ELEMENTS_PER_MESSAGE = 1_000;

/** How nft knows the elements of a set, and where a packet has one. */
const SETS = {
  [4]: { name: "v4", id: 1, type: 7, size: 4, protocol: 2, offset: 16 },
  [6]: { name: "v6", id: 2, type: 8, size: 16, protocol: 10, offset: 24 },
} as const satisfies Record<Family, object>;
type AddressSet = (typeof SETS)[Family];

const ICMPV6 = 58;
/** RFC 4861 §4.3 and §4.4: without them nobody finds the address at all. */
const NEIGHBOUR_DISCOVERY = [135, 136];

/** In one datagram: the table with just these addresses, in place of the one there may be. */
export function replaceTable(addresses: readonly IpAddress[]): Request[] {
  const elements = Object.values(SETS).flatMap((set) => [
    newSet(set),
    ...newElements(
      set,
      addresses.filter((address) => SETS[familyOf(address)] === set),
    ),
  ]);
  const rules = [fromLoopback(), ...NEIGHBOUR_DISCOVERY.map(ofIcmpv6), ...Object.values(SETS).map(toSet)];
  return batch([newTable(), deleteTable(), newTable(), ...elements, newChain(), ...rules]);
}

/** Also where there is none. */
export function removeTable(): Request[] {
  return batch([newTable(), deleteTable()]);
}

/** Refused with ENOENT when there is none. */
export function askTable(): Request {
  return request("NFT_MSG_GETTABLE", NFT_MSG_GETTABLE, 0, (body) => body.text(NFTA_TABLE_NAME, TABLE));
}

function batch(changes: readonly Request[]): Request[] {
  const frame = new HostWriter().u8(0).u8(0).u8(0).u8(NFNL_SUBSYS_NFTABLES).finish();
  return [
    silentRequest("NFNL_MSG_BATCH_BEGIN", NFNL_MSG_BATCH_BEGIN, frame),
    ...changes,
    silentRequest("NFNL_MSG_BATCH_END", NFNL_MSG_BATCH_END, frame),
  ];
}

function request(call: string, type: number, flags: number, fill: (body: AttributeWriter) => void): Request {
  const header = new HostWriter().u8(NFPROTO_INET).u8(0).u8(0).u8(0);
  const body = new AttributeWriter(header);
  fill(body);
  return changeRequest(call, NFNL_SUBSYS_NFTABLES * 0x100 + type, body.finish(), flags);
}

const NFTA_TABLE_NAME = 1;
const NFTA_TABLE_FLAGS = 2;

function newTable(): Request {
  return request("NFT_MSG_NEWTABLE", NFT_MSG_NEWTABLE, 0, (body) =>
    body.text(NFTA_TABLE_NAME, TABLE).networkU32(NFTA_TABLE_FLAGS, 0),
  );
}

function deleteTable(): Request {
  return request("NFT_MSG_DELTABLE", NFT_MSG_DELTABLE, 0, (body) => body.text(NFTA_TABLE_NAME, TABLE));
}

const NFTA_SET_TABLE = 1;
const NFTA_SET_NAME = 2;
const NFTA_SET_FLAGS = 3;
const NFTA_SET_KEY_TYPE = 4;
const NFTA_SET_KEY_LEN = 5;
const NFTA_SET_ID = 10;
const NFTA_SET_USERDATA = 13;
/** For nft's listing: the keys are in network order. */
const KEY_BYTE_ORDER = Uint8Array.of(0, 4, 2, 0, 0, 0);

function newSet({ name, id, type, size }: AddressSet): Request {
  return request("NFT_MSG_NEWSET", NFT_MSG_NEWSET, NLM_F_CREATE, (body) =>
    body
      .text(NFTA_SET_TABLE, TABLE)
      .text(NFTA_SET_NAME, name)
      .networkU32(NFTA_SET_FLAGS, 0)
      .networkU32(NFTA_SET_KEY_TYPE, type)
      .networkU32(NFTA_SET_KEY_LEN, size)
      .networkU32(NFTA_SET_ID, id)
      .bytes(NFTA_SET_USERDATA, KEY_BYTE_ORDER),
  );
}

const NFTA_SET_ELEM_LIST_TABLE = 1;
const NFTA_SET_ELEM_LIST_SET = 2;
const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
const NFTA_SET_ELEM_LIST_SET_ID = 4;
const NFTA_SET_ELEM_KEY = 1;
const NFTA_DATA_VALUE = 1;

function newElements({ name, id }: AddressSet, addresses: readonly IpAddress[]): Request[] {
  const requests: Request[] = [];
  for (let start = 0; start < addresses.length; start += ELEMENTS_PER_MESSAGE) {
    const some = addresses.slice(start, start + ELEMENTS_PER_MESSAGE);
    const add = request("NFT_MSG_NEWSETELEM", NFT_MSG_NEWSETELEM, NLM_F_CREATE, (body) =>
      body
        .text(NFTA_SET_ELEM_LIST_TABLE, TABLE)
        .text(NFTA_SET_ELEM_LIST_SET, name)
        .networkU32(NFTA_SET_ELEM_LIST_SET_ID, id)
        .nested(NFTA_SET_ELEM_LIST_ELEMENTS, (list) => {
          for (const [index, address] of some.entries())
            list.nested(index + 1, (element) =>
              element.nested(NFTA_SET_ELEM_KEY, (key) => key.bytes(NFTA_DATA_VALUE, ipBytes(address))),
            );
        }),
    );
    requests.push(add);
  }
  return requests;
}

const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_HOOK = 4;
const NFTA_CHAIN_POLICY = 5;
const NFTA_CHAIN_TYPE = 7;
const NFTA_HOOK_HOOKNUM = 1;
const NFTA_HOOK_PRIORITY = 2;

function newChain(): Request {
  return request("NFT_MSG_NEWCHAIN", NFT_MSG_NEWCHAIN, NLM_F_CREATE, (body) =>
    body
      .text(NFTA_CHAIN_TABLE, TABLE)
      .text(NFTA_CHAIN_NAME, CHAIN)
      .text(NFTA_CHAIN_TYPE, "filter")
      .networkU32(NFTA_CHAIN_POLICY, NF_ACCEPT)
      .nested(NFTA_CHAIN_HOOK, (hook) =>
        hook.networkU32(NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_IN).networkU32(NFTA_HOOK_PRIORITY, PRIORITY),
      ),
  );
}

const NFTA_RULE_TABLE = 1;
const NFTA_RULE_CHAIN = 2;
const NFTA_RULE_EXPRESSIONS = 4;
const NFTA_LIST_ELEM = 1;
const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;

type Fill = (data: AttributeWriter) => void;
/** One step of a rule: what it is called, and its attributes. */
type Expression = readonly [name: string, fill: Fill];

function newRule(...expressions: readonly Expression[]): Request {
  return request("NFT_MSG_NEWRULE", NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, (body) =>
    body
      .text(NFTA_RULE_TABLE, TABLE)
      .text(NFTA_RULE_CHAIN, CHAIN)
      .nested(NFTA_RULE_EXPRESSIONS, (list) => {
        for (const [name, fill] of expressions)
          list.nested(NFTA_LIST_ELEM, (expression) =>
            expression.text(NFTA_EXPR_NAME, name).nested(NFTA_EXPR_DATA, fill),
          );
      }),
  );
}

const NFT_META_IIFNAME = 6;
const NFT_META_NFPROTO = 15;
const NFT_META_L4PROTO = 16;
const NFT_PAYLOAD_NETWORK_HEADER = 1;
const NFT_PAYLOAD_TRANSPORT_HEADER = 2;
const IFNAMSIZ = 16;

function fromLoopback(): Request {
  const name = new Uint8Array(IFNAMSIZ);
  name.set(new TextEncoder().encode("lo"));
  return newRule(meta(NFT_META_IIFNAME), is(name), verdict(NF_ACCEPT));
}

function ofIcmpv6(type: number): Request {
  return newRule(
    meta(NFT_META_L4PROTO),
    is(Uint8Array.of(ICMPV6)),
    payload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1),
    is(Uint8Array.of(type)),
    verdict(NF_ACCEPT),
  );
}

function toSet({ name, id, protocol, offset, size }: AddressSet): Request {
  return newRule(
    meta(NFT_META_NFPROTO),
    is(Uint8Array.of(protocol)),
    payload(NFT_PAYLOAD_NETWORK_HEADER, offset, size),
    isIn(name, id),
    verdict(NF_DROP),
  );
}

/** All rules here use one register. */
const NFT_REG_1 = 1;
const NFT_REG_VERDICT = 0;
const NFT_CMP_EQ = 0;

function meta(key: number): Expression {
  const [NFTA_META_DREG, NFTA_META_KEY] = [1, 2];
  return ["meta", (data) => data.networkU32(NFTA_META_KEY, key).networkU32(NFTA_META_DREG, NFT_REG_1)];
}

function is(value: Uint8Array): Expression {
  const [NFTA_CMP_SREG, NFTA_CMP_OP, NFTA_CMP_DATA] = [1, 2, 3];
  return [
    "cmp",
    (data) =>
      data
        .networkU32(NFTA_CMP_SREG, NFT_REG_1)
        .networkU32(NFTA_CMP_OP, NFT_CMP_EQ)
        .nested(NFTA_CMP_DATA, (inside) => inside.bytes(NFTA_DATA_VALUE, value)),
  ];
}

function payload(base: number, offset: number, length: number): Expression {
  const [NFTA_PAYLOAD_DREG, NFTA_PAYLOAD_BASE, NFTA_PAYLOAD_OFFSET, NFTA_PAYLOAD_LEN] = [1, 2, 3, 4];
  return [
    "payload",
    (data) =>
      data
        .networkU32(NFTA_PAYLOAD_DREG, NFT_REG_1)
        .networkU32(NFTA_PAYLOAD_BASE, base)
        .networkU32(NFTA_PAYLOAD_OFFSET, offset)
        .networkU32(NFTA_PAYLOAD_LEN, length),
  ];
}

function isIn(set: string, id: number): Expression {
  const [NFTA_LOOKUP_SET, NFTA_LOOKUP_SREG, NFTA_LOOKUP_SET_ID] = [1, 2, 4];
  return [
    "lookup",
    (data) =>
      data
        .networkU32(NFTA_LOOKUP_SREG, NFT_REG_1)
        .text(NFTA_LOOKUP_SET, set)
        .networkU32(NFTA_LOOKUP_SET_ID, id),
  ];
}

function verdict(code: number): Expression {
  const [NFTA_IMMEDIATE_DREG, NFTA_IMMEDIATE_DATA] = [1, 2];
  const [NFTA_DATA_VERDICT, NFTA_VERDICT_CODE] = [2, 1];
  return [
    "immediate",
    (data) =>
      data
        .networkU32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT)
        .nested(NFTA_IMMEDIATE_DATA, (inside) =>
          inside.nested(NFTA_DATA_VERDICT, (chosen) => chosen.networkU32(NFTA_VERDICT_CODE, code)),
        ),
  ];
}
