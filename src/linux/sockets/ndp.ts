/** Announcing IPv6 addresses: unsolicited neighbour advertisements. */
import { readFileSync } from "node:fs";
import { ETHERNET_SIZE, ETHERTYPE_IPV6 } from "../../net/ethernet.ts";
import { IP6_SIZE } from "../../net/ip.ts";
import {
  decodeNeighborAdvertisement,
  NEIGHBOR_ADVERTISEMENT,
  PROTOCOL_ICMPV6,
  unsolicitedAdvertisement,
} from "../../net/ndp.ts";
import type { AnnounceProtocol } from "./announce-socket.ts";
import { isByte, isLastWordOf } from "./filter.ts";

const NEXT_HEADER_OFFSET = ETHERNET_SIZE + 6;
const IP6_HEADER_SIZE = 40;
const TYPE_OFFSET = ETHERNET_SIZE + IP6_HEADER_SIZE;
const TARGET_OFFSET = TYPE_OFFSET + 8;

export const NDP: AnnounceProtocol = {
  ethertype: ETHERTYPE_IPV6,
  filter: (addresses) => [
    ...isByte(NEXT_HEADER_OFFSET, PROTOCOL_ICMPV6),
    ...isByte(TYPE_OFFSET, NEIGHBOR_ADVERTISEMENT),
    ...isLastWordOf(TARGET_OFFSET + IP6_SIZE, addresses),
  ],
  frames({ interface: name, mac }, addresses) {
    const router = forwards(name);
    return addresses.map((address) => unsolicitedAdvertisement(mac, address, router));
  },
  heard(frame) {
    const { target: address, targetMac: mac } = decodeNeighborAdvertisement(frame) ?? {};
    return address === undefined || mac === undefined ? undefined : { address, mac };
  },
};

/** Whether this host is an IPv6 router there: its neighbours believe what the advertisement says about that. */
function forwards(interfaceName: string): boolean {
  try {
    return readFileSync(`/proc/sys/net/ipv6/conf/${interfaceName}/forwarding`, "utf8").trim() !== "0";
  } catch {
    return false;
  }
}
