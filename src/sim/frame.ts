/** What travels on the simulated wire: Ethernet frames as data, adverts in them as real bytes. */
import { Bug } from "../net/bug.ts";
import type { IpAddress } from "../net/ip.ts";
import { type MacAddress, parseMac } from "../net/mac.ts";
import { type Duration, millis, seconds } from "../net/time.ts";

export interface AdvertPayload {
  readonly kind: "advert";
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly ttl: number;
  readonly bytes: Uint8Array;
}

export interface ArpPayload {
  readonly kind: "arp";
  readonly operation: "request" | "reply";
  readonly senderMac: MacAddress;
  readonly senderIp: IpAddress;
  /** Equal to `senderIp` in an announcement (gratuitous ARP). */
  readonly targetIp: IpAddress;
}

export interface Frame {
  readonly source: MacAddress;
  readonly destination: MacAddress;
  readonly payload: AdvertPayload | ArpPayload;
}

export const BROADCAST = mac("ff:ff:ff:ff:ff:ff");
/** The Ethernet group of 224.0.0.18. */
export const VRRP_GROUP = mac("01:00:5e:00:00:12");

/** A locally administered address: `02:00:00:00:<host>:<arm>`. */
export function hostMac(host: number, arm: number): MacAddress {
  const [high, low] = [host, arm].map((number) => number.toString(16).padStart(2, "0"));
  return mac(`02:00:00:00:${high}:${low}`);
}

export function isGroup(address: MacAddress): boolean {
  return (Number.parseInt(address.slice(0, 2), 16) & 1) === 1;
}

interface Header {
  readonly vrid: number;
  readonly priority: number;
  readonly interval: Duration;
}

/**
 * Read straight from the bytes: watchers and the last will must not trust the code under test. Version 3 has its interval
 * in the low 12 bits of bytes 4 and 5, version 2 its seconds in byte 5. `undefined` when it is no advert at all.
 */
export function readAdvert(bytes: Uint8Array): Header | undefined {
  const [versionAndType, vrid, priority, , high, low] = bytes;
  if (vrid === undefined || priority === undefined || high === undefined || low === undefined)
    return undefined;
  if (versionAndType === 0x21) return { vrid, priority, interval: seconds(low) };
  if (versionAndType !== 0x31) return undefined;
  return { vrid, priority, interval: millis(10 * ((high & 0x0f) * 256 + low)) };
}

function mac(text: string): MacAddress {
  const address = parseMac(text);
  if (address === undefined) throw new Bug(`not an Ethernet address: ${text}`);
  return address;
}
