/**
 * Virtual services as the kernel has them, those of strangers too: the codec of IPVS_SVC_ATTR_ (linux/ip_vs.h).
 * Attributes are written in the order of ipvsadm, whose bytes the tests compare with.
 */
import {
  type Family,
  familyOf,
  IP4_SIZE,
  IP6_SIZE,
  type IpAddress,
  ipBytes,
  ipFromBytes,
} from "../net/ip.ts";
import type { Attributes, AttributeWriter } from "../netlink/attributes.ts";
import { familyFromNumber, familyNumber } from "../netlink/family.ts";
import { HostReader } from "../netlink/host-bytes.ts";
import type { Message, Request } from "../netlink/message.ts";
import { commandDump, commandRequest, decodeAnswer, IPVS_CMD_ATTR_SERVICE } from "./command.ts";
import { decodeStatistics, type Statistics } from "./statistics.ts";

const AF = 1;
const PROTOCOL = 2;
const ADDR = 3;
const PORT = 4;
const FWMARK = 5;
const SCHED_NAME = 6;
const FLAGS = 7;
const TIMEOUT = 8;
const NETMASK = 9;
const STATS = 10;
const PE_NAME = 11;
const STATS64 = 12;

/** Addresses of both families fill 16 bytes, IPv4 the first four. */
const ADDRESS_SIZE = 16;
const ALL_FLAGS = 0xffff_ffff;
/** IP_VS_SVC_F_PERSISTENT and IP_VS_SVC_F_ONEPACKET. */
export const PERSISTENT = 0x1;
export const ONE_PACKET = 0x4;
/** The kernel's own mark, on every service that it lists. */
const IP_VS_SVC_F_HASHED = 0x2;

export type ServiceIdentity =
  | {
      readonly kind: "address";
      /** 6 TCP, 17 UDP, 132 SCTP. */
      readonly protocol: number;
      readonly address: IpAddress;
      readonly port: number;
    }
  /** Whatever packets the firewall marks. */
  | { readonly kind: "mark"; readonly family: Family; readonly mark: number };

/** All that can be set. */
export interface ServiceRecord {
  readonly identity: ServiceIdentity;
  readonly scheduler: string;
  /** IP_VS_SVC_F_: 1 persistent, 4 one packet, and bits of the scheduler; never HASHED. */
  readonly flags: number;
  /** How long a client stays with its server when persistent; seconds. */
  readonly timeoutSeconds: number;
  /** Clients that share these leading bits share a server when persistent; 32 or 128: each for itself. */
  readonly clientPrefix: number;
  /** `sip`, or empty. */
  readonly persistenceEngine: string;
}

export interface ListedService {
  readonly record: ServiceRecord;
  readonly statistics: Statistics;
}

/** The service with nothing set but its identity. */
export function plainService(identity: ServiceIdentity, scheduler = ""): ServiceRecord {
  const clientPrefix = familyOfService(identity) === 4 ? 8 * IP4_SIZE : 8 * IP6_SIZE;
  return { identity, scheduler, flags: 0, timeoutSeconds: 0, clientPrefix, persistenceEngine: "" };
}

export function newService(familyId: number, service: ServiceRecord): Request {
  return commandRequest(familyId, "IPVS_CMD_NEW_SERVICE", (out) => writeService(out, service));
}

/** Sets everything but the identity. Connections and destinations stay, also with another scheduler. */
export function setService(familyId: number, service: ServiceRecord): Request {
  return commandRequest(familyId, "IPVS_CMD_SET_SERVICE", (out) => writeService(out, service));
}

/** With all its destinations. */
export function deleteService(familyId: number, identity: ServiceIdentity): Request {
  return commandRequest(familyId, "IPVS_CMD_DEL_SERVICE", (out) => writeService(out, plainService(identity)));
}

/** In the kernel's order, which is that of a hash. */
export function getServices(familyId: number): Request {
  return commandDump(familyId, "IPVS_CMD_GET_SERVICE");
}

/** One of them. Refused with ESRCH when there is none. */
export function getService(familyId: number, identity: ServiceIdentity): Request {
  return commandRequest(familyId, "IPVS_CMD_GET_SERVICE", (out) => writeServiceKey(out, identity));
}

/** `undefined` for another message, or a malformed one. */
export function decodeService(message: Message): ListedService | undefined {
  const attributes = attributesOf(message);
  const record = attributes === undefined ? undefined : readService(attributes);
  const statistics = decodeStatistics(attributes, STATS64, STATS);
  return record === undefined || attributes?.error !== undefined ? undefined : { record, statistics };
}

/** As `decodeService`, without its counters. */
export function decodeServiceRecord(message: Message): ServiceRecord | undefined {
  const attributes = attributesOf(message);
  const record = attributes === undefined ? undefined : readService(attributes);
  return attributes?.error === undefined ? record : undefined;
}

function attributesOf(message: Message): Attributes | undefined {
  return decodeAnswer(message, "IPVS_CMD_NEW_SERVICE")?.nested(IPVS_CMD_ATTR_SERVICE);
}

export function writeService(out: AttributeWriter, service: ServiceRecord): void {
  const { identity, scheduler, flags, timeoutSeconds, persistenceEngine } = service;
  out.nested(IPVS_CMD_ATTR_SERVICE, (inside) => {
    writeIdentity(inside, identity);
    inside.text(SCHED_NAME, scheduler);
    if (persistenceEngine !== "") inside.text(PE_NAME, persistenceEngine);
    inside.u32Pair(FLAGS, flags, ALL_FLAGS);
    inside.u32(TIMEOUT, timeoutSeconds);
    writeNetmask(inside, familyOfService(identity), service.clientPrefix);
  });
}

/** What a listing of destinations needs. */
export function writeServiceKey(out: AttributeWriter, identity: ServiceIdentity): void {
  out.nested(IPVS_CMD_ATTR_SERVICE, (inside) => writeIdentity(inside, identity));
}

export function familyOfService(identity: ServiceIdentity): Family {
  return identity.kind === "mark" ? identity.family : familyOf(identity.address);
}

/** 16 bytes. */
export function addressField(address: IpAddress): Uint8Array {
  const field = new Uint8Array(ADDRESS_SIZE);
  field.set(ipBytes(address));
  return field;
}

/** `undefined` when there are too few bytes; what follows an IPv4 address may be anything. */
export function addressFrom(bytes: Uint8Array | undefined, family: Family): IpAddress | undefined {
  const size = family === 4 ? IP4_SIZE : IP6_SIZE;
  return bytes === undefined || bytes.length < size ? undefined : ipFromBytes(bytes.subarray(0, size));
}

function writeIdentity(out: AttributeWriter, identity: ServiceIdentity): void {
  out.u16(AF, familyNumber(familyOfService(identity)));
  if (identity.kind === "mark") {
    out.u32(FWMARK, identity.mark);
    return;
  }
  out.u16(PROTOCOL, identity.protocol);
  out.bytes(ADDR, addressField(identity.address));
  out.networkU16(PORT, identity.port);
}

function readIdentity(attributes: Attributes): ServiceIdentity | undefined {
  const family = familyFromNumber(attributes.u16(AF) ?? 0);
  if (family === undefined) return undefined;
  const mark = attributes.u32(FWMARK);
  if (mark !== undefined) return { kind: "mark", family, mark };
  const address = addressFrom(attributes.bytes(ADDR), family);
  const [protocol, port] = [attributes.u16(PROTOCOL), attributes.networkU16(PORT)];
  if (address === undefined || protocol === undefined || port === undefined) return undefined;
  return { kind: "address", protocol, address, port };
}

function readService(attributes: Attributes): ServiceRecord | undefined {
  const identity = readIdentity(attributes);
  if (identity === undefined) return undefined;
  return {
    identity,
    scheduler: attributes.text(SCHED_NAME) ?? "",
    flags: flagsFrom(attributes.bytes(FLAGS)),
    timeoutSeconds: attributes.u32(TIMEOUT) ?? 0,
    clientPrefix: prefixFrom(attributes.bytes(NETMASK), familyOfService(identity)),
    persistenceEngine: attributes.text(PE_NAME) ?? "",
  };
}

/** `struct ip_vs_flags`: flags u32, mask u32. */
function flagsFrom(bytes: Uint8Array = new Uint8Array()): number {
  return (new HostReader(bytes).u32() & ~IP_VS_SVC_F_HASHED) >>> 0;
}

/** A mask in network order for IPv4, a bare prefix length in host order for IPv6. */
function writeNetmask(out: AttributeWriter, family: Family, prefixLength: number): void {
  if (family === 6) out.u32(NETMASK, prefixLength);
  else out.networkU32(NETMASK, 2 ** 32 - 2 ** (32 - prefixLength));
}

function prefixFrom(bytes: Uint8Array = new Uint8Array(), family: Family): number {
  if (family === 6) return new HostReader(bytes).u32();
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.length - bits.replace(/^1*/, "").length;
}
