/** Network interfaces over rtnetlink (`struct ifinfomsg`, linux/if_link.h). */
import { type MacAddress, macBytes, macFromBytes } from "../net/mac.ts";
import { Attributes, AttributeWriter } from "./attributes.ts";
import { HostReader, HostWriter } from "./host-bytes.ts";
import {
  changeRequest,
  dumpRequest,
  type Message,
  NLM_F_CREATE,
  NLM_F_EXCL,
  type Request,
} from "./message.ts";

const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
const RTM_GETLINK = 18;

/** Bridge ports are told a second time as AF_BRIDGE, and leaving the bridge looks like a deletion there: only AF_UNSPEC counts. */
const AF_UNSPEC = 0;

const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINK = 5;
const IFLA_LINKINFO = 18;
const IFLA_EXT_MASK = 29;
/** Inside IFLA_LINKINFO. */
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
/** Inside IFLA_INFO_DATA of a macvlan. */
const IFLA_MACVLAN_MODE = 1;
const MACVLAN_MODE_PRIVATE = 1;
/** … of a tunnel over IPv6. */
const IFLA_IPTUN_PROTO = 9;
/** Counters are half of the message, and nobody here reads them. */
const RTEXT_FILTER_SKIP_STATS = 8;

const MAC_SIZE = 6;

export interface LinkInfo {
  /** The identity of an interface: names can be changed and used again. */
  readonly index: number;
  readonly name: string;
  /** Usable: IFF_UP and IFF_RUNNING. */
  readonly up: boolean;
  /** The IFF_ bits, u32. */
  readonly flags: number;
  /** Absent where there is no Ethernet. */
  readonly mac: MacAddress | undefined;
  /** Bytes. */
  readonly mtu: number;
  /** What made it: `veth`, `macvlan`; absent for a real one. */
  readonly type: string | undefined;
  /** Index of the interface that it stands on, or is the other end of; absent when it needs none. */
  readonly parent: number | undefined;
  /** Of an `ip6tnl`: IPPROTO_ of all that it takes, 0 for whatever comes. */
  readonly innerProtocol?: number;
}

export interface NewMacvlan {
  readonly name: string;
  readonly mac: MacAddress;
  /** Index. */
  readonly parent: number;
}

export function getLinks(): Request {
  const out = new HostWriter().u8(AF_UNSPEC).padTo(16);
  const attributes = new AttributeWriter(out).u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return dumpRequest("RTM_GETLINK", RTM_GETLINK, attributes.finish());
}

/**
 * A macvlan in private mode, down. Other modes would not deliver frames that come from a neighbour with the same MAC
 * address. EEXIST when the name is taken.
 */
export function addMacvlan({ name, mac, parent }: NewMacvlan): Request {
  const kind = Uint8Array.from("macvlan", (letter) => letter.charCodeAt(0));
  const mode = new AttributeWriter().u32(IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE).finish();
  const info = new AttributeWriter().bytes(IFLA_INFO_KIND, kind).bytes(IFLA_INFO_DATA, mode).finish();
  const attributes = new AttributeWriter(header(0, 0))
    .bytes(IFLA_ADDRESS, macBytes(mac))
    .u32(IFLA_LINK, parent)
    .text(IFLA_IFNAME, name)
    .bytes(IFLA_LINKINFO, info);
  return changeRequest("RTM_NEWLINK", RTM_NEWLINK, attributes.finish(), NLM_F_CREATE | NLM_F_EXCL);
}

export function setLinkUp(index: number): Request {
  return changeRequest("RTM_NEWLINK", RTM_NEWLINK, header(index, IFF_UP).finish());
}

export function setLinkDown(index: number): Request {
  return changeRequest("RTM_NEWLINK", RTM_NEWLINK, header(index, 0, IFF_UP).finish());
}

/** ENODEV says that it is gone already. */
export function deleteLink(index: number): Request {
  return changeRequest("RTM_DELLINK", RTM_DELLINK, header(index, 0).finish());
}

/** `struct ifinfomsg`; flags that are not to be set stay as they are. */
function header(index: number, flags: number, mask = flags): HostWriter {
  return new HostWriter().u8(AF_UNSPEC).padTo(4).u32(index).u32(flags).u32(mask);
}

/** Of RTM_NEWLINK or RTM_DELLINK; `undefined` for what is about something else, or malformed. */
export function decodeLink({ type, body }: Message): LinkInfo | undefined {
  if (type !== RTM_NEWLINK && type !== RTM_DELLINK) return undefined;
  const reader = new HostReader(body);
  const family = reader.u8();
  reader.skip(3);
  const index = reader.u32();
  const flags = reader.u32();
  reader.skip(4);
  const attributes = new Attributes(reader.rest());
  const name = attributes.text(IFLA_IFNAME);
  const address = attributes.bytes(IFLA_ADDRESS);
  const mtu = attributes.u32(IFLA_MTU) ?? 0;
  const info = attributes.nested(IFLA_LINKINFO);
  const made = info?.text(IFLA_INFO_KIND);
  const innerProtocol = made === "ip6tnl" ? info?.nested(IFLA_INFO_DATA)?.u8(IFLA_IPTUN_PROTO) : undefined;
  const parent = attributes.u32(IFLA_LINK);
  if ((reader.error ?? attributes.error) !== undefined) return undefined;
  if (family !== AF_UNSPEC || name === undefined) return undefined;
  const mac = address?.length === MAC_SIZE ? macFromBytes(address) : undefined;
  const up = (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0;
  const inner = innerProtocol === undefined ? {} : { innerProtocol };
  return { index, name, up, flags, mac, mtu, type: made, parent, ...inner };
}
