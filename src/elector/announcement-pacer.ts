/**
 * Lets announcements go out one by one where the cluster file asks for a distance: some switches take only so many.
 *
 * An address waits once, however often it is asked for, so that no line is longer than there are addresses. What waits
 * is looked at again before it goes out: by then the address may be somebody else's.
 */
import { after, type Duration, earliest, type Instant, micros } from "../net/time.ts";
import type { RouterAction } from "../vrrp/action.ts";
import { armKey } from "../vrrp/node.ts";
import type { VirtualRouter } from "../vrrp/router.ts";
import type { RouterSettings, VirtualAddress } from "../vrrp/settings.ts";

type AnnounceAction = Extract<RouterAction, { kind: "announce" }>;

interface Waiting {
  readonly router: string;
  readonly address: VirtualAddress;
  /** Frames that are still to be sent. */
  readonly frames: number;
}

/** Of one interface. */
interface Line {
  readonly pace: Duration;
  /** By `armKey`; the first is next. */
  readonly waiting: Map<string, Waiting>;
  /** Nothing before this. */
  next: Instant;
}

/** Hardly any cluster file asks for a pace, and this is asked for with every packet. */
const NOTHING: readonly AnnounceAction[] = [];

export class Pacer {
  #lines = new Map<string, Line>();

  /** On an interface the longest pace counts of all routers that have addresses there. */
  adopt(routers: readonly RouterSettings[], now: Instant): void {
    const paces = new Map<string, number>();
    for (const { announce, addresses } of routers) {
      if (announce.pace === 0) continue;
      for (const { interface: name } of addresses)
        paces.set(name, Math.max(announce.pace, paces.get(name) ?? 0));
    }
    const before = this.#lines;
    this.#lines = new Map(
      Array.from(paces, ([name, pace]) => {
        const { waiting, next } = before.get(name) ?? { waiting: new Map<string, Waiting>(), next: now };
        return [name, { pace: micros(pace), waiting, next }];
      }),
    );
  }

  /** What need not wait; the rest comes out of `due`. */
  admit(action: AnnounceAction): AnnounceAction[] {
    if (this.#lines.size === 0) return [action];
    const prompt: VirtualAddress[] = [];
    const frames = new Map<string, number>();
    for (const address of action.addresses) {
      const line = this.#lines.get(address.interface);
      if (line === undefined) {
        prompt.push(address);
        continue;
      }
      const key = armKey(address);
      const wanted = (frames.get(key) ?? 0) + 1;
      frames.set(key, wanted);
      const { router, frames: waiting = 0 } = line.waiting.get(key) ?? {};
      const most = router === action.router ? Math.max(waiting, wanted) : wanted;
      line.waiting.set(key, { router: action.router, address, frames: most });
    }
    return prompt.length === 0 ? [] : [{ ...action, addresses: prompt }];
  }

  /** One frame at the most for each interface. */
  due(now: Instant, named: (router: string) => VirtualRouter | undefined): readonly AnnounceAction[] {
    if (this.#lines.size === 0) return NOTHING;
    const actions: AnnounceAction[] = [];
    for (const line of this.#lines.values()) {
      if (line.next > now) continue;
      const first = takeFirst(line.waiting, ({ router, address }) => {
        const owner = named(router);
        return owner?.mayAnnounce === true && owner.holds(address);
      });
      if (first === undefined) continue;
      actions.push({ kind: "announce", router: first.router, addresses: [first.address] });
      line.next = after(now, line.pace);
    }
    return actions;
  }

  nextDeadline(): Instant | undefined {
    if (this.#lines.size === 0) return undefined;
    return earliest(
      Array.from(this.#lines.values(), ({ waiting, next }) => (waiting.size === 0 ? undefined : next)),
    );
  }
}

/** The first that is still wanted, one frame of it; all others have their turn before its next. */
function takeFirst(waiting: Map<string, Waiting>, isWanted: (one: Waiting) => boolean): Waiting | undefined {
  for (const [key, one] of waiting) {
    waiting.delete(key);
    if (!isWanted(one)) continue;
    if (one.frames > 1) waiting.set(key, { ...one, frames: one.frames - 1 });
    return one;
  }
  return undefined;
}
