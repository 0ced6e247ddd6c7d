/** What the elector tells about itself: its routers' events, and those of the node as a whole. */
import type { IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
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
  /** Told once of each neighbour and cluster file, as the two below. No director of the file speaks from there. */
  | {
      readonly kind: "stranger";
      readonly router: string;
      readonly from: IpAddress;
      readonly priority: number;
    }
  | {
      readonly kind: "checksum-differs";
      readonly router: string;
      readonly from: IpAddress;
      readonly theirs: "pseudo-header" | "plain";
    }
  /** Our adverts leave from this address. */
  | {
      readonly kind: "own-address-elsewhere";
      readonly interface: string;
      readonly address: IpAddress;
      readonly mac: MacAddress;
    }
  | { readonly kind: "adopted"; readonly added: readonly string[]; readonly removed: readonly string[] }
  /** Something that routers track. */
  | { readonly kind: "track"; readonly track: string; readonly up: boolean; readonly detail: string }
  /** This director stays behind all others from now on, or no longer. */
  | { readonly kind: "standby"; readonly on: boolean }
  | { readonly kind: "ready"; readonly because: "balancer" | "deadline" };
