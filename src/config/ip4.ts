/** IPv4 addresses as numbers, to see who shares a network with whom. */
import { type IpAddress, ipBytes, ipFromBytes } from "../net/ip.ts";

export const IP4_BITS = 32;

export function ip4Number(address: IpAddress): number {
  return ipBytes(address).reduce((number, byte) => number * 256 + byte, 0);
}

export function ip4FromNumber(number: number): IpAddress {
  return ipFromBytes(Uint8Array.from([24, 16, 8, 0], (shift) => Math.floor(number / 2 ** shift)));
}

/** The first and the last address of a network, as numbers. */
export interface Network {
  readonly first: number;
  readonly last: number;
}

export function networkOf(address: IpAddress, prefixLength: number): Network {
  const size = 2 ** (IP4_BITS - prefixLength);
  const number = ip4Number(address);
  const first = number - (number % size);
  return { first, last: first + size - 1 };
}
