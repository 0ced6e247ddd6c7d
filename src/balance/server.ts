/**
 * One real server of one service, from its first configuration to its last.
 *
 * It knows no other server: when all servers of a service fail, all are taken out, and clients are refused by the
 * kernel. There is no panic mode that would send them to servers known to be dead.
 */
import type { HealthState } from "../checks/health.ts";
import { after, type Instant } from "../net/time.ts";
import type { Check } from "./check.ts";
import type { Connections } from "./kernel.ts";
import type { Override } from "./override.ts";
import { type Placement, type Presumption, place, type Removal } from "./placement.ts";
import type { ServerSettings, ServiceSettings } from "./settings.ts";

/** A server as one configuration has it. */
export interface ServerConfiguration {
  readonly service: ServiceSettings;
  readonly server: ServerSettings;
  /** Absent: it always counts as up. */
  readonly check: Check | undefined;
}

/** At weight 0, on its way out of the table. */
interface Leaving {
  /** When it goes, busy or not; `undefined`: when it is idle enough. */
  readonly deadline: Instant | undefined;
}

export class BalancedServer {
  #configuration: ServerConfiguration;
  #presumed: Presumption;
  #override: Override | undefined;
  #removed: Removal | undefined;
  #state: HealthState;
  #since: Instant;
  /** From when on a failed server is waited for: it may have served on by an operator's word. */
  #leavesFrom: Instant;
  #placement: Placement;

  constructor(
    configuration: ServerConfiguration,
    presumed: Presumption,
    override: Override | undefined,
    now: Instant,
  ) {
    this.#configuration = configuration;
    this.#presumed = presumed;
    this.#override = override;
    this.#state = this.#currentState();
    this.#since = now;
    this.#leavesFrom = now;
    this.#removed = presumed === "absent" ? this.#whyAbsent() : undefined;
    this.#placement = this.#place();
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

  /** `undefined` when it is to stay, or has left already. */
  get leaving(): Leaving | undefined {
    if (this.#removed !== undefined || this.#override?.kind === "weight") return undefined;
    if (this.#override !== undefined) return { deadline: this.#override.deadline };
    const { onFailure, removeAfter } = this.#configuration.service;
    if (this.#state !== "down" || onFailure !== "remove") return undefined;
    return { deadline: after(this.#leavesFrom, removeAfter) };
  }

  /** The same server under new settings. A new check starts from what the old one had led to. */
  adopt(configuration: ServerConfiguration): void {
    if (configuration.check !== this.#configuration.check) this.#presumed = this.#standingNow();
    this.#configuration = configuration;
  }

  setOverride(override: Override | undefined, now: Instant): void {
    if (override === this.#override) return;
    this.#override = override;
    this.#leavesFrom = now;
    this.#removed = this.#isAbsent() ? this.#whyAbsent() : undefined;
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

  /** Works the placement out anew; returns the old one when the weight has changed. */
  reconsider(now: Instant): Placement | undefined {
    const before = this.#placement;
    this.#noticeState(now);
    this.#placement = this.#place();
    return before.weight === this.#placement.weight ? undefined : before;
  }

  #noticeState(now: Instant): void {
    const state = this.#currentState();
    if (state === this.#state) return;
    this.#state = state;
    this.#since = now;
    this.#leavesFrom = now;
    if (this.#override === undefined) this.#removed = this.#isAbsent() ? this.#whyAbsent() : undefined;
  }

  #currentState(): HealthState {
    return this.#configuration.check?.health.state ?? "up";
  }

  #isAbsent(): boolean {
    return this.#placement.weight === undefined;
  }

  /** Of one that is not in the table, and need not be put there to leave it. */
  #whyAbsent(): Removal | undefined {
    if (this.#override?.kind === "drain") return "drained";
    return this.#override === undefined && this.#state === "down" ? "absent" : undefined;
  }

  #standingNow(): Presumption {
    if (this.#isAbsent()) return "absent";
    return this.#state === "up" || (this.#state === "unknown" && this.#presumed === "up") ? "up" : "drained";
  }

  #place(): Placement {
    const { service, server, check } = this.#configuration;
    return place({
      weight: server.weight,
      checked: check !== undefined,
      state: this.#state,
      presumed: this.#presumed,
      onFailure: service.onFailure,
      removed: this.#removed,
      override: this.#override,
      reported: check?.weight,
    });
  }
}
