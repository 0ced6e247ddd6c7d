/** Generic netlink (linux/genetlink.h): commands of a family, and the controller that knows each family's number. */
import { Attributes, AttributeWriter } from "./attributes.ts";
import { HostReader, HostWriter } from "./host-bytes.ts";
import { changeRequest, type Message, type Request } from "./message.ts";

const GENL_ID_CTRL = 16;
const CTRL_VERSION = 1;
const CTRL_CMD_NEWFAMILY = 1;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;

/** A message of a family. */
export interface Command {
  readonly command: number;
  readonly attributes: Attributes;
}

/** `struct genlmsghdr` (command u8, version u8, reserved u16), then attributes. */
export function genericBody(
  command: number,
  version: number,
  fill?: (attributes: AttributeWriter) => void,
): Uint8Array {
  const out = new HostWriter().u8(command).u8(version).u16(0);
  fill?.(new AttributeWriter(out));
  return out.finish();
}

export function decodeCommand(body: Uint8Array): Command | undefined {
  const reader = new HostReader(body);
  const command = reader.u8();
  reader.skip(3);
  const attributes = new Attributes(reader.rest());
  return reader.error === undefined && attributes.error === undefined ? { command, attributes } : undefined;
}

/** Asks for a family's number. The kernel loads a module that calls itself so; ENOENT when there is none. */
export function getFamily(name: string): Request {
  const body = genericBody(CTRL_CMD_GETFAMILY, CTRL_VERSION, (attributes) =>
    attributes.text(CTRL_ATTR_FAMILY_NAME, name),
  );
  return changeRequest("CTRL_CMD_GETFAMILY", GENL_ID_CTRL, body);
}

/** The family's number, which holds until the next boot at the longest. */
export function decodeFamily({ type, body }: Message): number | undefined {
  const message = type === GENL_ID_CTRL ? decodeCommand(body) : undefined;
  if (message?.command !== CTRL_CMD_NEWFAMILY) return undefined;
  return message.attributes.u16(CTRL_ATTR_FAMILY_ID);
}
