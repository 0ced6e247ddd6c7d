/**
 * One real server of one service, from its first configuration to its last.
 *
 * It knows no other server: when all servers of a service fail, all are taken out, and clients are refused by the
 * kernel. There is no panic mode that would send them to servers known to be dead.
 */
import type { HealthState } from "../checks/health.ts";
import { after, type Instant } from "../net/time.ts";
import type { Check } from "./check.ts";
import { type Placement, type Presumption, place, type Removal } from "./placement.ts";
import type { ServerSettings, ServiceSettings } from "./settings.ts";

/** A server as one configuration has it. */
export interface ServerConfiguration {
  readonly service: ServiceSettings;
  readonly server: ServerSettings;
  /** Absent: it always counts as up. */
  readonly check: Check | undefined;
}

export class BalancedServer {
  #configuration: ServerConfiguration;
  #presumed: Presumption;
  #override: number | undefined;
  #removed: Removal | undefined;
  #state: HealthState;
  #since: Instant;
  #placement: Placement;

  constructor(configuration: ServerConfiguration, presumed: Presumption, now: Instant) {
    this.#configuration = configuration;
    this.#presumed = presumed;
    this.#state = this.#currentState();
    this.#since = now;
    if (this.#state === "down" && presumed === "absent") this.#removed = "absent";
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

  get override(): number | undefined {
    return this.#override;
  }

  /** When a failed server that still has weight 0 goes, busy or not; `undefined` when none is waited for. */
  get removeAt(): Instant | undefined {
    const { onFailure, removeAfter } = this.#configuration.service;
    if (this.#state !== "down" || onFailure !== "remove" || this.#removed !== undefined) return undefined;
    return after(this.#since, removeAfter);
  }

  /** The same server under new settings. A new check starts from what the old one had led to. */
  adopt(configuration: ServerConfiguration): void {
    if (configuration.check !== this.#configuration.check) this.#presumed = this.#standingNow();
    this.#configuration = configuration;
  }

  setOverride(weight: number | undefined): void {
    this.#override = weight;
  }

  remove(cause: Removal): void {
    this.#removed = cause;
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
    this.#removed = state === "down" && this.#placement.weight === undefined ? "absent" : undefined;
  }

  #currentState(): HealthState {
    return this.#configuration.check?.health.state ?? "up";
  }

  #standingNow(): Presumption {
    if (this.#placement.weight === undefined) return "absent";
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
    });
  }
}
