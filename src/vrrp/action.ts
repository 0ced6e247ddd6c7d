/** All that a virtual router asks of the world, as data. Performed in order, before the next input. */
import type { IpAddress } from "../net/ip.ts";
import type { RouterEvent } from "./event.ts";
import type { Transport, VirtualAddress } from "./settings.ts";
import type { Steering } from "./steering.ts";
import type { VirtualLink } from "./virtual-link.ts";

export interface AdvertAction {
  readonly kind: "advert";
  readonly router: string;
  readonly interface: string;
  readonly source: IpAddress;
  /** One for the group, or one for each peer: each has a checksum of its own. TTL 255 is the sender's duty. */
  readonly datagrams: readonly AdvertDatagram[];
}

interface AdvertDatagram {
  readonly destination: IpAddress;
  /** The VRRP message. */
  readonly bytes: Uint8Array;
}

/** What is to be done for a router if its process dies without a word. */
export interface Will {
  readonly vrid: number;
  /** Where its successor may be heard, beside where the goodbye leaves from. */
  readonly virtualLinks: readonly VirtualLink[];
  readonly transport: Transport;
  /** The priority-0 advert to send at once. */
  readonly goodbye: AdvertAction;
  /** Released at the first valid advert of another router with this VRID. */
  readonly addresses: readonly VirtualAddress[];
  /** Goes with them. */
  readonly steering: Steering;
}

/** What the kernel may have something against. */
export type Refusable = "advert" | "hold" | "release" | "announce" | "steer";

export type RouterAction =
  | AdvertAction
  /** Add, or refresh the lifetime of, the addresses. */
  | { readonly kind: "hold"; readonly router: string; readonly addresses: readonly VirtualAddress[] }
  | { readonly kind: "release"; readonly router: string; readonly addresses: readonly VirtualAddress[] }
  /** One announcement (gratuitous ARP) for each address, all in one batch. */
  | { readonly kind: "announce"; readonly router: string; readonly addresses: readonly VirtualAddress[] }
  /** Routes and rules: those of `gone` that are ours go, those of `wanted` come, unless they are there already. */
  | {
      readonly kind: "steer";
      readonly router: string;
      readonly gone: Steering;
      readonly wanted: Steering;
      /** What is there already may be of an earlier run, or a stranger's. */
      readonly anew: boolean;
    }
  | { readonly kind: "will"; readonly router: string; readonly will: Will | undefined }
  | { readonly kind: "event"; readonly event: RouterEvent };
