/** A balance engine on a bench: results, kernel tables and time by hand, what comes of it as short text. */
import assert from "node:assert/strict";
import type { BalanceAction } from "../../src/balance/action.ts";
import { Balance } from "../../src/balance/engine.ts";
import type { BalanceEvent } from "../../src/balance/event.ts";
import type { BalanceInput, SeenService } from "../../src/balance/input.ts";
import type { Override } from "../../src/balance/override.ts";
import { PLAIN_POLICY } from "../../src/balance/policy.ts";
import type { ServerSettings, ServiceSettings } from "../../src/balance/settings.ts";
import type { CheckResult, FailureReason } from "../../src/checks/result.ts";
import type { TcpCheck } from "../../src/checks/settings.ts";
import type { Table } from "../../src/ipvs/settings.ts";
import { ip } from "../../src/net/ip.ts";
import { after, type Duration, type Instant, instant, millis, minutes, seconds } from "../../src/net/time.ts";

export const CHECK: TcpCheck = {
  type: "tcp",
  interval: seconds(2),
  timeout: seconds(1),
  rise: 2,
  fall: 3,
};
export const VIP = { address: ip("192.0.2.100"), port: 80 };
export const PASSED: CheckResult = { kind: "passed", latency: millis(2) };

/** `rs1` is 10.0.0.1:8080, weight 3. */
export function server(name: string, settings: Partial<ServerSettings> = {}): ServerSettings {
  const number = name.slice("rs".length);
  const endpoint = { address: ip(`10.0.0.${number}`), port: 8080 };
  return { name, endpoint, forward: "nat", weight: 3, checks: [CHECK], askedAt: 8080, ...settings };
}

export function unchecked(name: string): ServerSettings {
  return server(name, { checks: [] });
}

export function service(
  servers: readonly ServerSettings[],
  settings: Partial<ServiceSettings> = {},
): ServiceSettings {
  return {
    name: "web",
    protocol: "tcp",
    listen: [VIP],
    scheduler: "wrr",
    onFailure: "remove",
    removeAfter: minutes(5),
    policy: PLAIN_POLICY,
    checks: [CHECK],
    servers,
    ...settings,
  };
}

export function failed(reason: FailureReason): CheckResult {
  return { kind: "failed", reason, detail: "as said" };
}

/** `rs1=3 rs2=0/5+2` at VIP: weights, and connections after a slash, active and inactive ones. */
export function seen(text: string): SeenService[] {
  const destinations = text
    .split(" ")
    .filter(Boolean)
    .map((part) => {
      const match = /^(rs\d+)=(\d+)(?:\/(\d+)(?:\+(\d+))?)?$/.exec(part);
      assert.ok(match !== null, part);
      const [, name = "", weight, active = 0, inactive = 0] = match;
      const connections = { activeConnections: Number(active), inactiveConnections: Number(inactive) };
      return { ...server(name).endpoint, weight: Number(weight), ...connections };
    });
  return [{ protocol: "tcp", ...VIP, destinations }];
}

/** The inverse of `seen`. */
export function textOf(table: Table): string {
  const [first] = table;
  return (first?.destinations ?? [])
    .map(({ address, weight }) => `rs${address.split(".").at(-1)}=${weight}`)
    .join(" ");
}

export class Bench {
  readonly balance: Balance;
  now: Instant = instant(1_000_000);
  /** Checks started and not yet reported. */
  readonly running: Extract<BalanceAction, { kind: "check" }>[] = [];
  reconciled = 0;
  /** Hears of every event as it is. */
  heard: (event: BalanceEvent) => void = () => {};
  /** In force from the next configuration on. */
  readonly overrides = new Map<string, Override>();
  #events: string[] = [];

  /** @param places for checks */
  constructor(services: readonly ServiceSettings[], kernel = "", places?: number) {
    this.balance = new Balance(places);
    this.input({ kind: "kernel", services: seen(kernel) });
    this.configure(services);
  }

  configure(services: readonly ServiceSettings[]): void {
    this.input({ kind: "configure", services, overrides: this.overrides, random: 0 });
  }

  kernel(text: string): void {
    this.input({ kind: "kernel", services: seen(text) });
  }

  input(input: BalanceInput): void {
    for (const action of this.balance.handle(input, this.now)) {
      switch (action.kind) {
        case "check":
          this.running.push(action);
          break;
        case "reconcile":
          this.reconciled += 1;
          break;
        case "event":
          this.#events.push(eventText(action.event));
          this.heard(action.event);
      }
    }
  }

  /** Lets time pass, with a tick at each deadline on the way. Checks are started and not answered. */
  wait(duration: Duration): void {
    const end = after(this.now, duration);
    for (let steps = 0; steps < 10_000; steps++) {
      const deadline = this.balance.nextDeadline();
      if (deadline === undefined || deadline > end) break;
      if (deadline > this.now) this.now = deadline;
      this.input({ kind: "tick" });
    }
    this.now = end;
  }

  /** Waits for the next check of this server and reports `result`; other checks that start meanwhile pass. */
  check(name: string, result: CheckResult): void {
    const { address } = server(name).endpoint;
    for (let steps = 0; steps < 1_000; steps++) {
      const due = this.running.shift();
      if (due === undefined) this.#nextTick();
      else {
        const wanted = due.target.address === address;
        this.input({ kind: "checked", id: due.id, result: wanted ? result : PASSED });
        if (wanted) return;
      }
    }
    assert.fail(`no check of ${name} starts`);
  }

  fail(name: string, times: number = CHECK.fall): void {
    for (let count = 0; count < times; count++) this.check(name, failed("refused"));
  }

  pass(name: string, times = 1): void {
    for (let count = 0; count < times; count++) this.check(name, PASSED);
  }

  /** As many failures of every check as take a server out, or of these servers alone: others pass. */
  failAll(...names: readonly string[]): void {
    const addresses = names.map((name) => server(name).endpoint.address);
    for (let count = 0; count < CHECK.fall; count++) {
      this.wait(CHECK.interval);
      for (const { id, target } of this.running.splice(0)) {
        const fails = names.length === 0 || addresses.includes(target.address);
        this.input({ kind: "checked", id, result: fails ? failed("timeout") : PASSED });
      }
    }
  }

  /** Of the checks of this server that are under way. */
  ids(name: string): string[] {
    const { address } = server(name).endpoint;
    return this.running.filter(({ target }) => target.address === address).map(({ id }) => id);
  }

  get wanted(): string {
    return textOf(this.balance.wanted());
  }

  /** Events since the last call. */
  events(): string[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #nextTick(): void {
    const deadline = this.balance.nextDeadline();
    assert.ok(deadline !== undefined, "nothing is awaited");
    if (deadline > this.now) this.now = deadline;
    this.input({ kind: "tick" });
  }
}

/** `server-down rs1 refused`. */
function eventText(event: BalanceEvent): string {
  const name = "server" in event ? `${event.server} ` : "";
  const weight = event.kind === "weight-change" ? `${event.from ?? "absent"}→${event.to} ` : "";
  if (event.kind === "panic") {
    return `panic ${event.service} ${event.news} ${event.healthy}/${event.total}`;
  }
  if (event.kind === "quorum") {
    return `quorum ${event.service} ${event.held ? "held" : "lost"} ${event.have}/${event.need}`;
  }
  const cause = "cause" in event ? event.cause : "";
  return `${event.kind} ${name}${weight}${cause}`.trim();
}
