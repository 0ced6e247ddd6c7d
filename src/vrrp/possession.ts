/** The addresses a router holds: put on their interfaces, announced, renewed, and let go one by one. */
import { after, between, type Instant, micros, millis, seconds, times } from "../net/time.ts";
import { Announcements } from "./announcements.ts";
import { armKey, type NodeView } from "./node.ts";
import type { Outbox } from "./outbox.ts";
import type { RouterSettings, VirtualAddress } from "./settings.ts";
import { isEmpty, NO_STEERING, type Steering, without } from "./steering.ts";
import type { Timers } from "./timers.ts";

/** How often the kernel lifetime of held addresses is renewed. */
const REFRESH_LIFETIME = seconds(20);
/** Addresses must be seen on their interface this long after claiming: 3 intervals, but the kernel gets its time. */
const PRESENCE_INTERVALS = 3;
const PRESENCE_FLOOR = millis(200);
const FOREIGN_SPACING = seconds(1);

export class Possession {
  readonly #router: string;
  readonly #timers: Timers;
  readonly #outbox: Outbox;
  readonly #turn: () => number;
  readonly #announcements = new Announcements();
  #held: readonly VirtualAddress[] = [];
  /** In the kernel because of this router. */
  #steered: Steering = NO_STEERING;
  #changed = false;
  #foreignAt: Instant | undefined;

  /** @param turn of those who renew at different times, although they have claimed together: 0 … 1 */
  constructor(router: string, timers: Timers, outbox: Outbox, turn: () => number) {
    this.#router = router;
    this.#turn = turn;
    this.#timers = timers;
    this.#outbox = outbox;
  }

  get held(): readonly VirtualAddress[] {
    return this.#held;
  }

  /** Whether `held` has changed since this was last asked. */
  takeChanged(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  holds(address: VirtualAddress): boolean {
    return this.#held.some((held) => armKey(held) === armKey(address));
  }

  /** Prefix length and all: what the kernel would call the same address. */
  holdsExactly(address: VirtualAddress): boolean {
    return this.#held.some(
      (held) =>
        held.address === address.address &&
        held.interface === address.interface &&
        held.prefixLength === address.prefixLength,
    );
  }

  /**
   * What an earlier run left: addresses that are on their interfaces already, and perhaps routes and rules, which go when
   * no address is left.
   */
  keep(leftovers: readonly VirtualAddress[], { steering }: RouterSettings): void {
    this.#steered = steering;
    if (leftovers.length > 0) this.#set(leftovers);
    else this.#steer(NO_STEERING);
  }

  /** All of the router's addresses, and no other; none for one that only observes. */
  hold(settings: RouterSettings, now: Instant): void {
    this.#releaseAllBut(settings.addresses);
    this.#set(settings.mode === "observe" ? [] : settings.addresses);
    this.renew(settings, now);
    this.#timers.arm("refresh", after(now, times(REFRESH_LIFETIME, 1 - this.#turn() / 2)));
  }

  /** Gives what is held a new lifetime in the kernel. */
  renew(settings: RouterSettings, now: Instant): void {
    // After a loss, too, the kernel may refuse; and at every renewal a look does no harm.
    if (this.#timers.at("presence") === undefined) this.#armPresence(settings, now);
    this.#outbox.push({ kind: "hold", router: this.#router, addresses: this.#held });
    this.#steer(settings.steering);
    this.armRenewal(now);
  }

  armRenewal(now: Instant): void {
    this.#timers.arm("refresh", after(now, REFRESH_LIFETIME));
  }

  release(addresses: readonly VirtualAddress[]): void {
    if (addresses.length === 0) return;
    const released = new Set(addresses.map(exactKey));
    this.#set(this.#held.filter((address) => !released.has(exactKey(address))));
    if (this.#held.length === 0) this.#steer(NO_STEERING);
    this.#outbox.push({ kind: "release", router: this.#router, addresses });
  }

  /** The router's list changed while it holds: what is gone is let go, what is new is claimed. */
  adopt(settings: RouterSettings, before: readonly VirtualAddress[], now: Instant): void {
    const listens = this.#timers.at("listen") !== undefined;
    const known = new Set(before.map(exactKey));
    if (settings.addresses.every((address) => known.has(exactKey(address)))) {
      this.#releaseAllBut(settings.addresses);
      this.#steer(settings.steering);
      if (!listens) this.#armAnnounce(settings);
      return;
    }
    this.hold(settings, now);
    // After listening all are announced anyway.
    if (!listens) this.announceClaim(settings, now);
  }

  /** The first that should be on its interface and is not. While that may be only our own delay, a look later decides. */
  missing(settings: RouterSettings, node: NodeView, now: Instant): VirtualAddress | undefined {
    const missing = this.#held.find((address) => !node.present(address));
    if (missing === undefined || !node.behind) return missing;
    this.#armPresence(settings, now);
    return undefined;
  }

  /** A claim: now, and as `Announcements` plans. */
  announceClaim(settings: RouterSettings, now: Instant): void {
    this.#announcements.begin(settings.announce, now);
    this.#announce(settings, this.#held);
  }

  /** Not while listening after a stall: the addresses may be somebody else's by now. */
  announceAgain(settings: RouterSettings, now: Instant): void {
    if (this.#timers.at("listen") !== undefined) return;
    if (this.#announcements.again(settings.announce, now)) this.#announce(settings, this.#held);
    else this.#armAnnounce(settings);
  }

  announceDue(settings: RouterSettings, now: Instant): void {
    const due = this.#announcements.due(settings.announce, now);
    if (due === "all") this.#announce(settings, this.#held);
    else if (due === "extra") this.#announce(settings, this.#extraArms(settings));
    else this.#armAnnounce(settings);
  }

  /** Whether another host's announcement of our address is worth an answer now: two that fight shall not flood. */
  heedsForeign(now: Instant): boolean {
    if (this.#foreignAt !== undefined && between(this.#foreignAt, now) < FOREIGN_SPACING) return false;
    this.#foreignAt = now;
    return true;
  }

  endAnnouncing(): void {
    this.#announcements.end();
  }

  #releaseAllBut(wanted: readonly VirtualAddress[]): void {
    if (this.#held.length === 0) return;
    const keys = new Set(wanted.map(exactKey));
    this.release(this.#held.filter((held) => !keys.has(exactKey(held))));
  }

  /** Where no advert shows a switch which way the addresses are. */
  #extraArms({ interface: own }: RouterSettings): VirtualAddress[] {
    return this.#held.filter((arm) => arm.interface !== own);
  }

  #announce(settings: RouterSettings, held: readonly VirtualAddress[]): void {
    const { repeat } = settings.announce;
    const addresses = repeat === 1 ? held : Array.from({ length: repeat }, () => held).flat();
    if (addresses.length > 0) this.#outbox.push({ kind: "announce", router: this.#router, addresses });
    this.#armAnnounce(settings);
  }

  #armPresence({ interval }: RouterSettings, now: Instant): void {
    const grace = Math.max(PRESENCE_INTERVALS * interval, PRESENCE_FLOOR);
    this.#timers.arm("presence", after(now, micros(grace)));
  }

  #armAnnounce({ announce }: RouterSettings): void {
    this.#timers.arm("announce", this.#announcements.next(announce));
  }

  /** What is there already is asked for again: somebody may have removed it. */
  #steer(wanted: Steering): void {
    const router = this.#router;
    const gone = without(this.#steered, wanted);
    const anew = isEmpty(this.#steered);
    this.#steered = wanted;
    if (!isEmpty(gone) || !isEmpty(wanted)) this.#outbox.push({ kind: "steer", router, gone, wanted, anew });
  }

  #set(held: readonly VirtualAddress[]): void {
    this.#held = held;
    this.#changed = true;
  }
}

/** Traits, too: the kernel does not change all of them in place. */
function exactKey(address: VirtualAddress): string {
  return `${armKey(address)}/${address.prefixLength} ${JSON.stringify(address.traits ?? {})}`;
}
