/** Netlink messages that others sent, or the kernel answered: `test/golden/netlink.json`, all with sequence number 1 and port 0. */
import assert from "node:assert/strict";
import { type Message, splitMessages } from "../../src/netlink/message.ts";
import messages from "../golden/netlink.json" with { type: "json" };
import { fromHex } from "../support/golden.ts";

export const GOLDEN_NAMES: readonly string[] = messages.map(({ name }) => name);

export function goldenBytes(name: string): Uint8Array {
  const message = messages.find((one) => one.name === name);
  assert(message !== undefined, `no golden message named ${name}`);
  return fromHex(message.hex);
}

export function goldenMessage(name: string): Message {
  const { messages: found, error } = splitMessages(goldenBytes(name));
  assert.equal(error, undefined);
  const [message] = found;
  assert(message !== undefined && found.length === 1);
  return message;
}
