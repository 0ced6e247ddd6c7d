/** The commands of the generic-netlink family IPVS (linux/ip_vs.h). */
import type { Attributes, AttributeWriter } from "../netlink/attributes.ts";
import { type Command, decodeCommand, genericBody } from "../netlink/generic.ts";
import { changeRequest, dumpRequest, type Message, type Request } from "../netlink/message.ts";

export const IPVS_FAMILY = "IPVS";
const IPVS_VERSION = 1;

const COMMANDS = {
  IPVS_CMD_NEW_SERVICE: 1,
  IPVS_CMD_SET_SERVICE: 2,
  IPVS_CMD_DEL_SERVICE: 3,
  IPVS_CMD_GET_SERVICE: 4,
  IPVS_CMD_NEW_DEST: 5,
  IPVS_CMD_SET_DEST: 6,
  IPVS_CMD_DEL_DEST: 7,
  IPVS_CMD_GET_DEST: 8,
  IPVS_CMD_NEW_DAEMON: 9,
  IPVS_CMD_DEL_DAEMON: 10,
  IPVS_CMD_GET_DAEMON: 11,
  IPVS_CMD_SET_CONFIG: 12,
  IPVS_CMD_GET_CONFIG: 13,
  IPVS_CMD_SET_INFO: 14,
  IPVS_CMD_GET_INFO: 15,
} as const;

export type CommandName = keyof typeof COMMANDS;

export const IPVS_CMD_ATTR_SERVICE = 1;
export const IPVS_CMD_ATTR_DEST = 2;
export const IPVS_CMD_ATTR_DAEMON = 3;

/** @param familyId what the controller calls the family in this boot */
export function commandRequest(
  familyId: number,
  name: CommandName,
  fill?: (attributes: AttributeWriter) => void,
): Request {
  return changeRequest(name, familyId, genericBody(COMMANDS[name], IPVS_VERSION, fill));
}

export function commandDump(
  familyId: number,
  name: CommandName,
  fill?: (attributes: AttributeWriter) => void,
): Request {
  return dumpRequest(name, familyId, genericBody(COMMANDS[name], IPVS_VERSION, fill));
}

/** The attributes of an answer, which has the name of the command that would set what it tells. */
export function decodeAnswer(message: Message, name: CommandName): Attributes | undefined {
  const read: Command | undefined = decodeCommand(message.body);
  return read?.command === COMMANDS[name] ? read.attributes : undefined;
}
