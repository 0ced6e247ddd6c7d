/** All that can happen to a director's elector, as data. The edge makes these; the simulator makes the same ones. */
import type { Family, IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import type { Instant } from "../net/time.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { Refusable } from "../vrrp/action.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import type { Marks } from "../vrrp/seal.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import type { TrackReport } from "./tracks.ts";

export type ElectorInput =
  /** The complete new list of routers; what stands already is adopted in place. */
  | {
      readonly kind: "configure";
      readonly routers: readonly RouterSettings[];
      /** `arm()` keys of the addresses that the journal says we created: leftovers of an earlier run. */
      readonly journal: ReadonlySet<string>;
    }
  /** What UTC is now, microseconds since 1970: signatures are dated with it. Said again when it was set. */
  | { readonly kind: "clock"; readonly unixMicros: number }
  /** Of an earlier run, by the routers' names; before the routers. */
  | { readonly kind: "marks"; readonly marks: Readonly<Record<string, Marks>> }
  | { readonly kind: "packet"; readonly packet: ReceivedPacket }
  /**
   * `nextDeadline()` has passed. `heardUntil`: packets received later may still wait in a socket; absent: none does.
   * Nobody is taken for silent by a packet that has not been read. `behind`: the kernel has yet to be asked for some of
   * what earlier actions want, or was asked just now. No address is missed meanwhile.
   */
  | { readonly kind: "tick"; readonly heardUntil?: Instant; readonly behind?: true }
  | { readonly kind: "link"; readonly interface: string; readonly up: boolean }
  /** An interface's own address of this family that adverts leave from; over IPv6 it is link-local. */
  | {
      readonly kind: "source";
      readonly interface: string;
      readonly family: Family;
      readonly address: IpAddress | undefined;
    }
  /** An address came to or went from one of our own interfaces, whoever did it. */
  | {
      readonly kind: "address";
      readonly interface: string;
      readonly address: IpAddress;
      readonly present: boolean;
    }
  /** Someone else announced an address on this link (ARP sender, or NA target): a successor, or a thief. */
  | {
      readonly kind: "announcement";
      readonly interface: string;
      readonly address: IpAddress;
      readonly mac: MacAddress;
    }
  /** The kernel refused an action that `handle` returned. Reported before any later input. */
  | {
      readonly kind: "refused";
      readonly router: string;
      readonly action: Refusable;
      readonly refusal: KernelRefusal;
    }
  /** The actions of the last input took long to perform: what was said in them left only now. */
  | { readonly kind: "performed" }
  /** What was put off, of earlier ones, took long. */
  | { readonly kind: "worked" }
  /** The balancer, again and again: what routers track. */
  | ({ readonly kind: "track" } & TrackReport)
  /** The balancer: tables written, every check tried once. */
  | { readonly kind: "ready" }
  /** Hand the address over, then stay behind whatever the priorities say. */
  | { readonly kind: "drill" }
  /** Hand the address over once; what the priorities say afterwards counts. */
  | { readonly kind: "step-down" }
  /** From now on stay behind everybody else who is there, or no longer. */
  | { readonly kind: "standby"; readonly on: boolean }
  /** Hand over and end: the orderly stop. Said twice, it lets go at once. */
  | { readonly kind: "stop" };

export type Tick = Extract<ElectorInput, { kind: "tick" }>;
