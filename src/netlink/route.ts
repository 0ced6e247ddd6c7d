/** Routes over rtnetlink (`struct rtmsg`, linux/rtnetlink.h). All that are written here carry Keelson's protocol number. */
import { type Family, familyOf, type IpAddress, ipBytes } from "../net/ip.ts";
import { AttributeWriter } from "./attributes.ts";
import { familyNumber } from "./family.ts";
import { HostReader, HostWriter } from "./host-bytes.ts";
import { changeRequest, type Message, NLM_F_CREATE, NLM_F_EXCL, type Request } from "./message.ts";

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;

const RTA_DST = 1;
const RTA_IIF = 3;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_METRICS = 8;
const RTA_TABLE = 15;
const RTAX_MTU = 2;
const RTNH_F_ONLINK = 4;

const RTMSG_SIZE = 12;
const TYPE_OFFSET = 7;

/** rtm_protocol and FRA_PROTOCOL of what Keelson adds; nothing of another protocol is ever deleted. */
export const RTPROT_KEELSON = 75;
/** Tables above have no room in the headers. */
const MAX_SHORT_TABLE = 255;

/** RTN_ */
const TYPES = { unicast: 1, blackhole: 6, unreachable: 7, prohibit: 8 } as const;
/** The type of a route to an address of this host. */
const RTN_LOCAL = 2;
/** RT_SCOPE_ */
const SCOPES = { global: 0, site: 200, link: 253, host: 254 } as const;

export interface Prefix {
  readonly address: IpAddress;
  readonly length: number;
}

export interface Route {
  readonly family: Family;
  readonly type: keyof typeof TYPES;
  /** Absent: everywhere. */
  readonly destination?: Prefix;
  readonly via?: IpAddress;
  /** Of the interface. */
  readonly interfaceIndex?: number;
  /** The address that connections leave from. */
  readonly source?: IpAddress;
  readonly table: number;
  /** Absent: the kernel's, 0 or (IPv6) 1024. */
  readonly metric?: number;
  readonly scope: keyof typeof SCOPES;
  /** `via` is on the link, whatever the addresses there say. */
  readonly onlink: boolean;
  /** Bytes. */
  readonly mtu?: number;
}

/** EEXIST when there is one to the same destination, of the same metric, in the same table. */
export function addRoute(route: Route): Request {
  return changeRequest("RTM_NEWROUTE", RTM_NEWROUTE, bodyOf(route), NLM_F_CREATE | NLM_F_EXCL);
}

/** ESRCH when there is none of ours that is all this. */
export function deleteRoute(route: Route): Request {
  return changeRequest("RTM_DELROUTE", RTM_DELROUTE, bodyOf(route));
}

/** Which way goes what arrives on an interface for this address? The answer is one route. */
export function getRouteOf(address: IpAddress, interfaceIndex: number): Request {
  const bytes = ipBytes(address);
  const header = new HostWriter().u8(familyNumber(familyOf(address))).u8(8 * bytes.length);
  const attributes = new AttributeWriter(header.padTo(RTMSG_SIZE));
  attributes.bytes(RTA_DST, bytes).u32(RTA_IIF, interfaceIndex);
  return changeRequest("RTM_GETROUTE", RTM_GETROUTE, attributes.finish());
}

/** Whether a route ends at this host. */
export function leadsHere({ type, body }: Message): boolean {
  const reader = new HostReader(body);
  reader.skip(TYPE_OFFSET);
  return type === RTM_NEWROUTE && reader.u8() === RTN_LOCAL && reader.error === undefined;
}

/** family u8, lengths of destination and source u8, tos u8, table u8, protocol u8, scope u8, type u8, flags u32. */
function bodyOf(route: Route): Uint8Array {
  const { family, destination, via, source, table, metric, interfaceIndex, mtu } = route;
  const header = new HostWriter()
    .u8(familyNumber(family))
    .u8(destination?.length ?? 0)
    .u8(0)
    .u8(0);
  header.u8(shortTable(table)).u8(RTPROT_KEELSON).u8(SCOPES[route.scope]).u8(TYPES[route.type]);
  const attributes = new AttributeWriter(header.u32(route.onlink ? RTNH_F_ONLINK : 0));
  if (destination !== undefined) attributes.bytes(RTA_DST, ipBytes(destination.address));
  if (via !== undefined) attributes.bytes(RTA_GATEWAY, ipBytes(via));
  if (source !== undefined) attributes.bytes(RTA_PREFSRC, ipBytes(source));
  if (table > MAX_SHORT_TABLE) attributes.u32(RTA_TABLE, table);
  if (metric !== undefined) attributes.u32(RTA_PRIORITY, metric);
  if (interfaceIndex !== undefined) attributes.u32(RTA_OIF, interfaceIndex);
  // Without the flag that says that attributes are inside: this one is older than the flag.
  if (mtu !== undefined) attributes.bytes(RTA_METRICS, new AttributeWriter().u32(RTAX_MTU, mtu).finish());
  return attributes.finish();
}

/** What the header says of a table: nothing (RT_TABLE_UNSPEC) when an attribute does. */
export function shortTable(table: number): number {
  return table > MAX_SHORT_TABLE ? 0 : table;
}
