/** The steps of nftables rules (linux/netfilter/nf_tables.h). Without another one they work on the register NFT_REG_1. */
import { type Expression, NFTA_DATA_VALUE, type SetTraits } from "./nftables.ts";

/** Sixteen bytes wide, like the next three. */
const NFT_REG_1 = 1;
const NFT_REG_VERDICT = 0;
const NFT_CMP_EQ = 0;

export const VERDICTS = { drop: 0, accept: 1 } as const;

/** NFT_META_… */
export const META = { mark: 3, iifname: 6, nfproto: 15, l4proto: 16 } as const;

/** NFT_PAYLOAD_…_HEADER */
export const HEADERS = { network: 1, transport: 2 } as const;

/** What nfproto may be: NFPROTO_… */
export const NFPROTO = { 4: 2, 6: 10 } as const;

const NFTA_META_DREG = 1;
const NFTA_META_KEY = 2;
const NFTA_META_SREG = 3;

export function meta(key: number, register = NFT_REG_1): Expression {
  return ["meta", (data) => data.networkU32(NFTA_META_KEY, key).networkU32(NFTA_META_DREG, register)];
}

export function setMeta(key: number): Expression {
  return ["meta", (data) => data.networkU32(NFTA_META_KEY, key).networkU32(NFTA_META_SREG, NFT_REG_1)];
}

export function is(value: Uint8Array): Expression {
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

export function payload(base: number, offset: number, length: number, register = NFT_REG_1): Expression {
  const [NFTA_PAYLOAD_DREG, NFTA_PAYLOAD_BASE, NFTA_PAYLOAD_OFFSET, NFTA_PAYLOAD_LEN] = [1, 2, 3, 4];
  return [
    "payload",
    (data) =>
      data
        .networkU32(NFTA_PAYLOAD_DREG, register)
        .networkU32(NFTA_PAYLOAD_BASE, base)
        .networkU32(NFTA_PAYLOAD_OFFSET, offset)
        .networkU32(NFTA_PAYLOAD_LEN, length),
  ];
}

/** To network order. */
export function byteOrder(length: number, size: number, register: number): Expression {
  const [NFTA_BYTEORDER_SREG, NFTA_BYTEORDER_DREG, NFTA_BYTEORDER_OP] = [1, 2, 3];
  const [NFTA_BYTEORDER_LEN, NFTA_BYTEORDER_SIZE, NFT_BYTEORDER_HTON] = [4, 5, 1];
  return [
    "byteorder",
    (data) =>
      data
        .networkU32(NFTA_BYTEORDER_SREG, register)
        .networkU32(NFTA_BYTEORDER_DREG, register)
        .networkU32(NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON)
        .networkU32(NFTA_BYTEORDER_LEN, length)
        .networkU32(NFTA_BYTEORDER_SIZE, size),
  ];
}

const NFTA_LOOKUP_SET = 1;
const NFTA_LOOKUP_SREG = 2;
const NFTA_LOOKUP_DREG = 3;
const NFTA_LOOKUP_SET_ID = 4;

export function isIn(set: SetTraits): Expression {
  return lookup(set, false);
}

/** What a map has for the key; where it has nothing, the rule ends here. */
export function fromMap(map: SetTraits): Expression {
  return lookup(map, true);
}

function lookup({ name, id }: SetTraits, isMap: boolean): Expression {
  return [
    "lookup",
    (data) => {
      data.networkU32(NFTA_LOOKUP_SREG, NFT_REG_1);
      if (isMap) data.networkU32(NFTA_LOOKUP_DREG, NFT_REG_1);
      data.text(NFTA_LOOKUP_SET, name);
      if (id !== undefined) data.networkU32(NFTA_LOOKUP_SET_ID, id);
    },
  ];
}

export function verdict(code: number): Expression {
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
