/** What IPVS says of itself. */
import type { Message, Request } from "../netlink/message.ts";
import { commandRequest, decodeAnswer } from "./command.ts";

const IPVS_INFO_ATTR_VERSION = 1;
const IPVS_INFO_ATTR_CONN_TAB_SIZE = 2;

export interface IpvsInfo {
  /** `1.2.1` */
  readonly version: string;
  /** Buckets of the connection table. */
  readonly connectionTableSize: number;
}

export function getInfo(familyId: number): Request {
  return commandRequest(familyId, "IPVS_CMD_GET_INFO");
}

export function decodeInfo(message: Message): IpvsInfo | undefined {
  const attributes = decodeAnswer(message, "IPVS_CMD_SET_INFO");
  const version = attributes?.u32(IPVS_INFO_ATTR_VERSION);
  const connectionTableSize = attributes?.u32(IPVS_INFO_ATTR_CONN_TAB_SIZE);
  if (version === undefined || connectionTableSize === undefined) return undefined;
  const parts = [version >> 16, version >> 8, version].map((part) => part & 0xff);
  return { version: parts.join("."), connectionTableSize };
}
