/** What keeps a router from taking part, and for how long it stays away. Faults never stick. */
import { after, between, type Instant, micros, minutes, seconds } from "../net/time.ts";
import type { Cause } from "./event.ts";
import { armKey, type NodeView, sourceFor } from "./node.ts";
import { interfacesOf, type RouterSettings, type VirtualAddress } from "./settings.ts";
import { failedTrack } from "./tracked.ts";

export type FaultCause = Extract<
  Cause,
  | "link-down"
  | "no-source-address"
  | "track-failed"
  | "group-fault"
  | "address-not-ours"
  | "adverts-refused"
  | "address-missing"
  | "address-contested"
>;

interface Fault {
  readonly cause: FaultCause;
  /** Which interface, address, track or router. */
  readonly detail: string;
}

/** Losses of one address within CONTEST_WINDOW that make a master give way. */
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
  "track-failed": "track-recovered",
  "group-fault": "group-recovered",
  "address-not-ours": "address-freed",
  "adverts-refused": "fault-hold-over",
  "address-missing": "fault-hold-over",
  "address-contested": "fault-hold-over",
};

export class Faults {
  readonly #node: NodeView;
  #last: { readonly cause: FaultCause; readonly at: Instant } | undefined;
  #unexplained = 0;
  readonly #losses = new Map<string, Instant[]>();
  #refusedAdverts = 0;
  #lastRefused = 0;
  /** No retry before this; absent when only the outside is waited for. */
  retryAt: Instant | undefined;

  constructor(node: NodeView) {
    this.#node = node;
  }

  /** What it tracks is down, or its sync group: it should not serve, but could until somebody else does. */
  soft(settings: RouterSettings, now: Instant): Fault | undefined {
    const sibling = this.#node.faultySibling(settings, now);
    if (sibling !== undefined) return { cause: "group-fault", detail: sibling };
    return this.#tracked(settings);
  }

  /** Whether anything is wrong, whatever the others of its sync group do. */
  isFaulty(settings: RouterSettings, held: readonly VirtualAddress[]): boolean {
    return this.hard(settings, held) !== undefined || this.#tracked(settings) !== undefined;
  }

  /** It cannot speak, or not hold its addresses. `held` addresses are on their interfaces because of us. */
  hard(settings: RouterSettings, held: readonly VirtualAddress[]): Fault | undefined {
    for (const name of interfacesOf(settings))
      if (!this.#node.linkUp(name)) return { cause: "link-down", detail: name };
    if (sourceFor(settings, this.#node) === undefined) {
      const { family, source = `IPv${family}` } = settings.transport;
      return { cause: "no-source-address", detail: `${source} on ${settings.interface}` };
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

  /** An address was lost; `true` when that is once too often. All of them lost together are one loss of each. */
  contested(address: VirtualAddress, now: Instant): boolean {
    const key = armKey(address);
    const recent = (this.#losses.get(key) ?? []).filter((at) => between(at, now) < CONTEST_WINDOW);
    this.#losses.set(key, [...recent, now]);
    if (recent.length + 1 < CONTESTED_LOSSES) return false;
    this.#losses.clear();
    return true;
  }

  /** Advert number `sequence` was refused; `true` when so many in a row are missing that a backup is about to claim. */
  advertRefused(sequence: number, { downTimerAdverts }: RouterSettings): boolean {
    this.#refusedAdverts = sequence === this.#lastRefused + 1 ? this.#refusedAdverts + 1 : 1;
    this.#lastRefused = sequence;
    return this.#refusedAdverts >= downTimerAdverts;
  }

  #tracked({ tracks }: RouterSettings): Fault | undefined {
    const failed = failedTrack(tracks, (name) => this.#node.verdictOf(name));
    if (failed === undefined) return undefined;
    return { cause: "track-failed", detail: `${failed.name}: ${failed.detail}` };
  }
}
