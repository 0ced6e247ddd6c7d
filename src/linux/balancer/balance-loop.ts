/**
 * Binds the pure balance engine to this host: starts the checks it asks for, and keeps the kernel's table as it wants.
 */
import type { BalanceAction } from "../../balance/action.ts";
import { Balance, type ServiceHealth } from "../../balance/engine.ts";
import type { BalanceEvent } from "../../balance/event.ts";
import type { BalanceInput } from "../../balance/input.ts";
import type { Override, Overrides } from "../../balance/override.ts";
import type { ServiceSettings } from "../../balance/settings.ts";
import type { ServiceSnapshot } from "../../balance/snapshot.ts";
import { placesFor } from "../../checks/places.ts";
import type { ScriptBook } from "../../delivery/script-book.ts";
import { unreachable } from "../../net/bug.ts";
import type { IpAddress } from "../../net/ip.ts";
import { between, toMillis } from "../../net/time.ts";
import { Prober } from "../../probes/prober.ts";
import { now } from "../clock.ts";
import type { TableKeeper } from "../keepers/table-keeper.ts";
import { descriptorLimit } from "./descriptors.ts";

type BalancedTable = Pick<TableKeeper, "onRead" | "hasLeftovers" | "open" | "want" | "stop" | "close">;

interface BalanceWatcher {
  event(event: BalanceEvent): void;
  /** Every check was tried once, or time is up. Said once. */
  ready(): void;
}

export class BalanceLoop {
  readonly #engine: Balance;
  readonly #watcher: BalanceWatcher;
  readonly #keeper: BalancedTable;
  readonly #prober: Prober;
  #timer: NodeJS.Timeout | undefined;
  #ready = false;
  #closed = false;

  /** @param places checks under way at the same time: unless given, as file descriptors allow */
  constructor(
    keeper: BalancedTable,
    book: ScriptBook,
    watcher: BalanceWatcher,
    places = placesFor(descriptorLimit()),
  ) {
    this.#engine = new Balance(places);
    this.#watcher = watcher;
    this.#keeper = keeper;
    this.#prober = new Prober((id, result) => this.#feed({ kind: "checked", id, result }), book);
    keeper.onRead((services) => this.#feed({ kind: "kernel", services }));
  }

  configure(services: readonly ServiceSettings[], overrides: Overrides, random: number): void {
    // Without services too, when those of an earlier run have to go.
    if (services.length > 0 || this.#keeper.hasLeftovers) this.#keeper.open();
    this.#feed({ kind: "configure", services, overrides, random });
  }

  /** Tells which floating addresses this director does not have now. */
  serving(elsewhere: ReadonlySet<IpAddress>): void {
    this.#feed({ kind: "serving", elsewhere });
  }

  has(service: string, server: string): boolean {
    return this.#engine.has(service, server);
  }

  /** Of a server that there is. */
  override(service: string, server: string, override: Override | undefined, by: string): void {
    this.#feed({ kind: "override", service, server, override, by });
  }

  snapshot(): ServiceSnapshot[] {
    return this.#engine.snapshot();
  }

  healthOf(service: string): ServiceHealth | undefined {
    return this.#engine.healthOf(service);
  }

  quorumOf(service: string): boolean | undefined {
    return this.#engine.quorumOf(service);
  }

  /** An orderly end: the table is left as the file says. */
  stop(): void {
    // What is read of the table from now on is no reason to want another one.
    this.#closed = true;
    this.#keeper.stop();
    this.close();
  }

  /** Nothing more is started or written; the table stays as it is. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#prober.close();
    this.#keeper.close();
  }

  #feed(input: BalanceInput): void {
    if (this.#closed) return;
    for (const action of this.#engine.handle(input, now())) this.#perform(action);
    if (this.#engine.ready && !this.#ready) {
      this.#ready = true;
      this.#watcher.ready();
    }
    this.#arm();
  }

  #perform(action: BalanceAction): void {
    switch (action.kind) {
      case "check":
        return this.#prober.start(action.id, action.target, action.settings);
      case "reconcile":
        return this.#keeper.want(this.#engine.wanted(), this.#engine.draining);
      case "event":
        return this.#watcher.event(action.event);
      default:
        unreachable(action);
    }
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const deadline = this.#engine.nextDeadline();
    if (deadline === undefined || this.#closed) return;
    // Rounded up: a timer that fires early would only find nothing to do.
    const wait = Math.max(0, Math.ceil(toMillis(between(now(), deadline))));
    this.#timer = setTimeout(() => this.#feed({ kind: "tick" }), wait);
  }
}
