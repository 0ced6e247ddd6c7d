/** What the kernel tells of changes of its packet filter (linux/netfilter/nf_tables.h), transaction by transaction. */
import { Attributes } from "./attributes.ts";
import type { Message } from "./message.ts";
import { NFGENMSG_SIZE, NFNL_SUBSYS_NFTABLES, NFPROTO_INET } from "./nftables.ts";

/** The group to join. */
export const NFNLGRP_NFTABLES = 7;
/** The end of a transaction, and who did it. */
const NFT_MSG_NEWGEN = 15;
/** NFTA_TABLE_NAME, NFTA_RULE_TABLE …: of everything that may change the first attribute names the table it is in. */
const NAME_OF_TABLE = 1;

/** The table of family inet that was changed, or something in it; `undefined` of all else. */
export function changedTable({ type, body }: Message): string | undefined {
  if (type >> 8 !== NFNL_SUBSYS_NFTABLES || (type & 0xff) === NFT_MSG_NEWGEN) return undefined;
  if (body[0] !== NFPROTO_INET) return undefined;
  return new Attributes(body.subarray(NFGENMSG_SIZE)).text(NAME_OF_TABLE);
}
