/**
 * From services, check results and the kernel's table to the wanted table.
 *
 * One input and the instant in, a list of actions out. The engine never writes: it says that `wanted()` has changed,
 * and whoever owns the kernel's table compares the two, now and again later.
 */
import type { HealthState } from "../checks/health.ts";
import type { CheckResult } from "../checks/result.ts";
import { Schedule } from "../checks/schedule.ts";
import { isMark } from "../ipvs/listen.ts";
import type { Table } from "../ipvs/settings.ts";
import { Bug, unreachable } from "../net/bug.ts";
import type { IpAddress } from "../net/ip.ts";
import { after, earliest, type Instant, seconds } from "../net/time.ts";
import type { BalanceAction } from "./action.ts";
import type { Check } from "./check.ts";
import type { BalanceEvent } from "./event.ts";
import { healthEvent, namesOf } from "./health-event.ts";
import type { BalanceInput } from "./input.ts";
import { KernelView } from "./kernel.ts";
import { Problems } from "./problems.ts";
import { countOf } from "./quorum.ts";
import { Roster } from "./roster.ts";
import type { BalancedServer } from "./server.ts";
import type { ServiceSettings } from "./settings.ts";
import { type ServiceSnapshot, snapshotOf } from "./snapshot.ts";
import { wantedFor } from "./table.ts";

/** Checks that hang do not keep a director from being ready for longer than this. */
const READY_LIMIT = seconds(30);

type InputOf<Kind extends BalanceInput["kind"]> = Extract<BalanceInput, { readonly kind: Kind }>;

type WeightCause = Extract<BalanceEvent, { kind: "weight-change" }>["cause"];

/** Nobody answers ARP or NDP for three seconds or so, when the timeout is longer than that. */
function isSilence(result: CheckResult): boolean {
  return result.kind === "failed" && (result.reason === "timeout" || result.reason === "unreachable");
}

/** How many of its servers are in which state; the others are down. */
export interface ServiceHealth {
  readonly up: number;
  readonly unknown: number;
  readonly total: number;
}

export class Balance {
  readonly #roster = new Roster();
  readonly #schedule: Schedule;
  readonly #kernel = new KernelView();
  readonly #problems = new Problems();
  /** Servers that still have weight 0, on their way out. */
  readonly #leaving = new Set<BalancedServer>();
  /** Servers whose weight still grows. */
  readonly #ramping = new Set<BalancedServer>();
  /** Services that suspect this director. */
  readonly #panicking = new Set<ServiceSettings>();
  #elsewhere: ReadonlySet<IpAddress> = new Set();
  /** Services that may have lost their quorum by the input under way, or have it again. */
  readonly #touched = new Set<ServiceSettings>();
  /** In [0, 1): where the rounds of new checks begin. */
  #random = 0;
  /** Checks that have said nothing yet, until every one has. */
  readonly #untried = new Set<string>();
  #readyBy: Instant | undefined;
  #ready = false;
  /** What is wanted for each service, until something of it changes. */
  readonly #wanted = new Map<ServiceSettings, Table>();
  #dirty = false;
  #actions: BalanceAction[] = [];

  /** @param places checks under way at the same time */
  constructor(places?: number) {
    this.#schedule = new Schedule(places);
  }

  /** Takes one input; the actions are to be performed in order. */
  handle(input: BalanceInput, now: Instant): BalanceAction[] {
    this.#dispatch(input, now);
    this.#judgePanics(now);
    this.#judgeQuorums(now);
    this.#noticeReady(now);
    if (this.#dirty) this.#actions.push({ kind: "reconcile" });
    this.#dirty = false;
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  /** The earliest instant at which a `tick` is wanted. */
  nextDeadline(): Instant | undefined {
    const removals = [...this.#leaving].map((server) => server.leaving?.deadline);
    const ramps = [...this.#ramping].map((server) => server.rampsNext);
    const panics = [...this.#panicking].map((service) => this.#roster.panicOf(service)?.deadline);
    return earliest([this.#readyBy, this.#schedule.nextDeadline(), ...removals, ...ramps, ...panics]);
  }

  /** Services of which nothing has changed are the same objects as before. */
  wanted(): Table {
    return this.#roster.services.flatMap((service) => this.#wantedFor(service));
  }

  /** Every check was tried once, or had 30 s for that. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Servers wait for their last connections: the kernel's table is worth another look soon. */
  get draining(): boolean {
    return this.#leaving.size > 0;
  }

  snapshot(): ServiceSnapshot[] {
    const roster = this.#roster;
    return roster.services.map((service) =>
      snapshotOf(
        service,
        roster.serversOf(service),
        roster.sorryOf(service),
        roster.quorumOf(service),
        roster.panicOf(service),
        !this.#asks(service),
      ),
    );
  }

  has(service: string, server: string): boolean {
    return this.#roster.named(service, server) !== undefined;
  }

  /** `undefined` when there is no such service. */
  healthOf(name: string): ServiceHealth | undefined {
    const service = this.#roster.service(name);
    if (service === undefined) return undefined;
    const states = this.#roster.serversOf(service).map(({ state }) => state);
    const count = (wanted: HealthState) => states.filter((state) => state === wanted).length;
    return { up: count("up"), unknown: count("unknown"), total: states.length };
  }

  /** `undefined` without such a service or a quorum, and while checks are still to say so. */
  quorumOf(name: string): boolean | undefined {
    const service = this.#roster.services.find((one) => one.name === name);
    return service && this.#roster.quorumOf(service)?.held;
  }

  #dispatch(input: BalanceInput, now: Instant): void {
    switch (input.kind) {
      case "configure":
        return this.#configure(input, now);
      case "tick":
        return this.#tick(now);
      case "checked":
        return this.#checked(input.id, input.result, now);
      case "kernel":
        this.#kernel.update(input.services);
        return this.#removeIdle(now);
      case "serving":
        return this.#serving(input.elsewhere, now);
      case "override":
        return this.#override(input, now);
      default:
        unreachable(input);
    }
  }

  #configure(input: InputOf<"configure">, now: Instant): void {
    const { services, overrides, random } = input;
    const change = this.#roster.configure(services, { overrides, kernel: this.#kernel, now });
    this.#random = random;
    this.#tell({
      kind: "configured",
      services: services.length,
      servers: this.#roster.size,
      checksKept: change.kept,
      checksAdded: change.added,
      checksRemoved: change.removed,
    });
    this.#forgetOthers();
    for (const server of change.others) this.#reconsider(server, now, "configured");
    this.#dirty = true;
    this.#plan(now);
  }

  /** Which checks run from now on. */
  #plan(now: Instant): void {
    const checks = this.#roster.checksWhere((service) => this.#asks(service));
    const planned = new Set(checks);
    for (const check of this.#roster.checks.values()) if (!planned.has(check)) check.rest();
    const list = checks.map(({ id, settings }) => ({ id, interval: settings.interval }));
    this.#schedule.configure(list, this.#random, now);
    this.#awaitChecks(checks, now);
  }

  #asks(service: ServiceSettings): boolean {
    return service.policy.checkWhile === "always" || this.#serves(service);
  }

  /** What comes to one of its addresses comes here, as far as is known. */
  #serves({ listen }: ServiceSettings): boolean {
    return !listen.every((one) => !isMark(one) && this.#elsewhere.has(one.address));
  }

  #serving(elsewhere: ReadonlySet<IpAddress>, now: Instant): void {
    const { services } = this.#roster;
    const asked = services.map((service) => this.#asks(service));
    this.#elsewhere = elsewhere;
    if (services.some((service, index) => this.#asks(service) !== asked[index])) this.#plan(now);
    for (const service of services) if (service.policy.panic !== undefined) this.#touched.add(service);
  }

  #tick(now: Instant): void {
    for (const server of this.#leaving) {
      const deadline = server.leaving?.deadline;
      if (deadline === undefined || deadline > now) continue;
      server.giveUp();
      this.#reconsider(server, now);
    }
    for (const service of this.#panicking) {
      const deadline = this.#roster.panicOf(service)?.deadline;
      if (deadline !== undefined && deadline <= now) this.#touched.add(service);
    }
    for (const server of this.#ramping) {
      if (server.rampsNext !== undefined && server.rampsNext <= now) this.#reconsider(server, now);
    }
    for (const id of this.#schedule.take(now)) {
      const check = this.#roster.checks.get(id);
      if (check === undefined) throw new Bug(`a check is scheduled and unknown: ${id}`);
      this.#actions.push({ kind: "check", id, target: check.target, settings: check.settings });
    }
  }

  #checked(id: string, result: CheckResult, now: Instant): void {
    this.#schedule.finish(id, isSilence(result));
    const check = this.#roster.checks.get(id);
    if (check === undefined) return; // a reload ended it meanwhile
    if (result.kind === "not-run") return this.#problem(check, result, now);
    this.#untried.delete(id);
    const { weight } = check;
    const judgement = check.take(result, now);
    const isNews = judgement.cause !== undefined || check.weight !== weight;
    for (const server of this.#roster.usersOf(check)) {
      // Another reason for a failure may say that it is not our fault.
      if (server.configuration.service.policy.panic !== undefined)
        this.#touched.add(server.configuration.service);
      const told = healthEvent(server, check, result, judgement);
      if (told !== undefined) this.#tell(told);
      if (isNews) this.#reconsider(server, now);
    }
  }

  #override({ service, server, override, by }: InputOf<"override">, now: Instant): void {
    const found = this.#roster.named(service, server);
    if (found === undefined) throw new Bug(`an override for ${service}/${server}, which is not there`);
    this.#tell({ kind: "override", service, server, override, by });
    found.setOverride(override, now);
    this.#reconsider(found, now, override === undefined ? "override-lifted" : undefined);
  }

  #removeIdle(now: Instant): void {
    for (const server of this.#leaving) {
      const { service, server: settings } = server.configuration;
      const left = this.#kernel.connectionsLeft(service, settings.endpoint);
      if (left === undefined) continue;
      server.noteConnections(left);
      this.#reconsider(server, now);
    }
  }

  /** @param because overrides the cause that the new placement names */
  #reconsider(server: BalancedServer, now: Instant, because?: WeightCause): void {
    // At the start all are equally new.
    const before = server.reconsider(now, this.#ready);
    this.#touched.add(server.configuration.service);
    if (server.rampsNext === undefined) this.#ramping.delete(server);
    else this.#ramping.add(server);
    if (server.leaving === undefined) this.#leaving.delete(server);
    else this.#leaving.add(server);
    if (before === undefined) return;
    this.#wanted.delete(server.configuration.service);
    this.#dirty = true;
    const { weight, cause } = server.placement;
    if (weight === undefined) this.#tell({ kind: "server-removed", ...namesOf(server), cause });
    else {
      const change = { from: before.weight, to: weight, cause: because ?? cause };
      this.#tell({ kind: "weight-change", ...namesOf(server), ...change });
    }
  }

  #judgePanics(now: Instant): void {
    for (const service of [...this.#touched]) {
      const panic = this.#roster.panicOf(service);
      // Of most services there is none, and they may have thousands of servers.
      if (panic === undefined || (service.policy.panic === undefined && !panic.on)) continue;
      const servers = this.#roster.serversOf(service);
      const witnesses = servers.flatMap(({ witness }) => witness ?? []);
      const news = panic.judge(service.policy.panic, witnesses, this.#serves(service), now);
      if (panic.deadline === undefined) this.#panicking.delete(service);
      else this.#panicking.add(service);
      if (news === undefined) continue;
      const healthy = witnesses.filter(({ serves }) => serves).length;
      this.#tell({ kind: "panic", service: service.name, news, healthy, total: witnesses.length });
      if (news === "goes-on") continue;
      for (const server of servers) {
        server.noticePanic(now);
        this.#reconsider(server, now);
      }
    }
  }

  #judgeQuorums(now: Instant): void {
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const service of touched) {
      const { quorum: settings, sorry } = service.policy;
      const quorum = this.#roster.quorumOf(service);
      if (settings === undefined || quorum === undefined) continue;
      const servers = this.#roster.serversOf(service);
      const shares = servers.map(({ share }) => share);
      if (!quorum.judge(settings, shares)) continue;
      this.#tell({
        kind: "quorum",
        held: !quorum.lost,
        service: service.name,
        of: settings.of,
        ...countOf(settings, shares),
        sorry: sorry !== undefined,
      });
      const standIn = this.#roster.sorryOf(service);
      // Whoever is to take over comes first.
      for (const server of standIn === undefined ? servers : [standIn, ...servers])
        this.#reconsider(server, now);
    }
    this.#touched.clear();
  }

  #problem(check: Check, result: Extract<CheckResult, { kind: "not-run" }>, now: Instant): void {
    const { problem: cause, detail } = result;
    const count = this.#problems.count(cause, now);
    if (count > 0) this.#tell({ kind: "check-problem", cause, detail, target: check.target, count });
  }

  /** Only the first configuration is waited for: a director that serves stays ready through reloads. */
  #awaitChecks(checks: readonly Check[], now: Instant): void {
    if (this.#ready) return;
    this.#readyBy ??= after(now, READY_LIMIT);
    this.#untried.clear();
    for (const check of checks) if (check.last === undefined) this.#untried.add(check.id);
  }

  #noticeReady(now: Instant): void {
    if (this.#readyBy === undefined) return;
    if (this.#untried.size > 0 && now < this.#readyBy) return;
    this.#ready = true;
    this.#readyBy = undefined;
    this.#tell({ kind: "checks-ready", cause: this.#untried.size === 0 ? "all-tried" : "deadline" });
  }

  /** What was known of services that are gone, or have other settings now. */
  #forgetOthers(): void {
    const isGone = (service: ServiceSettings) => !this.#roster.has(service);
    for (const service of this.#wanted.keys()) if (isGone(service)) this.#wanted.delete(service);
    for (const service of this.#panicking) if (isGone(service)) this.#panicking.delete(service);
    for (const servers of [this.#leaving, this.#ramping])
      for (const server of servers) if (isGone(server.configuration.service)) servers.delete(server);
  }

  #wantedFor(service: ServiceSettings): Table {
    const known = this.#wanted.get(service);
    if (known !== undefined) return known;
    const weighed = this.#roster.membersOf(service).flatMap(({ configuration: { server }, placement }) => {
      const { weight } = placement;
      return weight === undefined ? [] : [{ server, weight }];
    });
    const table = wantedFor(service, weighed);
    this.#wanted.set(service, table);
    return table;
  }

  #tell(event: BalanceEvent): void {
    this.#actions.push({ kind: "event", event });
  }
}
