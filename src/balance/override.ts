/** What an operator has said of one server: it counts before everything else, until it is taken back. */
import type { Instant } from "../net/time.ts";

/** Until it is reset; 0 takes no new connections, and the server stays in the table. */
interface FixedWeight {
  readonly kind: "weight";
  readonly weight: number;
}

/** Weight 0, and out of the table when few enough connections are left, or at the deadline. */
interface Drain {
  readonly kind: "drain";
  /** It goes with so many active connections, or fewer. */
  readonly connections: number;
  /** Absent: it waits for as long as they last. */
  readonly deadline?: Instant;
}

export const MAX_WEIGHT = 65_535;

export type Override = (FixedWeight | Drain) & {
  /** Who said it; for people. */
  readonly by: string;
  /** Milliseconds since 1970, for people. */
  readonly at: number;
};

/** By the `serverName` of its server. */
export type Overrides = ReadonlyMap<string, Override>;

/** `web/rs1`: as operators call a server. No name has a slash. */
export function serverName(service: string, server: string): string {
  return `${service}/${server}`;
}
