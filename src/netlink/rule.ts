/** Routing rules over rtnetlink (`struct fib_rule_hdr`, linux/fib_rules.h): which packets ask which table. */
import { type Family, ipBytes } from "../net/ip.ts";
import { AttributeWriter } from "./attributes.ts";
import { familyNumber } from "./family.ts";
import { HostWriter } from "./host-bytes.ts";
import { changeRequest, NLM_F_CREATE, NLM_F_EXCL, type Request } from "./message.ts";
import { type Prefix, RTPROT_KEELSON, shortTable } from "./route.ts";

const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;

const FRA_DST = 1;
const FRA_SRC = 2;
const FRA_IIFNAME = 3;
const FRA_PRIORITY = 6;
const FRA_FWMARK = 10;
const FRA_TABLE = 15;
const FRA_FWMASK = 16;
const FRA_OIFNAME = 17;
const FRA_PROTOCOL = 21;
const FR_ACT_TO_TBL = 1;

export interface Rule {
  readonly family: Family;
  readonly from?: Prefix;
  readonly to?: Prefix;
  /** Names: the interface may come later. */
  readonly iif?: string;
  readonly oif?: string;
  readonly fwmark?: number;
  /** Which bits of the mark are looked at; absent: all. */
  readonly mask?: number;
  readonly table: number;
  readonly priority: number;
}

/** EEXIST when there is the same already. */
export function addRule(rule: Rule): Request {
  return changeRequest("RTM_NEWRULE", RTM_NEWRULE, bodyOf(rule), NLM_F_CREATE | NLM_F_EXCL);
}

/** ENOENT when there is none of ours that is all this. */
export function deleteRule(rule: Rule): Request {
  return changeRequest("RTM_DELRULE", RTM_DELRULE, bodyOf(rule));
}

/** family u8, lengths of destination and source u8, tos u8, table u8, two reserved, action u8, flags u32. */
function bodyOf({ family, from, to, iif, oif, fwmark, mask, table, priority }: Rule): Uint8Array {
  const header = new HostWriter()
    .u8(familyNumber(family))
    .u8(to?.length ?? 0)
    .u8(from?.length ?? 0)
    .u8(0);
  header.u8(shortTable(table)).u8(0).u8(0).u8(FR_ACT_TO_TBL).u32(0);
  const attributes = new AttributeWriter(header);
  if (from !== undefined) attributes.bytes(FRA_SRC, ipBytes(from.address));
  if (to !== undefined) attributes.bytes(FRA_DST, ipBytes(to.address));
  if (iif !== undefined) attributes.text(FRA_IIFNAME, iif);
  if (oif !== undefined) attributes.text(FRA_OIFNAME, oif);
  if (fwmark !== undefined) attributes.u32(FRA_FWMARK, fwmark);
  if (mask !== undefined) attributes.u32(FRA_FWMASK, mask);
  if (table !== shortTable(table)) attributes.u32(FRA_TABLE, table);
  attributes.u32(FRA_PRIORITY, priority);
  return attributes.u8(FRA_PROTOCOL, RTPROT_KEELSON).finish();
}
