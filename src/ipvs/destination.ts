/**
 * Destinations (real servers) as the kernel has them: the codec of IPVS_DEST_ATTR_ (linux/ip_vs.h).
 * Attributes are written in the order of ipvsadm, whose bytes the tests compare with.
 */
import { familyOf, type IpAddress } from "../net/ip.ts";
import type { Attributes, AttributeWriter } from "../netlink/attributes.ts";
import { familyFromNumber, familyNumber } from "../netlink/family.ts";
import type { Message, Request } from "../netlink/message.ts";
import {
  type CommandName,
  commandDump,
  commandRequest,
  decodeAnswer,
  IPVS_CMD_ATTR_DEST,
} from "./command.ts";
import {
  addressField,
  addressFrom,
  familyOfService,
  plainService,
  type ServiceIdentity,
  writeService,
  writeServiceKey,
} from "./service.ts";
import { decodeStatistics, type Statistics } from "./statistics.ts";

const ADDR = 1;
const PORT = 2;
const FWD_METHOD = 3;
export const WEIGHT = 4;
const U_THRESH = 5;
const L_THRESH = 6;
export const ACTIVE_CONNS = 7;
export const INACT_CONNS = 8;
export const PERSIST_CONNS = 9;
export const STATS = 10;
const ADDR_FAMILY = 11;
export const STATS64 = 12;
const TUN_TYPE = 13;
const TUN_PORT = 14;
const TUN_FLAGS = 15;

/** The other bits of the kernel's word are about connections. */
const IP_VS_CONN_F_FWD_MASK = 7;

/** All that can be set, and the address and port that are the key. */
export interface DestinationRecord {
  readonly address: IpAddress;
  readonly port: number;
  /** IP_VS_CONN_F_: 0 masquerade (NAT), 1 local, 2 tunnel, 3 direct route, 4 bypass; others are kept. */
  readonly method: number;
  readonly weight: number;
  /** Connections above which it gets no new ones until it has fewer than `lowerThreshold`; 0: never. */
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  /** Of method 2: 0 IPIP, 1 GUE, 2 GRE. */
  readonly tunnelType: number;
  readonly tunnelPort: number;
  readonly tunnelFlags: number;
}

/** Without its counters. */
export interface DestinationState {
  readonly record: DestinationRecord;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
}

export interface ListedDestination extends DestinationState {
  readonly statistics: Statistics;
}

export function newDestination(familyId: number, service: ServiceIdentity, one: DestinationRecord): Request {
  return change(familyId, "IPVS_CMD_NEW_DEST", service, one);
}

/** Sets everything but the key. Connections stay. */
export function setDestination(familyId: number, service: ServiceIdentity, one: DestinationRecord): Request {
  return change(familyId, "IPVS_CMD_SET_DEST", service, one);
}

/** Only the key of `one` counts. Its connections hang, unless the kernel is told to expire them. */
export function deleteDestination(
  familyId: number,
  service: ServiceIdentity,
  one: DestinationRecord,
): Request {
  return change(familyId, "IPVS_CMD_DEL_DEST", service, one);
}

/** The destinations of one service; none when there is no such service. */
export function getDestinations(familyId: number, service: ServiceIdentity): Request {
  return commandDump(familyId, "IPVS_CMD_GET_DEST", (out) => writeServiceKey(out, service));
}

/** @param service whose destinations were listed: the answer does not say. `undefined` for another message, or a malformed one. */
export function decodeDestination(message: Message, service: ServiceIdentity): ListedDestination | undefined {
  const attributes = attributesOf(message);
  const state = stateFrom(attributes, service);
  const statistics = decodeStatistics(attributes, STATS64, STATS);
  return state === undefined || attributes?.error !== undefined ? undefined : { ...state, statistics };
}

/** As `decodeDestination`; the counters are most of a large table, and who compares it does not need them. */
export function decodeDestinationState(
  message: Message,
  service: ServiceIdentity,
): DestinationState | undefined {
  const attributes = attributesOf(message);
  const state = stateFrom(attributes, service);
  return attributes?.error === undefined ? state : undefined;
}

function attributesOf(message: Message): Attributes | undefined {
  return decodeAnswer(message, "IPVS_CMD_NEW_DEST")?.nested(IPVS_CMD_ATTR_DEST);
}

function stateFrom(
  attributes: Attributes | undefined,
  service: ServiceIdentity,
): DestinationState | undefined {
  const record = attributes === undefined ? undefined : readDestination(attributes, service);
  if (attributes === undefined || record === undefined) return undefined;
  return {
    record,
    activeConnections: attributes.u32(ACTIVE_CONNS) ?? 0,
    inactiveConnections: attributes.u32(INACT_CONNS) ?? 0,
  };
}

function change(
  familyId: number,
  name: CommandName,
  service: ServiceIdentity,
  destination: DestinationRecord,
): Request {
  return commandRequest(familyId, name, (out) => {
    writeService(out, plainService(service));
    out.nested(IPVS_CMD_ATTR_DEST, (inside) => writeDestination(inside, destination));
  });
}

function writeDestination(out: AttributeWriter, destination: DestinationRecord): void {
  out
    .u16(ADDR_FAMILY, familyNumber(familyOf(destination.address)))
    .bytes(ADDR, addressField(destination.address))
    .networkU16(PORT, destination.port)
    .u32(FWD_METHOD, destination.method)
    .u32(WEIGHT, destination.weight)
    .u8(TUN_TYPE, destination.tunnelType)
    .networkU16(TUN_PORT, destination.tunnelPort)
    .u16(TUN_FLAGS, destination.tunnelFlags)
    .u32(U_THRESH, destination.upperThreshold)
    .u32(L_THRESH, destination.lowerThreshold);
}

function readDestination(attributes: Attributes, service: ServiceIdentity): DestinationRecord | undefined {
  // Kernels before 3.18 do not say, and have no mixed families.
  const number = attributes.u16(ADDR_FAMILY);
  const family = number === undefined ? familyOfService(service) : familyFromNumber(number);
  const address = family === undefined ? undefined : addressFrom(attributes.bytes(ADDR), family);
  const port = attributes.networkU16(PORT);
  const method = attributes.u32(FWD_METHOD);
  const weight = attributes.u32(WEIGHT);
  if (address === undefined || port === undefined || method === undefined || weight === undefined) {
    return undefined;
  }
  return {
    address,
    port,
    method: method & IP_VS_CONN_F_FWD_MASK,
    weight,
    upperThreshold: attributes.u32(U_THRESH) ?? 0,
    lowerThreshold: attributes.u32(L_THRESH) ?? 0,
    tunnelType: attributes.u8(TUN_TYPE) ?? 0,
    tunnelPort: attributes.networkU16(TUN_PORT) ?? 0,
    tunnelFlags: attributes.u16(TUN_FLAGS) ?? 0,
  };
}
