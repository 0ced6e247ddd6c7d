/** Hears that somebody has changed a table of nftables, or has removed it. We ourselves are somebody, too. */
import { NetlinkSocket } from "dgram-extras";
import { splitMessages } from "../../netlink/message.ts";
import { changedTable, NFNLGRP_NFTABLES } from "../../netlink/nft-change.ts";
import { NETLINK_NETFILTER } from "../../netlink/nftables.ts";
import { refusalOf } from "../refusal.ts";

/**
 * Of family inet. Where the kernel tells nothing, nothing is heard: look now and then all the same.
 *
 * @param changed also when notifications were lost in a burst
 * @param namespace as of `NetlinkChannel`
 * @returns ends it
 */
export function watchTable(table: string, changed: () => void, namespace?: string): () => void {
  let socket: NetlinkSocket | undefined;
  refusalOf(() => {
    const place = namespace === undefined ? {} : { namespace };
    const heard = new NetlinkSocket({ protocol: NETLINK_NETFILTER, groups: [NFNLGRP_NFTABLES], ...place });
    socket = heard;
    heard.onReadable(() => {
      const messages = heard.drain().flatMap((datagram) => splitMessages(datagram).messages);
      if (messages.some((message) => changedTable(message) === table)) changed();
    });
    heard.onError(changed);
  });
  return () => socket?.close();
}
