/**
 * One virtual router: judges what happens, and says to its machine which event that is.
 *
 * It knows no socket and no clock: every call brings the instant, and what is to be done is collected for `take`.
 */
import type { IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import { between, type Instant } from "../net/time.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { Refusable, RouterAction } from "./action.ts";
import type { Advert } from "./advert.ts";
import type { DropReason } from "./drop.ts";
import type { Cause } from "./event.ts";
import type { FaultCause } from "./faults.ts";
import type { Heard } from "./hearing.ts";
import { Machine } from "./machine.ts";
import { armKey, leftoversOf, type NodeView } from "./node.ts";
import type { ReceivedPacket } from "./packet.ts";
import { Remarks } from "./remarks.ts";
import type { Marks } from "./seal.ts";
import { OWNER_PRIORITY, type RouterSettings, startsAt, type VirtualAddress } from "./settings.ts";
import { type RouterSnapshot, snapshotOf } from "./snapshot.ts";
import type { State } from "./state.ts";
import type { Awaited, TimerName } from "./timers.ts";
import { WillWriter } from "./will-writer.ts";

/** @param at when it should have been */
type Expiry = (router: VirtualRouter, now: Instant, at: Instant) => void;

export class VirtualRouter {
  readonly #node: NodeView;
  readonly #machine: Machine;
  readonly #remarks: Remarks;
  readonly #will: WillWriter;
  /** The state that the will was written for. */
  #willed: State = "Initialize";
  #received = 0;
  #provoked = false;

  constructor(settings: RouterSettings, node: NodeView, now: Instant) {
    this.#node = node;
    this.#machine = new Machine(settings, node, now);
    this.#remarks = new Remarks(this.#machine);
    this.#will = new WillWriter(node, this.#machine);
  }

  get settings(): RouterSettings {
    return this.#machine.candidacy.configured;
  }

  /** With the effective priority. */
  get #settings(): RouterSettings {
    return this.#machine.settings;
  }

  get state(): State {
    return this.#machine.state;
  }

  get listening(): boolean {
    return this.#machine.state !== "Initialize" && this.#machine.state !== "Fault";
  }

  get heardAt(): Instant | undefined {
    return this.#machine.candidacy.heardAt;
  }

  /** Whether to believe a packet whose message has `size` bytes. */
  judgeSignature(packet: ReceivedPacket, size: number): DropReason | undefined {
    return this.#machine.seal.judge(packet, size, this.#settings);
  }

  /** To be kept from one run to the next; absent where nothing is signed. */
  get marks(): Marks | undefined {
    return this.settings.transport.authentication === undefined ? undefined : this.#machine.seal.marks;
  }

  /** What is to be done, in order; asking empties it. */
  take(): readonly RouterAction[] {
    return this.#machine.outbox.take();
  }

  nextDeadline(): Instant | undefined {
    return this.#machine.timers.next();
  }

  /** What the next deadline is for. */
  get awaits(): Awaited {
    return this.#machine.timers.awaits;
  }

  /** Something the router depends on changed: a link, the source address, an address in its way. */
  reconsider(now: Instant): void {
    this.#weigh();
    const { faults, possession } = this.#machine;
    const hard = faults.hard(this.#settings, possession.held);
    const fault = hard ?? faults.soft(this.#settings, now);
    const { state } = this;
    if (fault === undefined) {
      if (!this.listening && faults.mayRetry(now) && !this.#delayed(now)) this.#start(now);
    } else if (state === "Initialize" || state === "Backup") this.#fail(fault.cause, fault.detail, now);
    else if (hard !== undefined && this.listening) this.#fail(hard.cause, hard.detail, now);
    else if (state === "Master") this.yield(fault.cause, fault.detail, now);
    this.#settle(now);
  }

  /** Called before anything else is: a master that finds itself late doubts itself first. */
  noticeStall(now: Instant): void {
    if (this.#machine.noticeStall(now)) this.#settle(now);
  }

  advert(advert: Advert, source: IpAddress, packet: ReceivedPacket, now: Instant): void {
    this.#received += packet.times ?? 1;
    const listens = this.#machine.timers.at("listen") !== undefined;
    const event = this.#machine.candidacy.judge(advert, source, listens, now);
    this.#remarks.on(advert, source, now);
    if (this.state === "Master" && event.startsWith("advert-lower")) this.#provoked = true;
    const { priority, interval } = advert;
    const detail = `${source} priority ${priority}`;
    const heard = { source, priority, interval, at: packet.receivedAt };
    if (event === "advert-lower") this.#machine.hearing.noteLower(heard);
    const cause = event === "not-heard" ? event : "better-master";
    this.#machine.fire(event, cause, detail, now, heard);
    this.#settle(now);
  }

  /** @param heardUntil all adverts received by then have been handed over: later silence is not judged yet */
  tick(now: Instant, heardUntil: Instant): void {
    const { timers } = this.#machine;
    for (let due = timers.expire(now, heardUntil); due !== undefined; due = timers.expire(now, heardUntil)) {
      const before = this.state;
      VirtualRouter.#expiries[due.name](this, now, due.at);
      this.#lookBack(before, now);
    }
    this.#settle(now);
  }

  /** What we said left only now: the next advert keeps its distance. */
  spoke(now: Instant): void {
    this.#machine.speech.keepDistance(this.#settings, now);
  }

  /** Another host announced one of our addresses. */
  announcement(arm: VirtualAddress, mac: MacAddress, now: Instant): void {
    if (this.#machine.state === "Leaving") {
      this.#machine.handOver.noteAnnounced(arm);
      this.#machine.releaseAnnounced(now);
      this.#lookBack("Leaving", now);
    } else if (this.#isContested(arm, now)) {
      const { address } = arm;
      this.#machine.outbox.tell({ kind: "foreign-announcement", router: this.#settings.name, address, mac });
      this.#machine.fire("foreign-announcement", "better-master", mac, now);
    }
    this.#settle(now);
  }

  /** One of our addresses is no longer on its interface. */
  addressGone(arm: VirtualAddress, now: Instant): void {
    if (this.#machine.state !== "Master" || !this.#machine.possession.holds(arm)) return;
    const { name: router } = this.#settings;
    const { address, interface: own } = arm;
    this.#machine.outbox.tell({ kind: "address-lost", router, address, interface: own });
    if (this.#machine.faults.contested(arm, now)) this.#fail("address-contested", armKey(arm), now);
    else this.#machine.fire("address-lost", "address-missing", armKey(arm), now);
    this.#settle(now);
  }

  /** The kernel would not do what we asked. */
  refused(action: Refusable, refusal: KernelRefusal, now: Instant): void {
    this.#machine.outbox.tell({ kind: "refused", router: this.#settings.name, action, refusal });
    const { call, code, text } = refusal;
    const { faults, speech } = this.#machine;
    const isMute = action === "advert" && faults.advertRefused(speech.sent, this.#settings);
    if (isMute && this.listening) this.#fail("adverts-refused", `${call}: ${code} ${text}`.trim(), now);
    this.#settle(now);
  }

  drill(now: Instant): void {
    const { name: router, priority } = this.#settings;
    if (priority === OWNER_PRIORITY)
      this.#machine.outbox.tell({ kind: "drill-refused", router, reason: "owner" });
    else if (this.#machine.state !== "Master")
      this.#machine.outbox.tell({ kind: "drill-refused", router, reason: "not-master" });
    else this.#machine.fire("drill", "drill", "", now);
    this.#settle(now);
  }

  stepDown(now: Instant): void {
    this.#machine.fire("step-down", "step-down", "", now);
    this.#settle(now);
  }

  /** `NodeView.standby` says something else than before. Whoever is released is free of an earlier drill's hold, too. */
  standbyChanged(now: Instant): void {
    if (!this.#node.standby()) this.#machine.candidacy.holdBack(false);
    this.reconsider(now);
  }

  /** Leave for good. Said twice, it lets go at once. */
  stop(cause: "stop" | "removed", now: Instant): void {
    const again = this.#machine.state === "Leaving" && this.#machine.handOver.purpose === "stop";
    // Whoever has not even begun does not begin later.
    if (this.#machine.state === "Initialize") this.#machine.timers.clear();
    if (again) this.#machine.fire("let-go", "let-go", "asked twice", now);
    else this.#machine.fire("stop", cause, "", now);
    this.#settle(now);
  }

  /** Gives up the addresses at once, without a successor: another identity takes this router's place. */
  letGo(now: Instant): void {
    this.#machine.fire("let-go", "removed", "", now);
    this.#settle(now);
  }

  /**
   * New settings with the same VRID and interface, taken over without a change of state. To be followed by `reconsider`,
   * once all routers have theirs.
   */
  adopt(settings: RouterSettings, now: Instant): void {
    const before = this.#settings;
    this.#machine.candidacy.adopt(settings);
    this.#will.touch();
    // Also for one that was silent: its sync group may be another now, or none.
    if (this.#machine.state === "Backup") this.#machine.armDown();
    if (this.#machine.state === "Master") {
      if (settings.interval !== before.interval) this.#machine.speech.retime(this.#settings, before, now);
      this.#machine.possession.adopt(settings, before.addresses, now);
    }
    this.#settle(now);
  }

  /** Nobody was heard for long enough, and it has not claimed: its sync group is not ready. */
  get isSilent(): boolean {
    return this.state === "Backup" && this.#machine.timers.at("down") === undefined;
  }

  /** Could take part, if it were for itself alone. */
  isHealthy(now: Instant): boolean {
    const { faults, possession, settings } = this.#machine;
    return !faults.isFaulty(settings, possession.held) && faults.mayRetry(now);
  }

  /** A master elsewhere is followed, or given way to. */
  get hasGivenWay(): boolean {
    const { state, hearing, handOver } = this.#machine;
    if (state === "Leaving") return handOver.purpose === "better";
    return state === "Backup" && !this.isSilent && (hearing.last?.priority ?? 0) > 0;
  }

  /** A better master that says what we would say: nothing but its silence, or another word of it, is news. */
  get followed(): Heard | undefined {
    const { hearing, settings } = this.#machine;
    if (this.state !== "Backup" || this.isSilent || this.#remarks.differs) return undefined;
    return (hearing.last?.priority ?? 0) > settings.priority ? hearing.last : undefined;
  }

  /** It has said the same again, and nothing else has happened. */
  heardAgain({ times = 1, receivedAt }: ReceivedPacket): void {
    this.#received += times;
    this.#machine.heardAgain(receivedAt);
  }

  claim(now: Instant): void {
    const { cause, detail } = this.#machine.hearing.silence;
    this.#machine.fire("master-down-timer", cause, detail, now);
    this.#settle(now);
  }

  /** Serves until somebody else does, or nobody has for the time of a hand-over. */
  yield(cause: Cause, detail: string, now: Instant): void {
    this.#machine.fire("yields", cause, detail, now);
    this.#settle(now);
  }

  /** A lower master was heard since this was last asked: neighbours may point at that one. */
  get isProvoked(): boolean {
    return this.#provoked;
  }

  takeProvoked(): boolean {
    const provoked = this.#provoked;
    this.#provoked = false;
    return provoked;
  }

  announceAgain(now: Instant): void {
    if (this.state === "Master") this.#machine.possession.announceAgain(this.#settings, now);
  }

  /** It serves, and nothing makes it doubt that. */
  get mayAnnounce(): boolean {
    return this.state === "Master" && this.#machine.timers.at("listen") === undefined;
  }

  /** It is on its interface because of this router. */
  holds(address: VirtualAddress): boolean {
    return this.#machine.possession.holdsExactly(address);
  }

  snapshot(now: Instant): RouterSnapshot {
    const standby = this.#node.standby() && this.settings.priority !== OWNER_PRIORITY;
    const beside = { standby, advertsReceived: this.#received, advertsDiffering: this.#remarks.differing };
    return snapshotOf(this.#machine, beside, now);
  }

  /** The next advert has the new priority, and a backup's wait changes with it. */
  #weigh(): void {
    const shift = this.#machine.candidacy.weigh();
    if (shift === undefined) return;
    this.#machine.outbox.tell(shift);
    if (this.#machine.timers.at("down") !== undefined && this.#machine.state === "Backup")
      this.#machine.armDown();
  }

  /** Addresses of an earlier run do not wait: they are served. */
  #delayed(now: Instant): boolean {
    if (leftoversOf(this.#settings, this.#node).length > 0) return false;
    const until = startsAt(this.#settings, this.#node.bornAt);
    if (until <= now) return false;
    if (this.#machine.timers.at("retry") === until) return true;
    this.#machine.timers.arm("retry", until);
    this.#machine.outbox.tell({
      kind: "start-delayed",
      router: this.#settings.name,
      wait: between(now, until),
    });
    return true;
  }

  #isContested(arm: VirtualAddress, now: Instant): boolean {
    const { state, possession } = this.#machine;
    return state === "Master" && possession.holds(arm) && possession.heedsForeign(now);
  }

  #start(now: Instant): void {
    const cause = this.#machine.state === "Fault" ? this.#machine.faults.recovery() : "startup";
    const leftovers = leftoversOf(this.#settings, this.#node);
    this.#machine.hearing.forget(now);
    if (this.#machine.candidacy.ownsAddresses) return this.#machine.fire("startup-owner", "owner", "", now);
    this.#machine.possession.keep(leftovers, this.#settings);
    if (leftovers.length === 0) return this.#machine.fire("startup", cause, "", now);
    this.#machine.fire("startup-leftovers", "leftover-addresses", leftovers.map(armKey).join(", "), now);
  }

  #fail(cause: FaultCause, detail: string, now: Instant): void {
    const stopping = this.#machine.state === "Leaving" && this.#machine.handOver.purpose === "stop";
    this.#machine.faults.note(cause, now);
    this.#machine.fire("fault", cause, detail, now);
    if (stopping) this.#machine.fire("stop", "let-go", detail, now);
  }

  /** What each timer does when it is over. */
  static readonly #expiries: Readonly<Record<TimerName, Expiry>> = {
    advert: (router, now, at) => router.#machine.fire("advert-timer", "startup", "", now, undefined, at),
    // Else it is silent, until its group is or an advert comes.
    down: (router, now, at) => {
      if (router.#machine.believesSilence(at, now) && router.#node.siblingsMayServe(router.#settings))
        router.claim(now);
    },
    listen: (router, now) => router.#machine.fire("listen-timer", "startup", "", now),
    release: (router, now) => router.#machine.handedOver(now),
    leave: (router, now) => router.#leaveExpired(now),
    announce: (router, now) => router.#machine.possession.announceDue(router.#settings, now),
    refresh: (router, now) => router.#machine.possession.renew(router.#settings, now),
    presence: (router, now) => {
      const { state, possession, settings } = router.#machine;
      const missing = state === "Master" ? possession.missing(settings, router.#node, now) : undefined;
      if (missing !== undefined) router.#fail("address-missing", armKey(missing), now);
    },
    retry: (router, now) => router.reconsider(now),
    will: (router) => router.#will.touch(),
  };

  /** Why a backup has just left may still keep it away. */
  #lookBack(before: State, now: Instant): void {
    if (before === "Leaving" && this.state === "Backup") this.reconsider(now);
  }

  #leaveExpired(now: Instant): void {
    const { handOver, faults } = this.#machine;
    const { event, cause } = handOver.expired;
    const fault = faults.soft(this.#settings, now);
    this.#machine.hearing.gaveWay(now);
    if (handOver.purpose === "stop") this.#machine.fire(event, cause, "nobody claimed", now);
    else if (fault !== undefined) this.#machine.fire("handed-over", "hand-over-done", fault.detail, now);
    else if (handOver.purpose === "yield" && this.#node.siblingsMayServe(this.#settings)) {
      this.#machine.fire("not-taken", "not-taken", "nobody claimed", now);
    } else this.#machine.fire(event, cause, "nobody claimed", now);
  }

  /** Says what is to be done if this process dies now, whenever that has changed. */
  #settle(now: Instant): void {
    const { state, possession, settings } = this.#machine;
    if (possession.takeChanged() || state !== this.#willed) this.#will.touch();
    this.#willed = state;
    this.#will.settle(settings, possession.held, state === "Master" || state === "Leaving", now);
  }
}
