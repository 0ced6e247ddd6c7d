/** One leaving: why, whether the successor was heard, and which addresses it has announced by now. */
import { unreachable } from "../net/bug.ts";
import { after, type Duration, type Instant, instant, micros, millis, seconds } from "../net/time.ts";
import type { Cause } from "./event.ts";
import { handOverDeadline, masterDownInterval } from "./intervals.ts";
import { armKey } from "./node.ts";
import { paceOf, type RouterSettings, type VirtualAddress } from "./settings.ts";
import type { RouterEventName } from "./transitions.ts";

export type Purpose = "drill" | "step-down" | "stop" | "better" | "yield" | "adopt";

/** How long an address that its successor does not announce is kept, counted from the successor's advert. */
export const OVERLAP_LIMIT = millis(20);

/** The same where its announcements are yet to come: with a thousand addresses they follow within half a second. */
const LONGEST_WAIT = seconds(1);

/** Whoever speaks after our goodbye has just claimed. */
const AWAITED: ReadonlySet<Purpose> = new Set(["drill", "step-down", "stop"]);

/** How long a leaving without a successor lasts. */
export function leavingTime(purpose: Purpose, settings: RouterSettings): Duration {
  const { priority, stopTimeout } = settings;
  switch (purpose) {
    case "drill":
    case "step-down":
    case "yield":
      return handOverDeadline(settings);
    case "stop":
      return micros(Math.min(handOverDeadline(settings), stopTimeout));
    case "better":
      return OVERLAP_LIMIT;
    case "adopt":
      return masterDownInterval(priority, paceOf(settings));
    default:
      return unreachable(purpose);
  }
}

interface Outcome {
  readonly event: RouterEventName;
  readonly cause: Cause;
}

export class HandOver {
  purpose: Purpose = "better";
  #successorHeard = false;
  readonly #announced = new Set<string>();

  /** A new leaving. One that turns into an orderly stop half-way keeps the successor it has heard. */
  begin(purpose: Purpose, underWay: boolean): void {
    this.purpose = purpose;
    if (underWay) return;
    this.#successorHeard = false;
    this.#announced.clear();
  }

  get successorHeard(): boolean {
    return this.#successorHeard;
  }

  /** `true` the first time. */
  hearSuccessor(): boolean {
    const first = !this.#successorHeard;
    this.#successorHeard = true;
    return first;
  }

  /**
   * When to let go of what the successor, heard now, has not announced. With many addresses, or on a busy machine, it gets
   * to that late; and clients come to us until it does. @param deadline of the leaving
   */
  keptUntil(deadline: Instant | undefined, now: Instant): Instant {
    if (deadline === undefined || !AWAITED.has(this.purpose)) return after(now, OVERLAP_LIMIT);
    return instant(Math.max(after(now, OVERLAP_LIMIT), Math.min(deadline, after(now, LONGEST_WAIT))));
  }

  noteAnnounced(address: VirtualAddress): void {
    this.#announced.add(armKey(address));
  }

  /** Those of `held` that may be let go: the successor has spoken for the router and announced the address. */
  takenOver(held: readonly VirtualAddress[]): VirtualAddress[] {
    return this.#successorHeard ? held.filter((address) => this.#announced.has(armKey(address))) : [];
  }

  /** The successor owns everything. */
  get done(): Outcome {
    switch (this.purpose) {
      case "stop":
        return { event: "handed-over-stopping", cause: "hand-over-done" };
      case "adopt":
        return { event: "handed-over", cause: "leftovers-claimed" };
      case "drill":
      case "step-down":
      case "better":
      case "yield":
        return { event: "handed-over", cause: "hand-over-done" };
      default:
        return unreachable(this.purpose);
    }
  }

  /** The deadline passed and nobody claimed. */
  get expired(): Outcome {
    switch (this.purpose) {
      case "drill":
      case "step-down":
        return { event: "not-taken", cause: "not-taken" };
      case "adopt":
        return { event: "nobody-heard", cause: "leftovers-adopted" };
      case "stop":
        return { event: "let-go", cause: "let-go" };
      case "better":
      case "yield":
        return this.done;
      default:
        return unreachable(this.purpose);
    }
  }
}
