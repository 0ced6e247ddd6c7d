/** An interface of a router's own that has the virtual router's MAC address, for one family (RFC 9568 §7.3). */
import type { Family } from "../net/ip.ts";
import { type MacAddress, macFromBytes } from "../net/mac.ts";

export interface VirtualLink {
  readonly name: string;
  readonly family: Family;
  /** The interface that it stands on. */
  readonly parent: string;
  readonly mac: MacAddress;
}

/** 00-00-5E-00-01-{VRID}, over IPv6 00-00-5E-00-02-{VRID}. */
export function virtualMac(vrid: number, family: Family): MacAddress {
  return macFromBytes(Uint8Array.of(0x00, 0x00, 0x5e, 0x00, family === 4 ? 1 : 2, vrid));
}

export function isVirtualMac(mac: MacAddress): boolean {
  return /^00:00:5e:00:0[12]:/.test(mac);
}
