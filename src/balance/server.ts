/**
 * One real server of one service, from its first configuration to its last.
 *
 * It knows no other server. When all servers of a service fail, all are taken out, and clients are refused by the
 * kernel unless the service has a sorry server; nobody is sent to servers that fail, unless the file wants a floor
 * under the healthy share (panic.ts).
 */
import type { HealthState } from "../checks/health.ts";
import { asksForWeight } from "../checks/settings.ts";
import { after, type Instant } from "../net/time.ts";
import type { Check } from "./check.ts";
import { failuresOf, isSame, reportedWeight, stateOf } from "./examination.ts";
import type { Connections } from "./kernel.ts";
import type { Override } from "./override.ts";
import type { Witness } from "./panic.ts";
import { type Placement, type Presumption, place, type Removal, type Standing } from "./placement.ts";
import type { ServerSettings, ServiceSettings } from "./settings.ts";
import { ramp } from "./slow-start.ts";

/** What became of its service's. */
interface Quorum {
  readonly lost: boolean;
}

interface Panic {
  readonly on: boolean;
}

/** A server as one configuration has it. */
export interface ServerConfiguration {
  readonly service: ServiceSettings;
  readonly server: ServerSettings;
  /** None: it always counts as up. */
  readonly checks: readonly Check[];
  /** Of its service. */
  readonly quorum: Quorum;
  /** Of its service. */
  readonly panic: Panic;
}

/** At weight 0, on its way out of the table. */
interface Leaving {
  /** When it goes, busy or not; `undefined`: when it is idle enough. */
  readonly deadline: Instant | undefined;
}

export class BalancedServer {
  #configuration: ServerConfiguration;
  #presumed: Presumption;
  /** Until there is a verdict: the weight that it asked for before. */
  #asked: number | undefined;
  #override: Override | undefined;
  #removed: Removal | undefined;
  #state: HealthState;
  #since: Instant;
  /** From when on a failed server is waited for: it may have served on by an operator's word. */
  #leavesFrom: Instant;
  /** When it began to serve, while its weight still grows. */
  #rampsFrom: Instant | undefined;
  #rampsNext: Instant | undefined;
  #placement: Placement;

  /** @param found its weight in the kernel */
  constructor(
    configuration: ServerConfiguration,
    presumed: Presumption,
    found: number | undefined,
    override: Override | undefined,
    now: Instant,
  ) {
    this.#configuration = configuration;
    const { policy } = configuration.service;
    this.#presumed = presumed === "absent" && policy.start === "up" ? "assumed" : presumed;
    this.#override = override;
    this.#asked = this.#askedBefore(found);
    this.#state = this.#currentState();
    this.#since = now;
    this.#leavesFrom = now;
    this.#removed = presumed === "absent" ? this.#whyAbsent() : undefined;
    this.#placement = this.#place(now);
  }

  get configuration(): ServerConfiguration {
    return this.#configuration;
  }

  get placement(): Placement {
    return this.#placement;
  }

  get state(): HealthState {
    return this.#state;
  }

  /** When the state began. */
  get since(): Instant {
    return this.#since;
  }

  get override(): Override | undefined {
    return this.#override;
  }

  /** When its weight grows again. */
  get rampsNext(): Instant | undefined {
    return this.#rampsNext;
  }

  /** What it adds to its service's quorum. */
  get share() {
    const standing = { ...this.#standing(), panics: false, withdrawn: false, ramped: undefined };
    const { weight } = this.#configuration.server;
    return {
      capacity: place(standing).weight ?? 0,
      weight,
      undecided: this.#state === "unknown" && this.#override === undefined,
    };
  }

  /** `undefined` of one that serves nobody by its own weight or an operator's word. */
  get witness(): Witness | undefined {
    const { server, checks } = this.#configuration;
    if (server.weight === 0 || this.#override?.kind === "drain") return undefined;
    const isDown = this.#state === "down";
    return {
      serves: this.share.capacity > 0,
      failures: isDown ? failuresOf(checks) : [],
      answers: isDown && checks.some(({ health }) => health.state === "up"),
    };
  }

  /** `undefined` when it is to stay, or has left already. */
  get leaving(): Leaving | undefined {
    if (this.#removed !== undefined || this.#override?.kind === "weight") return undefined;
    if (this.#override !== undefined) return { deadline: this.#override.deadline };
    const { removeAfter } = this.#configuration.service;
    if (this.#state !== "down" || this.#onFailure() !== "remove") return undefined;
    if (this.#configuration.panic.on) return undefined;
    return { deadline: after(this.#leavesFrom, removeAfter) };
  }

  /** The same server under new settings. With other checks it starts from what the old ones had led to. */
  adopt(configuration: ServerConfiguration): void {
    const { checks } = this.#configuration;
    this.#configuration = configuration;
    if (isSame(checks, configuration.checks)) return;
    this.#presumed = this.#standingNow();
    this.#asked = this.#askedBefore(
      reportedWeight(checks) ?? (this.#state === "unknown" ? this.#asked : undefined),
    );
  }

  setOverride(override: Override | undefined, now: Instant): void {
    if (override === this.#override) return;
    this.#override = override;
    this.#leavesFrom = now;
    if (override === undefined && this.#state === "up") this.#beginRamp(now);
    this.#removed = this.#isAbsent() ? this.#whyAbsent() : undefined;
  }

  /** Its service's panic has begun or ended: whoever has served in it leaves anew. */
  noticePanic(now: Instant): void {
    this.#leavesFrom = now;
    if (this.#override === undefined) this.#removed = undefined;
  }

  /** It has weight 0 in the kernel, and so many connections. */
  noteConnections({ active, all }: Connections): void {
    if (this.#override?.kind !== "drain") this.#removed = all === 0 ? "idle" : undefined;
    else if (active <= this.#override.connections) this.#removed = "drained";
  }

  /** The deadline of `leaving` has passed. */
  giveUp(): void {
    this.#removed = this.#override === undefined ? "remove-after" : "drain-deadline";
  }

  /**
   * Works the placement out anew; returns the old one when the weight has changed.
   *
   * @param slowly a server that begins to serve gets its weight little by little, if its service wants that
   */
  reconsider(now: Instant, slowly: boolean): Placement | undefined {
    const before = this.#placement;
    this.#noticeState(now, slowly);
    this.#placement = this.#place(now);
    return before.weight === this.#placement.weight ? undefined : before;
  }

  #noticeState(now: Instant, slowly: boolean): void {
    const [before, state] = [this.#state, this.#currentState()];
    if (state === before) return;
    this.#state = state;
    this.#since = now;
    this.#leavesFrom = now;
    this.#rampsFrom = undefined;
    // Who is asked only from a take-over on is no newer than the others.
    const isFirst = before === "unknown" && this.#configuration.service.policy.checkWhile === "serving";
    if (state === "up" && slowly && !isFirst) this.#beginRamp(now);
    if (this.#override === undefined) this.#removed = this.#isAbsent() ? this.#whyAbsent() : undefined;
  }

  /** Of one that serves already there is nothing to begin. */
  #beginRamp(now: Instant): void {
    const { slowStart } = this.#configuration.service.policy;
    if (slowStart > 0 && (this.#placement.weight ?? 0) === 0 && !this.#isSorry()) this.#rampsFrom = now;
  }

  #isSorry(): boolean {
    const { server, service } = this.#configuration;
    return server === service.policy.sorry;
  }

  #onFailure(): ServiceSettings["onFailure"] {
    return this.#isSorry() ? "remove" : this.#configuration.service.onFailure;
  }

  #currentState(): HealthState {
    if (this.#isSorry()) return this.#configuration.quorum.lost ? "up" : "down";
    return stateOf(this.#configuration.checks);
  }

  #isAbsent(): boolean {
    return this.#placement.weight === undefined;
  }

  /** Of one that is not in the table, and need not be put there to leave it. */
  #whyAbsent(): Removal | undefined {
    if (this.#override?.kind === "drain") return "drained";
    return this.#override === undefined && this.#state === "down" ? "absent" : undefined;
  }

  /** A weight that was the server's own word, for all we know, is left alone until it says another. */
  #askedBefore(weight: number | undefined): number | undefined {
    const { checks } = this.#configuration;
    const isItsOwn = checks.some(({ settings }) => asksForWeight(settings)) && this.#override === undefined;
    return isItsOwn && this.#presumed === "up" ? weight : undefined;
  }

  #standingNow(): Presumption {
    if (this.#isAbsent()) return "absent";
    if (this.#state === "unknown") return this.#presumed;
    return this.#state === "up" ? "up" : "drained";
  }

  #place(now: Instant): Placement {
    this.#rampsNext = undefined;
    const standing = this.#standing();
    if (this.#rampsFrom === undefined) return place(standing);
    const { server, service } = this.#configuration;
    const { weight, next } = ramp(server.weight, this.#rampsFrom, service.policy.slowStart, now);
    if (next === undefined) {
      this.#rampsFrom = undefined;
      return place(standing);
    }
    this.#rampsNext = next;
    return place({ ...standing, ramped: weight });
  }

  #standing(): Standing {
    const { server, checks, quorum, panic, service } = this.#configuration;
    const isSorry = this.#isSorry();
    return {
      weight: (this.#state === "unknown" ? this.#asked : undefined) ?? server.weight,
      checked: checks.length > 0,
      state: this.#state,
      presumed: this.#presumed,
      onFailure: this.#onFailure(),
      isSorry,
      panics: panic.on,
      withdrawn: !isSorry && quorum.lost && service.policy.sorry !== undefined,
      removed: this.#removed,
      override: this.#override,
      reported: reportedWeight(checks),
      ramped: undefined,
    };
  }
}
