/**
 * The kernel's threads that tell other directors of connections, or hear of theirs: the codec of IPVS_DAEMON_ATTR_
 * (linux/ip_vs.h). Attributes are written in the order of ipvsadm, whose bytes the tests compare with.
 */
import { familyOf, type IpAddress, ipBytes } from "../net/ip.ts";
import type { Attributes } from "../netlink/attributes.ts";
import type { Message, Request } from "../netlink/message.ts";
import { commandDump, commandRequest, decodeAnswer, IPVS_CMD_ATTR_DAEMON } from "./command.ts";
import { addressFrom } from "./service.ts";

const STATE = 1;
const MCAST_IFN = 2;
const SYNC_ID = 3;
const SYNC_MAXLEN = 4;
const MCAST_GROUP = 5;
const MCAST_GROUP6 = 6;
const MCAST_PORT = 7;
const MCAST_TTL = 8;

/** IP_VS_STATE_ */
const STATES = { master: 1, backup: 2 } as const;

/** A master tells, a backup hears. A network namespace has one of each at the most. */
export type SyncRole = keyof typeof STATES;

/** Where they meet, and what they carry: all but the role. */
export interface SyncPlace {
  readonly interface: string;
  /** Backups pass over other ids, unless theirs is 0. */
  readonly id: number;
  readonly group: IpAddress;
  readonly port: number;
  readonly ttl: number;
  /** Bytes of a message without its IP and UDP headers; absent: as the interface's MTU has it. */
  readonly maxLength?: number;
}

export interface SyncDaemon extends SyncPlace {
  readonly role: SyncRole;
}

/** As the kernel tells of one: it knows every length. */
export type RunningDaemon = SyncDaemon & Required<SyncPlace>;

/** EEXIST: one of this role runs. ENODEV: there is no such interface. EINVAL: servers of another family than their service. */
export function newDaemon(familyId: number, daemon: SyncDaemon): Request {
  const { role, interface: name, id, maxLength, port, ttl, group } = daemon;
  return commandRequest(familyId, "IPVS_CMD_NEW_DAEMON", (out) =>
    out.nested(IPVS_CMD_ATTR_DAEMON, (inside) => {
      inside.u32(STATE, STATES[role]).text(MCAST_IFN, name).u32(SYNC_ID, id);
      if (maxLength !== undefined) inside.u16(SYNC_MAXLEN, maxLength);
      // In the order of the host, as no other port here.
      inside.u16(MCAST_PORT, port).u8(MCAST_TTL, ttl);
      inside.bytes(familyOf(group) === 4 ? MCAST_GROUP : MCAST_GROUP6, ipBytes(group));
    }),
  );
}

/** ESRCH: none runs. */
export function deleteDaemon(familyId: number, role: SyncRole): Request {
  return commandRequest(familyId, "IPVS_CMD_DEL_DAEMON", (out) =>
    // The kernel wants to see them all, and reads the first.
    out.nested(IPVS_CMD_ATTR_DAEMON, (inside) => {
      inside.u32(STATE, STATES[role]).text(MCAST_IFN, "").u32(SYNC_ID, 0);
    }),
  );
}

export function getDaemons(familyId: number): Request {
  return commandDump(familyId, "IPVS_CMD_GET_DAEMON");
}

/** `undefined` for another message, or a malformed one. */
export function decodeDaemon(message: Message): RunningDaemon | undefined {
  const attributes = decodeAnswer(message, "IPVS_CMD_NEW_DAEMON")?.nested(IPVS_CMD_ATTR_DAEMON);
  const daemon = attributes === undefined ? undefined : readDaemon(attributes);
  return attributes?.error === undefined ? daemon : undefined;
}

function readDaemon(attributes: Attributes): RunningDaemon | undefined {
  const role = roleFrom(attributes.u32(STATE));
  const name = attributes.text(MCAST_IFN);
  const id = attributes.u32(SYNC_ID);
  const group =
    addressFrom(attributes.bytes(MCAST_GROUP), 4) ?? addressFrom(attributes.bytes(MCAST_GROUP6), 6);
  const port = attributes.u16(MCAST_PORT);
  const ttl = attributes.u8(MCAST_TTL);
  const maxLength = attributes.u16(SYNC_MAXLEN);
  if (role === undefined || name === undefined || id === undefined || group === undefined) return undefined;
  if (port === undefined || ttl === undefined || maxLength === undefined) return undefined;
  return { role, interface: name, id, group, port, ttl, maxLength };
}

function roleFrom(state: number | undefined): SyncRole | undefined {
  if (state === STATES.master) return "master";
  return state === STATES.backup ? "backup" : undefined;
}
