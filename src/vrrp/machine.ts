/**
 * The state of one virtual router and how it changes: performs the effects that `transitions.ts` asks for.
 *
 * It judges nothing: which event something is, its owner says.
 */
import { after, between, type Instant } from "../net/time.ts";
import { Candidacy } from "./candidacy.ts";
import type { Cause } from "./event.ts";
import { Faults } from "./faults.ts";
import { HandOver, leavingTime, type Purpose } from "./handover.ts";
import { type Heard, Hearing } from "./hearing.ts";
import type { NodeView } from "./node.ts";
import { Outbox } from "./outbox.ts";
import { Possession } from "./possession.ts";
import { Seal } from "./seal.ts";
import { paceOf, type RouterSettings } from "./settings.ts";
import { Sparing } from "./sparing.ts";
import { Speech } from "./speech.ts";
import { StallGuard } from "./stall.ts";
import type { State } from "./state.ts";
import { Timers } from "./timers.ts";
import { type Effect, type RouterEventName, TRANSITIONS } from "./transitions.ts";

/** What an effect may need to know of the event that asks for it. */
interface Moment {
  readonly now: Instant;
  readonly heard: Heard | undefined;
  /** When the advert that is due should have been sent. */
  readonly slot: Instant | undefined;
}

export class Machine {
  readonly outbox = new Outbox();
  readonly timers = new Timers();
  readonly possession: Possession;
  readonly seal: Seal;
  readonly speech: Speech;
  readonly hearing: Hearing;
  readonly handOver = new HandOver();
  readonly candidacy: Candidacy;
  readonly faults: Faults;
  readonly #node: NodeView;
  readonly #stalls = new StallGuard();
  readonly #intervalTold = new Sparing();
  #state: State = "Initialize";
  #since: Instant;
  #cause: Cause = "startup";

  constructor(settings: RouterSettings, node: NodeView, now: Instant) {
    this.#since = now;
    this.#node = node;
    this.candidacy = new Candidacy(settings, node);
    this.possession = new Possession(
      settings.name,
      this.timers,
      this.outbox,
      () => (node.turnOf(this.settings) ?? 0) / this.settings.interval,
    );
    this.seal = new Seal(settings.name, node);
    this.speech = new Speech(
      node,
      this.timers,
      this.outbox,
      this.seal,
      () => this.possession.held.length > 0,
    );
    this.hearing = new Hearing(now);
    this.faults = new Faults(node);
  }

  get state(): State {
    return this.#state;
  }

  get since(): Instant {
    return this.#since;
  }

  /** Of the last transition. */
  get cause(): Cause {
    return this.#cause;
  }

  /** With the effective priority. */
  get settings(): RouterSettings {
    return this.candidacy.settings;
  }

  /** The one place where the state changes. */
  fire(
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
      this.timers.clear();
      if (to !== "Leaving") this.possession.endAnnouncing();
      this.speech.endFamiliar();
      this.#state = to;
      this.#since = now;
      this.#cause = cause;
      this.candidacy.moved(from, to, cause, now);
      this.outbox.tell({ kind: "transition", router: this.settings.name, from, to, cause, detail });
    }
    for (const effect of effects) Machine.#effects[effect](this, { now, heard, slot });
  }

  /** How each effect of the table is performed. */
  static readonly #effects: Readonly<Record<Effect, (machine: Machine, moment: Moment) => void>> = {
    advert: (machine, { now }) => machine.speech.advert(machine.settings, now),
    answer: (machine, { now }) => machine.speech.answer(machine.settings, now),
    goodbye: (machine, { now }) => machine.speech.goodbye(machine.settings, now),
    hold: (machine, { now }) => machine.possession.hold(machine.settings, now),
    release: (machine) => machine.possession.release(machine.possession.held),
    announce: (machine, { now }) => machine.possession.announceClaim(machine.settings, now),
    "announce-again": (machine, { now }) => machine.possession.announceAgain(machine.settings, now),
    "arm-advert": (machine, { now }) => machine.speech.armNext(machine.settings, now),
    "next-advert": (machine, { now, slot }) => machine.speech.armSlot(machine.settings, slot ?? now, now),
    "arm-down": (machine) => machine.armDown(),
    hear: (machine, { heard }) => machine.#hear(heard),
    "hear-successor": (machine, { heard, now }) => machine.#hearSuccessor(heard, now),
    listen: (machine, { now }) => machine.#listen(now),
    "leave-for-drill": (machine, { now }) => machine.#leave("drill", now),
    "leave-to-step-down": (machine, { now }) => machine.#leave("step-down", now),
    "leave-for-stop": (machine, { now }) => machine.#leave("stop", now),
    "leave-for-better": (machine, { now }) => machine.#leave("better", now),
    "leave-to-yield": (machine, { now }) => machine.#leave("yield", now),
    "leave-to-adopt": (machine, { now }) => machine.#leave("adopt", now),
    "end-held": (machine) => machine.candidacy.holdBack(false),
    "arm-retry": (machine) => machine.timers.arm("retry", machine.faults.retryAt),
  };

  #listen(now: Instant): void {
    this.timers.arm("advert", undefined);
    this.timers.arm("announce", undefined);
    this.timers.arm("listen", after(now, this.hearing.listeningTime(this.settings.interval)));
  }

  #leave(purpose: Purpose, now: Instant): void {
    if (purpose === "drill") this.candidacy.holdBack(true);
    const release = this.timers.at("release");
    const deadline = after(now, leavingTime(purpose, this.settings));
    this.handOver.begin(purpose, release !== undefined);
    if (release === undefined) this.timers.arm("leave", deadline);
    else if (deadline < release) this.timers.arm("release", deadline);
    this.possession.armRenewal(now);
  }

  /** Whether a master is so late that it doubts itself, and listens before it speaks. */
  noticeStall(now: Instant): boolean {
    const due = this.timers.at("advert");
    if (this.#state !== "Master" || due === undefined) return false;
    const { settings } = this;
    const lateness = this.#stalls.lateness(due, this.speech.cadence(settings), settings, now);
    if (lateness === undefined) return false;
    const listening = this.hearing.listeningTime(settings.interval);
    this.outbox.tell({ kind: "stall", router: settings.name, lateness, listening });
    this.fire("stall", "stop", "", now);
    return true;
  }

  /** The master that is followed has repeated its last word. */
  heardAgain(at: Instant): void {
    this.candidacy.noteHeard(at);
    this.hearing.noteAgain(at);
    this.armDown();
  }

  armDown(): void {
    this.hearing.followLower(this.settings);
    const deadline = this.hearing.downDeadline(this.settings.priority, paceOf(this.settings));
    this.timers.arm("down", deadline);
  }

  /**
   * Whether the silence that is over is one to act upon; if not, the wait goes on.
   *
   * @param due when it was over
   */
  believesSilence(due: Instant, now: Instant): boolean {
    const { settings } = this;
    const { stoodStill } = this.#node;
    const waiting = this.hearing.secondWait(due, settings.priority, paceOf(settings), stoodStill);
    if (stoodStill === undefined || waiting === undefined) return true;
    this.timers.arm("down", after(now, waiting));
    const length = between(stoodStill.since, stoodStill.until);
    this.outbox.tell({ kind: "silence-doubted", router: settings.name, stoodStill: length, waiting });
    return false;
  }

  #hear(heard: Heard | undefined): void {
    if (heard === undefined) return;
    const known = this.hearing.last?.interval ?? this.settings.interval;
    if (!this.hearing.note(heard)) return;
    this.armDown();
    const { source: from, interval } = heard;
    if (interval !== known && this.#intervalTold.allows(heard.at))
      this.outbox.tell({ kind: "interval-learned", router: this.settings.name, from, interval });
  }

  #hearSuccessor(heard: Heard | undefined, now: Instant): void {
    this.#hear(heard);
    if (!this.handOver.hearSuccessor()) return;
    this.timers.arm("release", this.handOver.keptUntil(this.timers.at("leave"), now));
    this.timers.arm("leave", undefined);
    this.releaseAnnounced(now);
  }

  /** Addresses whose new owner has announced them are let go, one by one. */
  releaseAnnounced(now: Instant): void {
    this.possession.release(this.handOver.takenOver(this.possession.held));
    if (this.handOver.successorHeard && this.possession.held.length === 0) this.handedOver(now);
  }

  handedOver(now: Instant): void {
    const { event, cause } = this.handOver.done;
    const successor = this.hearing.last?.source;
    this.hearing.gaveWay(now);
    this.fire(event, cause, successor === undefined ? "" : `to ${successor}`, now);
  }
}
