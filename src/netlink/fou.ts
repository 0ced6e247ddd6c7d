/** UDP ports where the kernel unwraps foo-over-UDP (linux/fou.h): of these, generic UDP encapsulation. */
import type { Family } from "../net/ip.ts";
import { familyFromNumber, familyNumber } from "./family.ts";
import { decodeCommand, genericBody } from "./generic.ts";
import { changeRequest, dumpRequest, type Message, type Request } from "./message.ts";

export const FOU_FAMILY = "fou";
const FOU_VERSION = 1;

const FOU_CMD_ADD = 1;
const FOU_CMD_DEL = 2;
const FOU_CMD_GET = 3;

const FOU_ATTR_PORT = 1;
const FOU_ATTR_AF = 2;
const FOU_ATTR_TYPE = 4;
const FOU_ENCAP_GUE = 2;

/** Of the UDP datagrams, not of what is in them. */
export interface GuePort {
  readonly family: Family;
  readonly port: number;
}

/** EADDRINUSE when somebody has the port. @param familyId what the controller calls the family in this boot */
export function addGuePort(familyId: number, { family, port }: GuePort): Request {
  const body = genericBody(FOU_CMD_ADD, FOU_VERSION, (attributes) => {
    attributes
      .networkU16(FOU_ATTR_PORT, port)
      .u8(FOU_ATTR_TYPE, FOU_ENCAP_GUE)
      .u8(FOU_ATTR_AF, familyNumber(family));
  });
  return changeRequest("FOU_CMD_ADD", familyId, body);
}

/** ENOENT or EINVAL when there is none. */
export function deleteGuePort(familyId: number, { family, port }: GuePort): Request {
  const body = genericBody(FOU_CMD_DEL, FOU_VERSION, (attributes) => {
    attributes.networkU16(FOU_ATTR_PORT, port).u8(FOU_ATTR_AF, familyNumber(family));
  });
  return changeRequest("FOU_CMD_DEL", familyId, body);
}

export function getPorts(familyId: number): Request {
  return dumpRequest("FOU_CMD_GET", familyId, genericBody(FOU_CMD_GET, FOU_VERSION));
}

/** `undefined` for another kind of port, or what is malformed. */
export function decodeGuePort({ body }: Message): GuePort | undefined {
  const attributes = decodeCommand(body)?.attributes;
  const family = familyFromNumber(attributes?.u8(FOU_ATTR_AF) ?? 0);
  const port = attributes?.networkU16(FOU_ATTR_PORT);
  if (attributes?.u8(FOU_ATTR_TYPE) !== FOU_ENCAP_GUE || family === undefined || port === undefined)
    return undefined;
  return attributes.error === undefined ? { family, port } : undefined;
}
