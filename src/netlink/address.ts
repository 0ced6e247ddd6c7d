/** Addresses of interfaces over rtnetlink (`struct ifaddrmsg`, linux/if_addr.h). */
import {
  type Family,
  familyOf,
  IP4_SIZE,
  IP6_SIZE,
  type IpAddress,
  ipBytes,
  ipFromBytes,
} from "../net/ip.ts";
import { Attributes, AttributeWriter } from "./attributes.ts";
import { familyFromNumber, familyNumber } from "./family.ts";
import { HostReader, HostWriter } from "./host-bytes.ts";
import {
  changeRequest,
  dumpRequest,
  type Message,
  NLM_F_CREATE,
  NLM_F_REPLACE,
  type Request,
} from "./message.ts";

const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
const RTM_GETADDR = 22;

const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;
const IFA_BROADCAST = 4;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_PROTO = 11;

const IFA_F_SECONDARY = 0x01;
const IFA_F_NODAD = 0x02;
const IFA_F_HOMEADDRESS = 0x10;
const IFA_F_DEPRECATED = 0x20;
const IFA_F_TENTATIVE = 0x40;

const IFA_F_NOPREFIXROUTE = 0x200;
/** What has room in the header. */
const SHORT_FLAGS = 0xff;

const RT_SCOPE_UNIVERSE = 0;
const FOREVER = 0xffff_ffff;
/** IFA_PROTO of what Keelson adds. A hint for people only: kernels before 5.18 do not keep it. */
const IFAPROT_KEELSON = 75;

/** Which address: all that a deletion has to say, and must say so that it hits no other. */
export interface AddressKey {
  readonly interfaceIndex: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
}

/** What the kernel may be told of an address beside the address. */
export interface AddressTraits {
  /** IPv4: IFA_LABEL, at most 15 bytes. */
  readonly label?: string;
  /** IPv4: RT_SCOPE_, 0 (universe) unless given. */
  readonly scope?: number;
  /** IPv4. */
  readonly broadcast?: IpAddress;
  /** IPv6: not the source of new connections of this host (RFC 6724 rule 3); a /128 is none unless told otherwise. */
  readonly deprecated?: boolean;
  /** IPv6: RFC 6275. */
  readonly home?: boolean;
  /** Whether the route to the network of its prefix length comes with it; it does unless told otherwise. */
  readonly prefixRoute?: boolean;
}

export interface NewAddress extends AddressKey {
  readonly traits?: AddressTraits;
  /** The kernel removes the address by itself after this time, unless it is added again. Absent: never. */
  readonly validSeconds?: number;
}

export interface AddressInfo extends AddressKey {
  readonly family: Family;
  /** RT_SCOPE_: 0 universe, 253 link, 254 host. */
  readonly scope: number;
  /** Lies in the prefix of an earlier address and goes when that one does (IPv4), or is temporary (IPv6). */
  readonly secondary: boolean;
  /** Not chosen as the source of new connections. */
  readonly deprecated: boolean;
  /** Not usable before duplicate address detection is over. */
  readonly tentative: boolean;
  /** IFA_PROTO, when the kernel keeps it. */
  readonly protocol: number | undefined;
  /** What is left of its life; absent: forever. */
  readonly validSeconds: number | undefined;
}

export function getAddresses(): Request {
  return dumpRequest("RTM_GETADDR", RTM_GETADDR, new HostWriter().padTo(8).finish());
}

/**
 * Adds an address, or renews the lifetime of the same one. Label, scope and broadcast of one that is there already stay
 * as they are.
 */
export function addAddress(address: NewAddress): Request {
  const { label, scope, broadcast } = address.traits ?? {};
  const flags = flagsOf(address);
  const attributes = new AttributeWriter(header(address, flags > SHORT_FLAGS ? 0 : flags, scope));
  writeKey(attributes, address);
  if (broadcast !== undefined) attributes.bytes(IFA_BROADCAST, ipBytes(broadcast));
  if (label !== undefined) attributes.text(IFA_LABEL, label);
  attributes.bytes(IFA_CACHEINFO, cacheInfo(address));
  if (flags !== 0) attributes.u32(IFA_FLAGS, flags);
  attributes.u8(IFA_PROTO, IFAPROT_KEELSON);
  return changeRequest("RTM_NEWADDR", RTM_NEWADDR, attributes.finish(), NLM_F_CREATE | NLM_F_REPLACE);
}

function flagsOf(address: NewAddress): number {
  const { home = false, prefixRoute = true } = address.traits ?? {};
  // VRRP sees to it that nobody else has the address; a second of duplicate detection would be a second of outage.
  const flags = [isIp6(address) ? IFA_F_NODAD : 0, home ? IFA_F_HOMEADDRESS : 0];
  return [...flags, prefixRoute ? 0 : IFA_F_NOPREFIXROUTE].reduce((sum, flag) => sum + flag, 0);
}

/** EADDRNOTAVAIL and ENODEV say that it is gone already. */
export function deleteAddress(address: AddressKey): Request {
  const attributes = new AttributeWriter(header(address));
  writeKey(attributes, address);
  return changeRequest("RTM_DELADDR", RTM_DELADDR, attributes.finish());
}

/** Of RTM_NEWADDR or RTM_DELADDR; `undefined` for what is about something else, or malformed. */
export function decodeAddress({ type, body }: Message): AddressInfo | undefined {
  if (type !== RTM_NEWADDR && type !== RTM_DELADDR) return undefined;
  const reader = new HostReader(body);
  const family = familyFromNumber(reader.u8());
  const [prefixLength, shortFlags, scope, interfaceIndex] = [
    reader.u8(),
    reader.u8(),
    reader.u8(),
    reader.u32(),
  ];
  const attributes = new Attributes(reader.rest());
  // On a point-to-point link ADDRESS is the peer's; LOCAL is always ours, but IPv6 mostly leaves it out.
  const bytes = attributes.bytes(IFA_LOCAL) ?? attributes.bytes(IFA_ADDRESS);
  const flags = attributes.u32(IFA_FLAGS) ?? shortFlags;
  const lifetime = lifetimeIn(attributes);
  const protocol = attributes.u8(IFA_PROTO);
  if ((reader.error ?? attributes.error) !== undefined || family === undefined) return undefined;
  if (bytes?.length !== (family === 4 ? IP4_SIZE : IP6_SIZE)) return undefined;
  return {
    family,
    interfaceIndex,
    address: ipFromBytes(bytes),
    prefixLength,
    scope,
    secondary: (flags & IFA_F_SECONDARY) !== 0,
    deprecated: (flags & IFA_F_DEPRECATED) !== 0,
    tentative: (flags & IFA_F_TENTATIVE) !== 0,
    protocol,
    validSeconds: lifetime,
  };
}

/** `struct ifaddrmsg`: family u8, prefix length u8, flags u8, scope u8, interface index u32. */
function header(
  { address, prefixLength, interfaceIndex }: AddressKey,
  flags = 0,
  scope = RT_SCOPE_UNIVERSE,
): HostWriter {
  const out = new HostWriter().u8(familyNumber(familyOf(address))).u8(prefixLength);
  return out.u8(flags).u8(scope).u32(interfaceIndex);
}

/** Both, always: a deletion without ADDRESS ignores the prefix length, and one with neither deletes what comes first. */
function writeKey(attributes: AttributeWriter, { address }: AddressKey): void {
  const bytes = ipBytes(address);
  attributes.bytes(IFA_LOCAL, bytes).bytes(IFA_ADDRESS, bytes);
}

/** `struct ifa_cacheinfo`: preferred, valid, created, updated; seconds. */
function cacheInfo(address: NewAddress): Uint8Array {
  const valid = address.validSeconds ?? FOREVER;
  // A floating IPv6 address must not become the source of this host's own connections (RFC 6724 rule 3).
  const alone = isIp6(address) && address.prefixLength === 8 * IP6_SIZE;
  return new HostWriter()
    .u32((address.traits?.deprecated ?? alone) ? 0 : valid)
    .u32(valid)
    .u32(0)
    .u32(0)
    .finish();
}

function lifetimeIn(attributes: Attributes): number | undefined {
  const bytes = attributes.bytes(IFA_CACHEINFO);
  if (bytes === undefined) return undefined;
  const reader = new HostReader(bytes);
  reader.skip(4);
  const valid = reader.u32();
  return reader.error !== undefined || valid === FOREVER ? undefined : valid;
}

function isIp6({ address }: AddressKey): boolean {
  return familyOf(address) === 6;
}
