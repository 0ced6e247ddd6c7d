/**
 * One virtual router: holds the state, judges what happens, and performs the effects that `transitions.ts` asks for.
 *
 * It knows no socket and no clock: every call brings the instant, and what is to be done is collected for `take`.
 */
import { unreachable } from "../net/bug.ts";
import type { IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import { after, between, type Duration, type Instant, micros, millis, seconds, times } from "../net/time.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { RouterAction } from "./action.ts";
import { type Advert, encodeAdvert, MULTICAST_GROUP } from "./advert.ts";
import { Announcements } from "./announcements.ts";
import { classify } from "./classify.ts";
import type { Cause, RouterEvent } from "./event.ts";
import { Differences, type FaultCause, Faults } from "./faults.ts";
import { handOverDeadline, masterDownInterval, skewTime } from "./intervals.ts";
import { armKey, type NodeView } from "./node.ts";
import type { RouterSettings, VirtualAddress } from "./settings.ts";
import type { RouterSnapshot } from "./snapshot.ts";
import type { State } from "./state.ts";
import { type TimerName, Timers } from "./timers.ts";
import { type Effect, type RouterEventName, TRANSITIONS } from "./transitions.ts";

/** How long two may hold an address while it is handed over, counted from the successor's advert. */
export const OVERLAP_LIMIT = millis(20);
/** A master that ran this many intervals late no longer trusts itself. */
const STALL_INTERVALS = 3;
const LISTEN_MARGIN = millis(2);
/** How often the kernel lifetime of held addresses is renewed. */
const REFRESH_LIFETIME = seconds(20);
/** Addresses must be seen on their interface this long after claiming: 3 intervals, but the kernel gets its time. */
const PRESENCE_INTERVALS = 3;
const PRESENCE_FLOOR = millis(200);
const FOREIGN_ANNOUNCEMENT_SPACING = seconds(1);

/** The last advert of a master other than us. */
interface Heard {
  readonly source: IpAddress;
  readonly priority: number;
  readonly interval: Duration;
  readonly at: Instant;
}

type Purpose = "drill" | "stop" | "better" | "adopt";

export class VirtualRouter {
  #settings: RouterSettings;
  readonly #node: NodeView;
  readonly #timers = new Timers();
  readonly #announcements = new Announcements();
  readonly #faults: Faults;
  readonly #differences = new Differences();
  #state: State = "Initialize";
  #since: Instant;
  #cause: Cause = "startup";
  #heard: Heard | undefined;
  /** When the current wait for a master began, when none was heard. */
  #waitingSince: Instant;
  #purpose: Purpose = "better";
  #successorHeard = false;
  /** Held back after a drill: anybody may be master but us, while there is one. */
  #heldBack = false;
  #goodbyeSaid = false;
  #held: readonly VirtualAddress[] = [];
  #announcedByOthers = new Set<string>();
  #answeredAt: Instant | undefined;
  #listenedAt: Instant | undefined;
  #foreignAt: Instant | undefined;
  #willStale = false;
  #sent = 0;
  #received = 0;
  #actions: RouterAction[] = [];

  constructor(settings: RouterSettings, node: NodeView, now: Instant) {
    this.#settings = settings;
    this.#node = node;
    this.#since = now;
    this.#waitingSince = now;
    this.#faults = new Faults(node);
  }

  get settings(): RouterSettings {
    return this.#settings;
  }

  get state(): State {
    return this.#state;
  }

  get listening(): boolean {
    return this.#state !== "Initialize" && this.#state !== "Fault";
  }

  /** What is to be done, in order; asking empties it. */
  take(): RouterAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  nextDeadline(): Instant | undefined {
    return this.#timers.next();
  }

  /** Something the router depends on changed: a link, the source address, an address in its way. */
  reconsider(now: Instant): void {
    const fault = this.#faults.present(this.#settings, this.#held);
    if (this.listening) {
      if (fault !== undefined) this.#fail(fault.cause, fault.detail, now);
    } else if (fault !== undefined) {
      if (this.#state === "Initialize") this.#fail(fault.cause, fault.detail, now);
    } else if (this.#faults.mayRetry(now)) {
      this.#start(now);
    }
    this.#settle();
  }

  /** Called before anything else is: a master that finds itself late doubts itself first. */
  noticeStall(now: Instant): void {
    const due = this.#timers.at("advert");
    if (this.#state !== "Master" || due === undefined) return;
    const lateness = between(due, now);
    if (lateness <= times(this.#settings.interval, STALL_INTERVALS)) return;
    if (this.#listenedAt !== undefined && between(this.#listenedAt, now) <= this.#masterDownInterval())
      return;
    const listening = this.#listeningTime();
    this.#tell({ kind: "stall", router: this.#settings.name, lateness, listening });
    this.#fire("stall", "stop", "", now);
    this.#settle();
  }

  advert(advert: Advert, source: IpAddress, receivedAt: Instant, now: Instant): void {
    this.#received += 1;
    const event = classify(advert.priority, source, {
      priority: this.#settings.priority,
      source: this.#node.sourceOf(this.#settings.interface) ?? source,
      preempting: this.#settings.preempt && !this.#heldBack && this.#node.ready(),
      listening: this.#timers.at("listen") !== undefined,
    });
    this.#noteDifferences(advert, source);
    const detail = `${source} priority ${advert.priority}`;
    const heard = { source, priority: advert.priority, interval: advert.interval, at: receivedAt };
    this.#fire(event, "better-master", detail, now, heard);
    this.#settle();
  }

  tick(now: Instant): void {
    for (let due = this.#timers.expire(now); due !== undefined; due = this.#timers.expire(now)) {
      this.#expired(due.name, due.at, now);
    }
    this.#settle();
  }

  /** Another host announced one of our addresses. */
  announcement(address: VirtualAddress, mac: MacAddress, now: Instant): void {
    if (this.#state === "Leaving") {
      this.#announcedByOthers.add(armKey(address));
      this.#releaseAnnounced(now);
    } else if (this.#state === "Master") {
      if (this.#foreignAt !== undefined && between(this.#foreignAt, now) < FOREIGN_ANNOUNCEMENT_SPACING)
        return;
      this.#foreignAt = now;
      this.#tell({
        kind: "foreign-announcement",
        router: this.#settings.name,
        address: address.address,
        mac,
      });
      this.#fire("foreign-announcement", "better-master", mac, now);
    }
    this.#settle();
  }

  /** One of our addresses is no longer on its interface. */
  addressGone(address: VirtualAddress, now: Instant): void {
    if (this.#state !== "Master" || !this.#held.some((held) => armKey(held) === armKey(address))) return;
    const { name } = this.#settings;
    this.#tell({
      kind: "address-lost",
      router: name,
      address: address.address,
      interface: address.interface,
    });
    if (this.#faults.contested(now)) this.#fail("address-contested", armKey(address), now);
    else this.#fire("address-lost", "address-missing", armKey(address), now);
    this.#settle();
  }

  /** The kernel would not do what we asked. */
  refused(action: "advert" | "hold" | "release" | "announce", refusal: KernelRefusal, now: Instant): void {
    this.#tell({ kind: "refused", router: this.#settings.name, action, refusal });
    const { call, code, text } = refusal;
    if (action === "advert" && this.#faults.advertRefused(this.#sent) && this.listening) {
      this.#fail("adverts-refused", `${call}: ${code} ${text}`.trim(), now);
    }
    this.#settle();
  }

  drill(now: Instant): void {
    const { name: router, priority } = this.#settings;
    if (priority === 255) this.#tell({ kind: "drill-refused", router, reason: "owner" });
    else if (this.#state !== "Master") this.#tell({ kind: "drill-refused", router, reason: "not-master" });
    else this.#fire("drill", "drill", "", now);
    this.#settle();
  }

  /** Leave for good. Said twice, it lets go at once. */
  stop(cause: "stop" | "removed", now: Instant): void {
    const again = this.#state === "Leaving" && this.#purpose === "stop";
    if (again) this.#fire("let-go", "let-go", "asked twice", now);
    else this.#fire("stop", cause, "", now);
    this.#settle();
  }

  /** Gives up the addresses at once, without a successor: another identity takes this router's place. */
  letGo(now: Instant): void {
    this.#fire("let-go", "removed", "", now);
    this.#settle();
  }

  /** New settings with the same VRID and interface, taken over without a change of state. */
  adopt(settings: RouterSettings, now: Instant): void {
    const before = this.#settings;
    this.#settings = settings;
    this.#willStale = true;
    if (this.#timers.at("down") !== undefined && this.#state === "Backup") this.#armDown();
    if (this.#state === "Master") {
      if (settings.interval !== before.interval) this.#armAdvert(now);
      this.#adoptAddresses(before.addresses, now);
    }
    this.reconsider(now);
  }

  snapshot(): RouterSnapshot {
    const { name, vrid, interface: interfaceName, priority, interval, addresses } = this.#settings;
    return {
      name,
      vrid,
      interface: interfaceName,
      state: this.#state,
      since: this.#since,
      cause: this.#cause,
      priority,
      interval,
      addresses,
      master: this.#state === "Backup" && this.#heard !== undefined ? this.#heard : undefined,
      heldBack: this.#heldBack,
      held: this.#held,
      advertsSent: this.#sent,
      advertsReceived: this.#received,
    };
  }

  #start(now: Instant): void {
    const cause = this.#state === "Fault" ? this.#faults.recovery() : "startup";
    const leftovers = this.#settings.addresses.filter((address) => this.#node.present(address));
    this.#heard = undefined;
    this.#waitingSince = now;
    if (this.#settings.priority === 255) this.#fire("startup-owner", "owner", "", now);
    else if (leftovers.length > 0) {
      this.#held = leftovers;
      this.#fire("startup-leftovers", "leftover-addresses", leftovers.map(armKey).join(", "), now);
    } else this.#fire("startup", cause, "", now);
  }

  #fail(cause: FaultCause, detail: string, now: Instant): void {
    const stopping = this.#state === "Leaving" && this.#purpose === "stop";
    this.#faults.note(cause, now);
    this.#fire("fault", cause, detail, now);
    if (stopping) this.#fire("stop", "let-go", detail, now);
  }

  #expired(name: TimerName, at: Instant, now: Instant): void {
    switch (name) {
      case "advert":
        return this.#fire("advert-timer", "startup", "", now, undefined, at);
      case "down":
        return this.#fire("master-down-timer", this.#downCause(), this.#downDetail(), now);
      case "listen":
        return this.#fire("listen-timer", "startup", "", now);
      case "release":
        return this.#handedOver(now);
      case "leave":
        return this.#leaveExpired(now);
      case "announce":
        if (this.#announcements.due(now)) this.#announce();
        return this.#timers.arm("announce", this.#announcements.next);
      case "refresh":
        return this.#hold(now);
      case "presence":
        return this.#checkPresence(now);
      case "retry":
        return this.reconsider(now);
      default:
        unreachable(name);
    }
  }

  #downCause(): Cause {
    return this.#heard?.priority === 0 ? "master-left" : "master-silent";
  }

  #downDetail(): string {
    return this.#heard === undefined ? "nobody was heard" : `last heard ${this.#heard.source}`;
  }

  #leaveExpired(now: Instant): void {
    switch (this.#purpose) {
      case "drill":
        return this.#fire("not-taken", "not-taken", "", now);
      case "adopt":
        return this.#fire("nobody-heard", "leftovers-adopted", "", now);
      case "stop":
        return this.#fire("let-go", "let-go", "nobody claimed", now);
      case "better":
        return this.#handedOver(now);
      default:
        unreachable(this.#purpose);
    }
  }

  #handedOver(now: Instant): void {
    const detail = this.#heard === undefined ? "" : `to ${this.#heard.source}`;
    const stopping = this.#purpose === "stop";
    const cause = this.#purpose === "adopt" ? "leftovers-claimed" : "hand-over-done";
    this.#fire(stopping ? "handed-over-stopping" : "handed-over", cause, detail, now);
  }

  /** The one place where the state changes. */
  #fire(
    event: RouterEventName,
    cause: Cause,
    detail: string,
    now: Instant,
    heard?: Heard,
    slot?: Instant,
  ): void {
    const from = this.#state;
    const { to, effects } = TRANSITIONS[from][event];
    if (to !== from) {
      this.#timers.clear();
      if (to !== "Leaving") this.#announcements.end();
      this.#state = to;
      this.#since = now;
      this.#cause = cause;
      this.#willStale = true;
      this.#tell({ kind: "transition", router: this.#settings.name, from, to, cause, detail });
    }
    for (const effect of effects) this.#perform(effect, now, heard, slot);
  }

  #perform(effect: Effect, now: Instant, heard: Heard | undefined, slot: Instant | undefined): void {
    switch (effect) {
      case "advert":
        return this.#send(this.#settings.priority);
      case "answer":
        return this.#answer(now);
      case "goodbye":
        return this.#goodbye();
      case "hold":
        return this.#hold(now);
      case "release":
        return this.#release(this.#held);
      case "announce":
        this.#announcements.begin(now);
        this.#announce();
        return this.#timers.arm("announce", this.#announcements.next);
      case "announce-again":
        if (this.#announcements.again(now)) this.#announce();
        return this.#timers.arm("announce", this.#announcements.next);
      case "arm-advert":
        return this.#armAdvert(now);
      case "next-advert":
        return this.#nextAdvert(slot ?? now, now);
      case "arm-down":
        return this.#armDown();
      case "hear":
        return this.#hear(heard);
      case "hear-successor":
        return this.#hearSuccessor(heard, now);
      case "listen":
        this.#listenedAt = now;
        this.#timers.arm("advert", undefined);
        return this.#timers.arm("listen", after(now, this.#listeningTime()));
      case "leave-for-drill":
        this.#heldBack = true;
        return this.#leave("drill", handOverDeadline(this.#settings.interval), now);
      case "leave-for-stop": {
        const { interval, stopTimeout } = this.#settings;
        return this.#leave("stop", micros(Math.min(handOverDeadline(interval), stopTimeout)), now);
      }
      case "leave-for-better":
        return this.#leave("better", OVERLAP_LIMIT, now);
      case "leave-to-adopt":
        return this.#leave("adopt", this.#masterDownInterval(), now);
      case "end-held":
        this.#heldBack = false;
        return;
      case "arm-retry":
        return this.#timers.arm("retry", this.#faults.retryAt);
      default:
        unreachable(effect);
    }
  }

  #leave(purpose: Purpose, deadline: Duration, now: Instant): void {
    // A successor heard before an orderly stop was asked for is still the successor.
    if (!(this.#state === "Leaving" && this.#timers.at("release") !== undefined)) {
      this.#successorHeard = false;
      this.#announcedByOthers.clear();
    }
    this.#purpose = purpose;
    this.#timers.arm("leave", after(now, deadline));
  }

  #send(priority: number): void {
    const source = this.#node.sourceOf(this.#settings.interface);
    if (source === undefined) return;
    this.#sent += 1;
    if (priority !== 0) this.#goodbyeSaid = false;
    this.#actions.push(advertAction(this.#settings, priority, source));
  }

  #goodbye(): void {
    if (this.#goodbyeSaid) return;
    this.#send(0);
    this.#goodbyeSaid = true;
  }

  #answer(now: Instant): void {
    const { interval, priority } = this.#settings;
    if (this.#answeredAt !== undefined && between(this.#answeredAt, now) < interval) return;
    this.#answeredAt = now;
    this.#send(priority);
    this.#armAdvert(now);
  }

  #armAdvert(now: Instant): void {
    this.#timers.arm("advert", after(now, this.#settings.interval));
  }

  /** The next slot of the same grid: late work never shifts it, and missed slots are never made up for. */
  #nextAdvert(slot: Instant, now: Instant): void {
    const { interval } = this.#settings;
    const missed = Math.max(0, Math.floor(between(slot, now) / interval));
    const next = after(slot, times(interval, missed + 1));
    // A late advert and a punctual one behind it would come in a pair.
    const tooSoon = between(now, next) < interval / 2;
    this.#timers.arm("advert", tooSoon ? after(next, interval) : next);
  }

  #armDown(): void {
    const { priority } = this.#settings;
    const heard = this.#heard;
    if (heard === undefined)
      return this.#timers.arm("down", after(this.#waitingSince, this.#masterDownInterval()));
    const wait =
      heard.priority === 0
        ? skewTime(priority, heard.interval)
        : masterDownInterval(priority, heard.interval);
    this.#timers.arm("down", after(heard.at, wait));
  }

  #hear(heard: Heard | undefined): void {
    if (heard === undefined) return;
    const last = this.#heard;
    // A goodbye repeated faster than our skew time must not keep us from ever claiming.
    if (heard.priority === 0 && last?.priority === 0) return;
    if (heard.interval !== (last?.interval ?? this.#settings.interval)) {
      const { source: from, interval } = heard;
      this.#tell({ kind: "interval-learned", router: this.#settings.name, from, interval });
    }
    this.#heard = heard;
    this.#armDown();
  }

  #hearSuccessor(heard: Heard | undefined, now: Instant): void {
    this.#hear(heard);
    if (this.#successorHeard) return;
    this.#successorHeard = true;
    this.#timers.arm("leave", undefined);
    this.#timers.arm("release", after(now, OVERLAP_LIMIT));
    this.#releaseAnnounced(now);
  }

  /** Addresses whose new owner has announced them are let go, one by one. */
  #releaseAnnounced(now: Instant): void {
    if (!this.#successorHeard) return;
    this.#release(this.#held.filter((address) => this.#announcedByOthers.has(armKey(address))));
    if (this.#held.length === 0) this.#handedOver(now);
  }

  #hold(now: Instant): void {
    const { name: router, addresses, interval } = this.#settings;
    if (this.#held.length === 0) {
      const grace = Math.max(PRESENCE_INTERVALS * interval, PRESENCE_FLOOR);
      this.#timers.arm("presence", after(now, micros(grace)));
    }
    this.#held = addresses;
    this.#willStale = true;
    this.#actions.push({ kind: "hold", router, addresses });
    this.#timers.arm("refresh", after(now, REFRESH_LIFETIME));
  }

  #release(addresses: readonly VirtualAddress[]): void {
    if (addresses.length === 0) return;
    const released = new Set(addresses);
    this.#held = this.#held.filter((address) => !released.has(address));
    this.#willStale = true;
    this.#actions.push({ kind: "release", router: this.#settings.name, addresses });
  }

  #announce(): void {
    const { name: router } = this.#settings;
    this.#actions.push({ kind: "announce", router, addresses: this.#held });
  }

  #checkPresence(now: Instant): void {
    const missing = this.#held.find((address) => !this.#node.present(address));
    if (missing !== undefined) this.#fail("address-missing", armKey(missing), now);
  }

  #adoptAddresses(before: readonly VirtualAddress[], now: Instant): void {
    const { addresses } = this.#settings;
    const same = (left: VirtualAddress, right: VirtualAddress) =>
      armKey(left) === armKey(right) && left.prefixLength === right.prefixLength;
    const dropped = before.filter((old) => !addresses.some((address) => same(address, old)));
    const added = addresses.filter((address) => !before.some((old) => same(address, old)));
    this.#release(this.#held.filter((held) => dropped.some((old) => same(old, held))));
    if (added.length === 0) return;
    this.#hold(now);
    this.#perform("announce", now, undefined, undefined);
  }

  #noteDifferences(advert: Advert, source: IpAddress): void {
    const ours = this.#settings.addresses.map(({ address }) => address).join();
    if (advert.addresses.join() === ours || !this.#differences.isNew(source, advert.addresses)) return;
    const { name: router } = this.#settings;
    this.#tell({ kind: "addresses-differ", router, from: source, theirs: advert.addresses });
  }

  #masterDownInterval(): Duration {
    const { priority, interval } = this.#settings;
    return masterDownInterval(priority, interval);
  }

  #listeningTime(): Duration {
    return micros(Math.max(this.#settings.interval, this.#heard?.interval ?? 0) + LISTEN_MARGIN);
  }

  /** Says what is to be done if this process dies now, whenever that has changed. */
  #settle(): void {
    if (!this.#willStale) return;
    this.#willStale = false;
    const { name: router, vrid } = this.#settings;
    const source = this.#node.sourceOf(this.#settings.interface);
    const responsible = this.#state === "Master" || this.#state === "Leaving";
    const will =
      responsible && source !== undefined
        ? { vrid, goodbye: advertAction(this.#settings, 0, source), addresses: this.#held }
        : undefined;
    this.#actions.push({ kind: "will", router, will });
  }

  #tell(event: RouterEvent): void {
    this.#actions.push({ kind: "event", event });
  }
}

function advertAction(settings: RouterSettings, priority: number, source: IpAddress) {
  const { name: router, interface: interfaceName, vrid, interval } = settings;
  const addresses = settings.addresses.map(({ address }) => address);
  const path = { source, destination: MULTICAST_GROUP };
  const bytes = encodeAdvert({ version: 3, vrid, priority, interval, addresses }, path);
  return { kind: "advert", router, interface: interfaceName, ...path, bytes } as const;
}
