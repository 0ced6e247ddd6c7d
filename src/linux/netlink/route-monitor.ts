/** Hears what happens to interfaces and addresses. What it lost in a burst it says, so that somebody looks again. */
import { NetlinkSocket } from "dgram-extras";
import {
  decodeChange,
  type RouteChange,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_LINK,
} from "../../netlink/change.ts";
import { splitMessages } from "../../netlink/message.ts";

const NETLINK_ROUTE = 0;
/** A burst of 200 changed links is 300 kB. */
const RECEIVE_BUFFER = 2 * 1_048_576;

interface Heard {
  readonly changes: readonly RouteChange[];
  /** Notifications were lost: only a full dump tells how things are. */
  readonly overrun: boolean;
}

export class RouteMonitor {
  readonly #socket: NetlinkSocket;
  #overrun = false;

  constructor(wake: () => void, namespace?: string) {
    this.#socket = new NetlinkSocket({
      protocol: NETLINK_ROUTE,
      groups: [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR],
      receiveBuffer: RECEIVE_BUFFER,
      ...(namespace === undefined ? {} : { namespace }),
    });
    this.#socket.onReadable(wake);
    this.#socket.onError(() => {
      this.#overrun = true;
      wake();
    });
  }

  drain(): Heard {
    const changes = this.#socket.drain().flatMap((datagram) => {
      return splitMessages(datagram).messages.flatMap((message) => decodeChange(message) ?? []);
    });
    const overrun = this.#overrun;
    this.#overrun = false;
    return { changes, overrun };
  }

  close(): void {
    this.#socket.close();
  }
}
