/** What a VRRP socket delivers. */
import type { IpAddress } from "../net/ip.ts";
import type { Instant } from "../net/time.ts";

/** One datagram of IP protocol 112, without its IP header. */
export interface ReceivedPacket {
  readonly interface: string;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly ttl: number;
  readonly bytes: Uint8Array;
  /** When the kernel received it: now minus its age in the socket's queue. */
  readonly receivedAt: Instant;
  /** How many of them were received, this one the last; absent: one. */
  readonly times?: number;
}
