/** Network interfaces over rtnetlink (`struct ifinfomsg`, linux/if_link.h). */
import { type MacAddress, macFromBytes } from "../net/mac.ts";
import { Attributes, AttributeWriter } from "./attributes.ts";
import { HostReader, HostWriter } from "./host-bytes.ts";
import { dumpRequest, type Message, type Request } from "./message.ts";

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
const IFLA_EXT_MASK = 29;
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
}

export function getLinks(): Request {
  const out = new HostWriter().u8(AF_UNSPEC).padTo(16);
  const attributes = new AttributeWriter(out).u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return dumpRequest("RTM_GETLINK", RTM_GETLINK, attributes.finish());
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
  if ((reader.error ?? attributes.error) !== undefined) return undefined;
  if (family !== AF_UNSPEC || name === undefined) return undefined;
  const mac = address?.length === MAC_SIZE ? macFromBytes(address) : undefined;
  return { index, name, up: (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0, flags, mac, mtu };
}
