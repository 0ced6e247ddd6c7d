/** Announcing IPv4 addresses: gratuitous ARP. */
import { ARP_REPLY, ARP_REQUEST, decodeArp, gratuitousArp } from "../../net/arp.ts";
import { ETHERTYPE_ARP } from "../../net/ethernet.ts";
import type { AnnounceProtocol } from "./announce-socket.ts";
import { isLastWordOf } from "./filter.ts";

/** After the Ethernet header (14), ARP's fixed part (8), and the sender's MAC (6) and IP address (4). */
const SENDER_ADDRESS_END = 32;

export const ARP: AnnounceProtocol = {
  ethertype: ETHERTYPE_ARP,
  filter: (addresses) => isLastWordOf(SENDER_ADDRESS_END, addresses),
  frames({ mac, shared }, addresses) {
    // No cache has to learn a new MAC address, only switches where it is: and they must not learn it from the answer of
    // the one who is just giving the address up.
    const operation = shared ? ARP_REPLY : ARP_REQUEST;
    return addresses.map((address) => gratuitousArp(mac, address, operation));
  },
  heard(frame) {
    const arp = decodeArp(frame);
    return arp === undefined ? undefined : { address: arp.senderAddress, mac: arp.senderMac };
  },
};
