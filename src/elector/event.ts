/** What the elector tells about itself: its routers' events, and those of the node as a whole. */
import type { IpAddress } from "../net/ip.ts";
import type { DropReason } from "../vrrp/drop.ts";
import type { RouterEvent } from "../vrrp/event.ts";

export type ElectorEvent =
  | RouterEvent
  /** Rate-limited: `count` datagrams of this reason and source since the last such event. */
  | {
      readonly kind: "drop";
      readonly interface: string;
      readonly source: IpAddress;
      readonly reason: DropReason;
      readonly count: number;
    }
  | { readonly kind: "adopted"; readonly added: readonly string[]; readonly removed: readonly string[] }
  /** Something that routers track. */
  | { readonly kind: "track"; readonly track: string; readonly up: boolean; readonly detail: string }
  /** This director stays behind all others from now on, or no longer. */
  | { readonly kind: "standby"; readonly on: boolean }
  | { readonly kind: "ready"; readonly because: "balancer" | "deadline" };
