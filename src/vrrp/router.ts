/**
 * One virtual router: holds the state, judges what happens, and performs the effects that `transitions.ts` asks for.
 *
 * It knows no socket and no clock: every call brings the instant, and what is to be done is collected for `take`.
 */
import type { IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import { after, between, type Instant } from "../net/time.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { RouterAction } from "./action.ts";
import type { Advert } from "./advert.ts";
import { Candidacy } from "./candidacy.ts";
import { Differences } from "./differences.ts";
import type { Cause } from "./event.ts";
import { type FaultCause, Faults } from "./faults.ts";
import { HandOver, leavingTime, OVERLAP_LIMIT, type Purpose } from "./handover.ts";
import { type Heard, Hearing } from "./hearing.ts";
import { armKey, type NodeView } from "./node.ts";
import { Outbox } from "./outbox.ts";
import { Possession } from "./possession.ts";
import { paceOf, type RouterSettings, startsAt, type VirtualAddress } from "./settings.ts";
import { identityOf, type RouterSnapshot } from "./snapshot.ts";
import { Speech } from "./speech.ts";
import { StallGuard } from "./stall.ts";
import type { State } from "./state.ts";
import { type Deadline, type TimerName, Timers } from "./timers.ts";
import { type Effect, type RouterEventName, TRANSITIONS } from "./transitions.ts";
import { WillWriter } from "./will-writer.ts";

/** What an effect may need to know of the event that asks for it. */
interface Moment {
  readonly now: Instant;
  readonly heard: Heard | undefined;
  /** When the advert that is due should have been sent. */
  readonly slot: Instant | undefined;
}

export class VirtualRouter {
  readonly #node: NodeView;
  readonly #timers = new Timers();
  readonly #possession: Possession;
  readonly #speech: Speech;
  readonly #faults: Faults;
  readonly #differences = new Differences();
  #state: State = "Initialize";
  #since: Instant;
  #cause: Cause = "startup";
  readonly #hearing: Hearing;
  readonly #handOver = new HandOver();
  readonly #stalls = new StallGuard();
  readonly #candidacy: Candidacy;
  readonly #will: WillWriter;
  #received = 0;
  readonly #outbox = new Outbox();

  constructor(settings: RouterSettings, node: NodeView, now: Instant) {
    this.#candidacy = new Candidacy(settings, node);
    this.#node = node;
    this.#since = now;
    this.#possession = new Possession(settings.name, this.#timers, this.#outbox);
    this.#speech = new Speech(node, this.#timers, this.#outbox);
    this.#will = new WillWriter(node, this.#outbox);
    this.#hearing = new Hearing(now);
    this.#faults = new Faults(node);
  }

  get settings(): RouterSettings {
    return this.#candidacy.configured;
  }

  /** With the effective priority. */
  get #settings(): RouterSettings {
    return this.#candidacy.settings;
  }

  get state(): State {
    return this.#state;
  }

  get listening(): boolean {
    return this.#state !== "Initialize" && this.#state !== "Fault";
  }

  /** What is to be done, in order; asking empties it. */
  take(): RouterAction[] {
    return this.#outbox.take();
  }

  nextDeadline(): Deadline | undefined {
    return this.#timers.next();
  }

  /** Something the router depends on changed: a link, the source address, an address in its way. */
  reconsider(now: Instant): void {
    this.#weigh();
    const fault = this.#faults.present(this.#settings, this.#possession.held);
    if (this.listening) {
      if (fault !== undefined) this.#fail(fault.cause, fault.detail, now);
    } else if (fault !== undefined) {
      if (this.#state === "Initialize") this.#fail(fault.cause, fault.detail, now);
    } else if (this.#faults.mayRetry(now) && !this.#delayed(now)) {
      this.#start(now);
    }
    this.#settle();
  }

  /** Called before anything else is: a master that finds itself late doubts itself first. */
  noticeStall(now: Instant): void {
    const due = this.#timers.at("advert");
    if (this.#state !== "Master" || due === undefined) return;
    const lateness = this.#stalls.lateness(due, this.#settings, now);
    if (lateness === undefined) return;
    const listening = this.#hearing.listeningTime(this.#settings.interval);
    this.#outbox.tell({ kind: "stall", router: this.#settings.name, lateness, listening });
    this.#fire("stall", "stop", "", now);
    this.#settle();
  }

  advert(advert: Advert, source: IpAddress, receivedAt: Instant, now: Instant): void {
    this.#received += 1;
    const event = this.#candidacy.judge(advert, source, this.#timers.at("listen") !== undefined, now);
    const difference = this.#differences.in(advert, source, this.#settings);
    if (difference !== undefined) this.#outbox.tell(difference);
    if (event === "advert-lower") this.#hearing.noteLower(source, advert.priority);
    const detail = `${source} priority ${advert.priority}`;
    const heard = { source, priority: advert.priority, interval: advert.interval, at: receivedAt };
    this.#fire(event, "better-master", detail, now, heard);
    this.#settle();
  }

  /** @param heardUntil all adverts received by then have been handed over: later silence is not judged yet */
  tick(now: Instant, heardUntil: Instant): void {
    const next = () => this.#timers.expire(now, heardUntil);
    for (let due = next(); due !== undefined; due = next()) this.#expiries[due.name](now, due.at);
    this.#settle();
  }

  /** What we said left only now: the next advert keeps its distance. */
  spoke(now: Instant): void {
    this.#speech.keepDistance(this.#settings, now);
  }

  /** Another host announced one of our addresses. */
  announcement(arm: VirtualAddress, mac: MacAddress, now: Instant): void {
    if (this.#state === "Leaving") {
      this.#handOver.noteAnnounced(arm);
      this.#releaseAnnounced(now);
    } else if (this.#state === "Master" && this.#possession.heedsForeign(now)) {
      const { address } = arm;
      this.#outbox.tell({ kind: "foreign-announcement", router: this.#settings.name, address, mac });
      this.#fire("foreign-announcement", "better-master", mac, now);
    }
    this.#settle();
  }

  /** One of our addresses is no longer on its interface. */
  addressGone(arm: VirtualAddress, now: Instant): void {
    if (this.#state !== "Master" || !this.#possession.holds(arm)) return;
    const { address, interface: name } = arm;
    this.#outbox.tell({ kind: "address-lost", router: this.#settings.name, address, interface: name });
    if (this.#faults.contested(arm, now)) this.#fail("address-contested", armKey(arm), now);
    else this.#fire("address-lost", "address-missing", armKey(arm), now);
    this.#settle();
  }

  /** The kernel would not do what we asked. */
  refused(action: "advert" | "hold" | "release" | "announce", refusal: KernelRefusal, now: Instant): void {
    this.#outbox.tell({ kind: "refused", router: this.#settings.name, action, refusal });
    const { call, code, text } = refusal;
    if (action === "advert" && this.#faults.advertRefused(this.#speech.sent) && this.listening) {
      this.#fail("adverts-refused", `${call}: ${code} ${text}`.trim(), now);
    }
    this.#settle();
  }

  drill(now: Instant): void {
    const { name: router, priority } = this.#settings;
    if (priority === 255) this.#outbox.tell({ kind: "drill-refused", router, reason: "owner" });
    else if (this.#state !== "Master")
      this.#outbox.tell({ kind: "drill-refused", router, reason: "not-master" });
    else this.#fire("drill", "drill", "", now);
    this.#settle();
  }

  /** Leave for good. Said twice, it lets go at once. */
  stop(cause: "stop" | "removed", now: Instant): void {
    const again = this.#state === "Leaving" && this.#handOver.purpose === "stop";
    // Whoever has not even begun does not begin later.
    if (this.#state === "Initialize") this.#timers.clear();
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
    this.#candidacy.adopt(settings);
    this.#will.touch();
    if (this.#timers.at("down") !== undefined && this.#state === "Backup") this.#armDown();
    if (this.#state === "Master") {
      if (settings.interval !== before.interval) this.#speech.retime(this.#settings, now);
      this.#possession.adopt(settings, before.addresses, now);
    }
    this.reconsider(now);
  }

  /** It is on its interface because of this router. */
  holds(address: VirtualAddress): boolean {
    return this.#possession.holdsExactly(address);
  }

  snapshot(now: Instant): RouterSnapshot {
    return {
      ...identityOf(this.#settings),
      basePriority: this.settings.priority,
      state: this.#state,
      since: this.#since,
      cause: this.#cause,
      master: this.#state === "Backup" ? this.#hearing.last : undefined,
      heldBack: this.#candidacy.heldBack,
      holdDown: this.#candidacy.holdDown(now),
      held: this.#possession.held,
      advertsSent: this.#speech.sent,
      advertsReceived: this.#received,
    };
  }

  /** The next advert has the new priority, and a backup's wait changes with it. */
  #weigh(): void {
    const shift = this.#candidacy.weigh();
    if (shift === undefined) return;
    this.#outbox.tell(shift);
    if (this.#timers.at("down") !== undefined && this.#state === "Backup") this.#armDown();
  }

  /** Addresses of an earlier run do not wait: they are served. */
  #delayed(now: Instant): boolean {
    if (this.#state !== "Initialize" || this.#leftovers.length > 0) return false;
    const until = startsAt(this.#settings, this.#node.bornAt);
    if (until <= now) return false;
    if (this.#timers.at("retry") === until) return true;
    this.#timers.arm("retry", until);
    this.#outbox.tell({ kind: "start-delayed", router: this.#settings.name, wait: between(now, until) });
    return true;
  }

  get #leftovers(): readonly VirtualAddress[] {
    return this.#settings.addresses.filter((address) => this.#node.present(address));
  }

  #start(now: Instant): void {
    const cause = this.#state === "Fault" ? this.#faults.recovery() : "startup";
    const leftovers = this.#leftovers;
    this.#hearing.forget(now);
    if (this.#settings.priority === 255) this.#fire("startup-owner", "owner", "", now);
    else if (leftovers.length > 0) {
      this.#possession.keep(leftovers);
      this.#fire("startup-leftovers", "leftover-addresses", leftovers.map(armKey).join(", "), now);
    } else this.#fire("startup", cause, "", now);
  }

  #fail(cause: FaultCause, detail: string, now: Instant): void {
    const stopping = this.#state === "Leaving" && this.#handOver.purpose === "stop";
    this.#faults.note(cause, now);
    this.#fire("fault", cause, detail, now);
    if (stopping) this.#fire("stop", "let-go", detail, now);
  }

  /** What each timer does when it is over; `at` is when it should have been. */
  readonly #expiries: Readonly<Record<TimerName, (now: Instant, at: Instant) => void>> = {
    advert: (now, at) => this.#fire("advert-timer", "startup", "", now, undefined, at),
    down: (now) => {
      const { cause, detail } = this.#hearing.silence;
      this.#fire("master-down-timer", cause, detail, now);
    },
    listen: (now) => this.#fire("listen-timer", "startup", "", now),
    release: (now) => this.#handedOver(now),
    leave: (now) => {
      const { event, cause } = this.#handOver.expired;
      this.#fire(event, cause, "nobody claimed", now);
    },
    announce: (now) => this.#possession.announceDue(now),
    refresh: (now) => this.#possession.renew(this.#settings, now),
    presence: (now) => {
      const missing = this.#state === "Master" ? this.#possession.missing(this.#node) : undefined;
      if (missing !== undefined) this.#fail("address-missing", armKey(missing), now);
    },
    retry: (now) => this.reconsider(now),
  };

  #handedOver(now: Instant): void {
    const { event, cause } = this.#handOver.done;
    const successor = this.#hearing.last?.source;
    this.#hearing.gaveWay(now);
    this.#fire(event, cause, successor === undefined ? "" : `to ${successor}`, now);
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
      if (to !== "Leaving") this.#possession.endAnnouncing();
      this.#state = to;
      this.#since = now;
      this.#cause = cause;
      this.#candidacy.moved(from, to, cause, now);
      this.#will.touch();
      this.#outbox.tell({ kind: "transition", router: this.#settings.name, from, to, cause, detail });
    }
    for (const effect of effects) this.#effects[effect]({ now, heard, slot });
  }

  /** How each effect of the table is performed. */
  readonly #effects: Readonly<Record<Effect, (moment: Moment) => void>> = {
    advert: () => this.#speech.advert(this.#settings),
    answer: ({ now }) => this.#speech.answer(this.#settings, now),
    goodbye: () => this.#speech.goodbye(this.#settings),
    hold: ({ now }) => this.#possession.hold(this.#settings, now),
    release: () => this.#possession.release(this.#possession.held),
    announce: ({ now }) => this.#possession.announceClaim(now),
    "announce-again": ({ now }) => this.#possession.announceAgain(now),
    "arm-advert": ({ now }) => this.#speech.armNext(this.#settings, now),
    "next-advert": ({ now, slot }) => this.#speech.armSlot(this.#settings, slot ?? now, now),
    "arm-down": () => this.#armDown(),
    hear: ({ heard }) => this.#hear(heard),
    "hear-successor": ({ heard, now }) => this.#hearSuccessor(heard, now),
    listen: ({ now }) => this.#listen(now),
    "leave-for-drill": ({ now }) => this.#leave("drill", now),
    "leave-for-stop": ({ now }) => this.#leave("stop", now),
    "leave-for-better": ({ now }) => this.#leave("better", now),
    "leave-to-adopt": ({ now }) => this.#leave("adopt", now),
    "end-held": () => this.#candidacy.holdBack(false),
    "arm-retry": () => this.#timers.arm("retry", this.#faults.retryAt),
  };

  #listen(now: Instant): void {
    this.#timers.arm("advert", undefined);
    this.#timers.arm("announce", undefined);
    this.#timers.arm("listen", after(now, this.#hearing.listeningTime(this.#settings.interval)));
  }

  #leave(purpose: Purpose, now: Instant): void {
    if (purpose === "drill") this.#candidacy.holdBack(true);
    this.#handOver.begin(purpose, this.#timers.at("release") !== undefined);
    this.#timers.arm("leave", after(now, leavingTime(purpose, this.#settings)));
    this.#possession.armRenewal(now);
  }

  #armDown(): void {
    const deadline = this.#hearing.downDeadline(this.#settings.priority, paceOf(this.#settings));
    this.#timers.arm("down", deadline);
  }

  #hear(heard: Heard | undefined): void {
    if (heard === undefined) return;
    const known = this.#hearing.last?.interval ?? this.#settings.interval;
    if (!this.#hearing.note(heard)) return;
    this.#armDown();
    const { source: from, interval } = heard;
    if (interval !== known)
      this.#outbox.tell({ kind: "interval-learned", router: this.#settings.name, from, interval });
  }

  #hearSuccessor(heard: Heard | undefined, now: Instant): void {
    this.#hear(heard);
    if (!this.#handOver.hearSuccessor()) return;
    this.#timers.arm("leave", undefined);
    this.#timers.arm("release", after(now, OVERLAP_LIMIT));
    this.#releaseAnnounced(now);
  }

  /** Addresses whose new owner has announced them are let go, one by one. */
  #releaseAnnounced(now: Instant): void {
    this.#possession.release(this.#handOver.takenOver(this.#possession.held));
    if (this.#handOver.successorHeard && this.#possession.held.length === 0) this.#handedOver(now);
  }

  /** Says what is to be done if this process dies now, whenever that has changed. */
  #settle(): void {
    if (this.#possession.takeChanged()) this.#will.touch();
    const responsible = this.#state === "Master" || this.#state === "Leaving";
    this.#will.settle(this.#settings, this.#possession.held, responsible);
  }
}
