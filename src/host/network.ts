/** Which interface of a host is in whose network, by its addresses alone. */
import { familyOf, type IpAddress, ipBytes } from "../net/ip.ts";
import type { HostPicture } from "./picture.ts";

const BYTE = 8;

/** @param prefixLength leading bits that both have to share */
export function isInNetwork(address: IpAddress, network: IpAddress, prefixLength: number): boolean {
  if (familyOf(address) !== familyOf(network)) return false;
  const own = ipBytes(network);
  return ipBytes(address).every((byte, index) => {
    const bits = Math.min(BYTE, Math.max(0, prefixLength - index * BYTE));
    const rest = 2 ** (BYTE - bits);
    return Math.floor(byte / rest) === Math.floor((own[index] ?? 0) / rest);
  });
}

/** The interfaces that reach it without a router. */
export function interfacesAt({ addresses }: HostPicture, address: IpAddress): string[] {
  const near = addresses.filter((one) => isInNetwork(address, one.address, one.prefixLength));
  return [...new Set(near.map((one) => one.interface))];
}
