/** What rtnetlink's notifications tell about interfaces and addresses. */
import { type AddressInfo, decodeAddress, RTM_DELADDR } from "./address.ts";
import { decodeLink, type LinkInfo, RTM_DELLINK } from "./link.ts";
import type { Message } from "./message.ts";

/** Groups to join (linux/rtnetlink.h), by number. */
export const RTNLGRP_LINK = 1;
export const RTNLGRP_IPV4_IFADDR = 5;
export const RTNLGRP_IPV6_IFADDR = 9;

export type RouteChange =
  /** New, or not as it was. */
  | { readonly kind: "link"; readonly link: LinkInfo }
  | { readonly kind: "link-gone"; readonly index: number }
  | { readonly kind: "address"; readonly address: AddressInfo }
  | { readonly kind: "address-gone"; readonly address: AddressInfo };

/** `undefined` for what is about something else, or malformed. */
export function decodeChange(message: Message): RouteChange | undefined {
  const link = decodeLink(message);
  if (link !== undefined) {
    return message.type === RTM_DELLINK ? { kind: "link-gone", index: link.index } : { kind: "link", link };
  }
  const address = decodeAddress(message);
  if (address === undefined) return undefined;
  return { kind: message.type === RTM_DELADDR ? "address-gone" : "address", address };
}
