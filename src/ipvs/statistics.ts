/** Counters and rates of a service or a destination. Rates are the kernel's estimate, renewed every two seconds. */
import type { Attributes } from "../netlink/attributes.ts";

export interface Statistics {
  readonly connections: number;
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
  readonly connectionsPerSecond: number;
  readonly inPacketsPerSecond: number;
  readonly outPacketsPerSecond: number;
  readonly inBytesPerSecond: number;
  readonly outBytesPerSecond: number;
}

/** STATS64 has the members of STATS, all of 64 bits: the 32-bit ones wrap, and kernels before 4.1 have nothing else. */
export function decodeStatistics(
  attributes: Attributes | undefined,
  stats64: number,
  stats: number,
): Statistics {
  const nest = attributes?.nested(stats64) ?? attributes?.nested(stats);
  const member = (type: number) => nest?.counter(type) ?? 0;
  return {
    connections: member(1),
    inPackets: member(2),
    outPackets: member(3),
    inBytes: member(4),
    outBytes: member(5),
    connectionsPerSecond: member(6),
    inPacketsPerSecond: member(7),
    outPacketsPerSecond: member(8),
    inBytesPerSecond: member(9),
    outBytesPerSecond: member(10),
  };
}
