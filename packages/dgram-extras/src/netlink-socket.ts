/** AF_NETLINK: talks to the kernel only; what other processes send here is ignored. */
import {
  AF_NETLINK,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
  SOCK_RAW,
  SOL_NETLINK,
} from "./constants.ts";
import { DatagramSocket, DRAIN_LIMIT, handleOf, type SocketOptions } from "./datagram-socket.ts";
import { letterArguments } from "./letter.ts";
import { native } from "./native.ts";
import { checked, SystemError } from "./system-error.ts";

export interface NetlinkSocketOptions extends SocketOptions {
  /** NETLINK_ROUTE 0, NETLINK_GENERIC 16 … */
  readonly protocol: number;
  /** Multicast groups by number (RTNLGRP_LINK = 1), not by mask. */
  readonly groups?: readonly number[];
}

/**
 * Extended ACKs are on and do not repeat the request; route sockets check strictly. Use one socket for requests and
 * another for groups: notifications would mix with replies, and an overrun (ENOBUFS) would lose them.
 */
export class NetlinkSocket extends DatagramSocket {
  readonly #subject: string;

  constructor(options: NetlinkSocketOptions) {
    const { protocol, groups = [] } = options;
    const subject = `netlink ${protocol}`;
    super({ domain: AF_NETLINK, type: SOCK_RAW, protocol }, subject, options, (setUp) => {
      setUp.option(SOL_NETLINK, NETLINK_EXT_ACK, 1);
      setUp.option(SOL_NETLINK, NETLINK_CAP_ACK, 1);
      if (protocol === NETLINK_ROUTE) setUp.option(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
      setUp.bind(undefined);
      for (const group of groups) setUp.option(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
    });
    this.#subject = subject;
  }

  send(message: Uint8Array): void {
    checked(native.send(...letterArguments(this, message)), "sendto", this.#subject);
  }

  /**
   * Sends, then blocks until `done` says that a datagram was the last one; returns all of them. May begin with late
   * answers to an earlier request that timed out: compare sequence numbers. Throws SystemError, ETIMEDOUT at the deadline.
   */
  request(message: Uint8Array, timeoutMs: number, done: (datagram: Uint8Array) => boolean): Uint8Array[] {
    const deadline = native.monotonicMicros() + timeoutMs * 1_000;
    this.send(message);
    const replies: Uint8Array[] = [];
    for (;;) {
      const reply = native.receive(handleOf(this), deadline);
      if (typeof reply === "number") throw new SystemError(-reply, "recvmsg", this.#subject);
      replies.push(reply);
      if (done(reply)) return replies;
    }
  }

  /** One element for each datagram, which may hold several messages. */
  drain(limit: number = DRAIN_LIMIT): Uint8Array[] {
    return this.take<Uint8Array>(limit);
  }
}
