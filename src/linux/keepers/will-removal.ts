/** The netlink messages that take addresses, routes and rules away: prepared long before they may be needed. */
import { deleteAddress } from "../../netlink/address.ts";
import { encodeRequest } from "../../netlink/message.ts";
import type { VirtualAddress } from "../../vrrp/settings.ts";
import type { Steering } from "../../vrrp/steering.ts";
import type { Interfaces } from "../netlink/interfaces.ts";
import { deletions } from "../netlink/steering.ts";

const SEQUENCE = 1;

/** `undefined` when the interface is gone, and the address with it. */
export function removalLetter(arm: VirtualAddress, interfaces: Interfaces): Uint8Array | undefined {
  const interfaceIndex = interfaces.link(arm.interface)?.index;
  if (interfaceIndex === undefined) return undefined;
  const { address, prefixLength } = arm;
  return encodeRequest(deleteAddress({ interfaceIndex, address, prefixLength }), SEQUENCE);
}

/** Rules and routes of ours; each is gone alone, whatever becomes of the others. */
export function unsteerLetters(steering: Steering, interfaces: Interfaces): Uint8Array[] {
  const requests = deletions(steering, (name) => interfaces.link(name)?.index);
  return requests.map((request) => encodeRequest(request, SEQUENCE));
}
