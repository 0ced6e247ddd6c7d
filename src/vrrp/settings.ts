/** What one director is told about one virtual router: the same shape from the cluster file to the engine. */
import type { IpAddress } from "../net/ip.ts";
import type { Duration } from "../net/time.ts";

/** One floating address, on the interface (arm) that carries it. */
export interface VirtualAddress {
  readonly address: IpAddress;
  /** 32 (or 128) unless the cluster file writes another. */
  readonly prefixLength: number;
  readonly interface: string;
}

export interface RouterSettings {
  readonly name: string;
  /** 1 … 255 (RFC 9568 §5.2.3). */
  readonly vrid: number;
  /** Where adverts are sent and heard. */
  readonly interface: string;
  /** 10 ms … 40.95 s, whole centiseconds. */
  readonly interval: Duration;
  /** This director's own: 1 … 254, or 255 for the address owner. */
  readonly priority: number;
  readonly preempt: boolean;
  /** In the order of the file, which is the order on the wire. At least one. */
  readonly addresses: readonly VirtualAddress[];
  /** The longest an orderly stop may take. */
  readonly stopTimeout: Duration;
}
