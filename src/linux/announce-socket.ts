/** What announces addresses on an interface, and hears when somebody else does: ARP for IPv4, NDP for IPv6. */
import type { IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";

export interface AnnounceLink {
  readonly interface: string;
  readonly index: number;
  readonly mac: MacAddress;
}

export interface HeardAnnouncement {
  readonly interface: string;
  readonly address: IpAddress;
  readonly mac: MacAddress;
}

export interface AnnounceSocket {
  announce(addresses: readonly IpAddress[]): void;
  drain(): HeardAnnouncement[];
  close(): void;
}
