/** What keeps a router from taking part, and for how long it stays away. Faults never stick. */
import type { IpAddress } from "../net/ip.ts";
import { after, between, type Instant, micros, minutes, seconds } from "../net/time.ts";
import type { Cause } from "./event.ts";
import { armKey, type NodeView } from "./node.ts";
import type { RouterSettings, VirtualAddress } from "./settings.ts";

export type FaultCause = Extract<
  Cause,
  | "link-down"
  | "no-source-address"
  | "address-not-ours"
  | "adverts-refused"
  | "address-missing"
  | "address-contested"
>;

/** Refusals of the kernel in a row that make a master give way. */
const REFUSED_ADVERTS = 3;
/** Losses of an address within CONTEST_WINDOW that make a master give way. */
const CONTESTED_LOSSES = 3;
const CONTEST_WINDOW = seconds(60);
/** A fault that nothing outside explains is retried after 1 s, 2 s, 4 s … up to a minute. */
const FIRST_HOLD = seconds(1);
const LONGEST_HOLD = seconds(60);
/** A router that was healthy for so long starts again with the shortest hold. */
const FORGIVEN_AFTER = minutes(10);

const RECOVERIES: Readonly<Record<FaultCause, Cause>> = {
  "link-down": "link-up",
  "no-source-address": "source-address-found",
  "address-not-ours": "address-freed",
  "adverts-refused": "fault-hold-over",
  "address-missing": "fault-hold-over",
  "address-contested": "fault-hold-over",
};

export class Faults {
  readonly #node: NodeView;
  #last: { readonly cause: FaultCause; readonly at: Instant } | undefined;
  #unexplained = 0;
  #losses: Instant[] = [];
  #refusedAdverts = 0;
  #lastRefused = 0;
  /** No retry before this; absent when only the outside is waited for. */
  retryAt: Instant | undefined;

  constructor(node: NodeView) {
    this.#node = node;
  }

  /** What is wrong around the router now. `held` addresses are on their interfaces because of us. */
  present(
    settings: RouterSettings,
    held: readonly VirtualAddress[],
  ): { readonly cause: FaultCause; readonly detail: string } | undefined {
    const interfaces = new Set([settings.interface, ...settings.addresses.map((arm) => arm.interface)]);
    for (const name of interfaces) if (!this.#node.linkUp(name)) return { cause: "link-down", detail: name };
    if (this.#node.sourceOf(settings.interface) === undefined) {
      return { cause: "no-source-address", detail: settings.interface };
    }
    if (held.length > 0) return undefined;
    const foreign = settings.addresses.find((arm) => this.#node.present(arm) && !this.#node.ours(arm));
    return foreign === undefined ? undefined : { cause: "address-not-ours", detail: armKey(foreign) };
  }

  note(cause: FaultCause, now: Instant): void {
    if (this.#last !== undefined && between(this.#last.at, now) > FORGIVEN_AFTER) this.#unexplained = 0;
    this.#last = { cause, at: now };
    this.#refusedAdverts = 0;
    this.retryAt = undefined;
    if (RECOVERIES[cause] !== "fault-hold-over") return;
    const hold = Math.min(FIRST_HOLD * 2 ** this.#unexplained, LONGEST_HOLD);
    this.#unexplained += 1;
    this.retryAt = after(now, micros(hold));
  }

  mayRetry(now: Instant): boolean {
    return this.retryAt === undefined || this.retryAt <= now;
  }

  /** The cause to name when the router takes part again. */
  recovery(): Cause {
    return this.#last === undefined ? "startup" : RECOVERIES[this.#last.cause];
  }

  /** An address was lost; `true` when that is once too often. */
  contested(now: Instant): boolean {
    this.#losses = this.#losses.filter((at) => between(at, now) < CONTEST_WINDOW);
    this.#losses.push(now);
    if (this.#losses.length < CONTESTED_LOSSES) return false;
    this.#losses = [];
    return true;
  }

  /** Advert number `sequence` was refused; `true` at the third in a row. */
  advertRefused(sequence: number): boolean {
    this.#refusedAdverts = sequence === this.#lastRefused + 1 ? this.#refusedAdverts + 1 : 1;
    this.#lastRefused = sequence;
    return this.#refusedAdverts >= REFUSED_ADVERTS;
  }
}

/** Peers whose address list differs from ours: told once each, for as many peers as a segment sensibly has. */
export class Differences {
  static readonly #LIMIT = 16;
  readonly #seen = new Map<IpAddress, string>();

  /** `true` when this list of this peer has not been told yet. */
  isNew(source: IpAddress, addresses: readonly IpAddress[]): boolean {
    const list = addresses.join();
    if (this.#seen.get(source) === list) return false;
    if (this.#seen.size >= Differences.#LIMIT) this.#seen.clear();
    this.#seen.set(source, list);
    return true;
  }
}
