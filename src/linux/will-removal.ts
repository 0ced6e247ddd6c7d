/** The netlink message that takes an address off its interface: prepared long before it may be needed. */
import { deleteAddress } from "../netlink/address.ts";
import { encodeRequest } from "../netlink/message.ts";
import type { VirtualAddress } from "../vrrp/settings.ts";
import type { Interfaces } from "./interfaces.ts";

const SEQUENCE = 1;

/** `undefined` when the interface is gone, and the address with it. */
export function removalLetter(arm: VirtualAddress, interfaces: Interfaces): Uint8Array | undefined {
  const interfaceIndex = interfaces.link(arm.interface)?.index;
  if (interfaceIndex === undefined) return undefined;
  const { address, prefixLength } = arm;
  return encodeRequest(deleteAddress({ interfaceIndex, address, prefixLength }), SEQUENCE);
}
