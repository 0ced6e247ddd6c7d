/** Frames that others put on a wire: `test/golden/packets.json` says who sent each, and what it shows. */
import assert from "node:assert/strict";
import packets from "../golden/packets.json" with { type: "json" };

const ETHERNET_SIZE = 14;
const IP4_HEADER_SIZE = 20;

/** An Ethernet frame, without its frame check sequence. */
export function goldenFrame(name: string): Uint8Array {
  const packet = packets.find((one) => one.name === name);
  assert(packet !== undefined, `no golden packet named ${name}`);
  return fromHex(packet.hex);
}

/** Every frame of a group: `vrrp`, `garp` or `ndp`. */
export function goldenGroup(group: string): Uint8Array[] {
  return packets.filter((one) => one.group === group).map(({ hex }) => fromHex(hex));
}

/** What an IPv4 frame carries: these captures have no IP options and no Ethernet padding. */
export function goldenPayload(name: string): Uint8Array {
  return goldenFrame(name).subarray(ETHERNET_SIZE + IP4_HEADER_SIZE);
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
