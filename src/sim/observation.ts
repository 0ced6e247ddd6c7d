/** What can be seen of a simulated cluster from outside. Watchers judge these and nothing else. */
import type { ElectorInput } from "../elector/input.ts";
import type { IpAddress } from "../net/ip.ts";
import type { Duration, Instant } from "../net/time.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import type { State } from "../vrrp/state.ts";

export type Observation =
  /** An elector process begins or ends; `how` in words. */
  | { readonly kind: "process"; readonly node: string; readonly runs: boolean; readonly how: string }
  | { readonly kind: "asked"; readonly node: string; readonly what: "stop" | "drill" }
  /** Its balancer says that it is ready. */
  | { readonly kind: "ready"; readonly node: string }
  | { readonly kind: "asleep"; readonly node: string; readonly why: "stall" | "pause" }
  | { readonly kind: "awake"; readonly node: string }
  /** A link, a cut, or the weather changed. */
  | { readonly kind: "network" }
  | {
      readonly kind: "transition";
      readonly node: string;
      readonly router: string;
      readonly from: State;
      readonly to: State;
      readonly cause: string;
    }
  /** It has adopted another file. */
  | { readonly kind: "reloaded"; readonly node: string }
  /** An advert leaves the process, while it handles an input of this kind. */
  | {
      readonly kind: "sent";
      readonly node: string;
      readonly router: string;
      readonly priority: number;
      readonly during: ElectorInput["kind"];
    }
  /** An advert of another director is handed to the engine, `age` after the kernel received it. */
  | {
      readonly kind: "heard";
      readonly node: string;
      readonly router: string;
      readonly priority: number;
      readonly interval: Duration;
      readonly age: Duration;
    }
  | { readonly kind: "held"; readonly node: string; readonly router: string; readonly address: IpAddress }
  | {
      readonly kind: "released";
      readonly node: string;
      readonly router: string;
      readonly address: IpAddress;
      readonly by: "elector" | "will" | "operator" | "lifetime" | "reboot";
    }
  | { readonly kind: "announced"; readonly node: string; readonly router: string }
  /** One input has been handled and all its actions performed. */
  | { readonly kind: "handled"; readonly node: string }
  /** The engine threw, or asks for ticks without end. */
  | { readonly kind: "bug"; readonly node: string; readonly text: string }
  /** The last fault is over, and long enough ago: one master, please. */
  | { readonly kind: "settled" };

/** What a watcher may ask of the cluster beside what it saw. */
export interface World {
  readonly nodes: readonly string[];
  /** Those that its elector goes by. */
  settings(node: string): readonly RouterSettings[];
  /** The router's configured priority with the weights of what its elector was told, by the file's rule. */
  priority(node: string, router: string): number | undefined;
  /** The shortest and the longest interval that the router has had so far, on any director. */
  intervals(router: string): { readonly shortest: Duration; readonly longest: Duration };
  /** Likewise: how many adverts must be missing before a backup claims. */
  missingAdverts(router: string): { readonly fewest: number; readonly most: number };
  /** What a question and its answer take at most: twice the wire, and two processes that wake up. */
  roundTrip(): Duration;
  /** `undefined` while no elector runs there. */
  state(node: string, router: string): State | undefined;
  /** Does a process run there that is neither stalled nor paused? */
  awake(node: string): boolean;
  /** Awake, both of them, and every frame between them arrives, in order. */
  healthy(one: string, other: string): boolean;
  /** The router's addresses that are on the director's interfaces, put there by us; also those of an earlier file. */
  held(node: string, router: string): readonly IpAddress[];
  /** The addresses that the router's last will names; `undefined` while none is stored. */
  willed(node: string, router: string): readonly IpAddress[] | undefined;
  /** Does its kernel refuse to send adverts, or to hold addresses, now? */
  refuses(node: string, what: "advert" | "hold"): boolean;
  isHeldBack(node: string, router: string): boolean;
  /** Who should get the traffic and does not: one line for each switch or client that is wrong. */
  misled(node: string, router: string): readonly string[];
}

export interface Violation {
  readonly at: Instant;
  readonly watcher: string;
  readonly text: string;
}

export interface Watcher {
  readonly name: string;
  see(at: Instant, observation: Observation): void;
  /** The run ends here, in quiet. */
  finish(at: Instant): void;
}

/** A watcher's way to speak. */
export type Report = (at: Instant, watcher: string, text: string) => void;
