/** What a virtual router tells about itself. Every transition and every refusal to act has a named cause. */
import type { IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import type { Duration } from "../net/time.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { State } from "./state.ts";

/** Why a router changed its state. */
export const CAUSES = {
  startup: "the router was configured and its link and source address are there",
  owner: "priority 255: this director owns the addresses and waits for nobody",
  "leftover-addresses": "the addresses of an earlier run are still here: kept while listening",
  "leftovers-claimed": "a master was heard: the leftover addresses are its own now",
  "leftovers-adopted": "nobody was heard for a master-down time: the leftover addresses stay, served",
  "master-silent": "no advert arrived within the master-down interval",
  "master-left": "the master said goodbye (priority 0) and nobody better claimed within our skew time",
  preempts: "only a master with a lower priority was heard, and this router takes its place",
  "better-master": "an advert with a higher priority, or an equal one from a higher address",
  "not-heard":
    "a master that should have given way went on for four intervals: it does not hear us (or, an owner, heeds nobody), so we give way",
  "hand-over-done": "the successor announced the addresses, or its announcements were waited for in vain",
  "not-taken": "nobody claimed within the hand-over's deadline: called off",
  "let-go": "the deadline of an orderly stop passed without a successor, or a second stop was asked for",
  drill: "a fail-over drill was asked for",
  "step-down": "the addresses were to be handed over once",
  stop: "an orderly stop was asked for",
  removed: "the router is no longer in the cluster file, or lives on with another identity",
  "link-down": "an interface of the router is down or gone",
  "link-up": "every interface of the router is up again",
  "no-source-address": "its interface has no address to send adverts from",
  "source-address-found": "its interface has an address to send adverts from again",
  "track-failed": "something that the router tracks without a weight is down",
  "track-recovered": "everything that the router tracks without a weight is up again",
  "group-fault": "another router of its sync group is in Fault",
  "group-recovered": "every router of its sync group can take part again",
  "group-yields": "another router of its sync group gave way to a master elsewhere",
  "adverts-refused": "the kernel refused as many adverts in a row as make a backup claim (three by default)",
  "address-missing": "an address was not present three intervals after claiming",
  "address-contested": "an address of ours was removed by somebody for the third time within a minute",
  "address-not-ours": "an address is on its interface already and no journal of ours names it",
  "address-freed": "the address that was not ours is gone",
  "fault-hold-over": "the waiting time after a fault is over",
} as const;

export type Cause = keyof typeof CAUSES;

export type RouterEvent =
  /** By what the router tracks. */
  | {
      readonly kind: "priority";
      readonly router: string;
      readonly from: number;
      readonly to: number;
      readonly detail: string;
    }
  /** It takes part in the election only after this. */
  | { readonly kind: "start-delayed"; readonly router: string; readonly wait: Duration }
  | {
      readonly kind: "transition";
      readonly router: string;
      readonly from: State;
      readonly to: State;
      readonly cause: Cause;
      /** Who or what it was: the peer's address and priority, the interface, the kernel's text. */
      readonly detail: string;
    }
  /** What a router that only observes would do. */
  | {
      readonly kind: "would-change";
      readonly router: string;
      readonly from: State;
      readonly to: State;
      readonly cause: Cause;
      readonly detail: string;
    }
  | { readonly kind: "drill-refused"; readonly router: string; readonly reason: "owner" | "not-master" }
  | {
      readonly kind: "refused";
      readonly router: string;
      readonly action: string;
      readonly refusal: KernelRefusal;
    }
  | {
      readonly kind: "stall";
      readonly router: string;
      readonly lateness: Duration;
      readonly listening: Duration;
    }
  /** Its master's time was over while this process stood still: it may have spoken, or slept as well. */
  | {
      readonly kind: "silence-doubted";
      readonly router: string;
      readonly stoodStill: Duration;
      /** For so long once more. */
      readonly waiting: Duration;
    }
  | {
      readonly kind: "interval-learned";
      readonly router: string;
      readonly from: IpAddress;
      readonly interval: Duration;
    }
  /** Half of what two clocks may differ is used up; beyond the whole, nobody is believed. */
  | {
      readonly kind: "clock-skew";
      readonly router: string;
      readonly from: IpAddress;
      /** Whole seconds by which the other clock is ahead of ours; negative: behind. */
      readonly ahead: number;
      readonly window: Duration;
    }
  /** Two directors have priority 255. `own` is the address that our adverts leave from. */
  | {
      readonly kind: "duplicate-owner";
      readonly router: string;
      readonly own: IpAddress;
      readonly from: IpAddress;
    }
  | {
      readonly kind: "addresses-differ";
      readonly router: string;
      readonly from: IpAddress;
      readonly theirs: readonly IpAddress[];
    }
  | {
      readonly kind: "address-lost";
      readonly router: string;
      readonly address: IpAddress;
      readonly interface: string;
    }
  | {
      readonly kind: "foreign-announcement";
      readonly router: string;
      readonly address: IpAddress;
      readonly mac: MacAddress;
    };
