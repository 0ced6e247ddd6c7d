/** The Internet checksum (RFC 1071) and the pseudo-headers of IPv4 and IPv6 (RFC 793 §3.1, RFC 8200 §8.1). */
import { sumWords } from "./bytes.ts";
import { type IpAddress, ipWords } from "./ip.ts";

/**
 * The checksum of a message whose checksum field holds zero, as the 16-bit value to store there.
 * Over a message that carries its checksum the result is 0 when, and only when, that checksum is right.
 *
 * @param pseudoHeader from `pseudoHeaderSum`, where the protocol has one
 */
export function internetChecksum(message: Uint8Array, pseudoHeader = 0): number {
  let sum = pseudoHeader + sumWords(message);
  while (sum > 0xffff) sum = (sum % 0x1_0000) + Math.floor(sum / 0x1_0000);
  return 0xffff - sum;
}

/**
 * What a pseudo-header adds to the sum: both addresses, the protocol number and the length of the message.
 * IPv4 and IPv6 place these fields differently, and a sum does not care about places.
 */
export function pseudoHeaderSum(
  source: IpAddress,
  destination: IpAddress,
  protocol: number,
  length: number,
): number {
  return ipWords(source) + ipWords(destination) + protocol + length;
}
