import { MSG_DONTROUTE } from "./constants.ts";
import { type DatagramSocket, handleOf } from "./datagram-socket.ts";
import type { LetterArguments } from "./native.ts";

/** What can be said of one datagram; where it is absent, the kernel decides. */
export interface SendOptions {
  /** The source address, without binding to it. */
  readonly source?: string;
  readonly interfaceIndex?: number;
  readonly ttl?: number;
  /** IPv4 type of service, IPv6 traffic class. */
  readonly tos?: number;
  /** Only to hosts on the link, whatever the routing table says. */
  readonly dontRoute?: boolean;
}

export function letterArguments(
  socket: DatagramSocket,
  bytes: Uint8Array,
  destination?: string,
  options: SendOptions = {},
): LetterArguments {
  const flags = options.dontRoute === true ? MSG_DONTROUTE : 0;
  const { source, interfaceIndex = 0, ttl = -1, tos = -1 } = options;
  return [handleOf(socket), bytes, destination, source, interfaceIndex, ttl, tos, flags];
}
