/** All services, servers and checks of the configuration in force; what lives on through a reload is kept here. */
import { destinationId } from "../ipvs/settings.ts";
import type { Instant } from "../net/time.ts";
import { Check } from "./check.ts";
import type { KernelView } from "./kernel.ts";
import { type Override, type Overrides, serverName } from "./override.ts";
import { ServicePanic } from "./panic.ts";
import { ServiceQuorum } from "./quorum.ts";
import { BalancedServer, type ServerConfiguration } from "./server.ts";
import type { ServerSettings, ServiceSettings } from "./settings.ts";

interface RosterChange {
  /** So many checks live on, are new, and are gone. */
  readonly kept: number;
  readonly added: number;
  readonly removed: number;
  /** Servers that are new or have other settings, or of which an operator has said something else. */
  readonly others: readonly BalancedServer[];
}

/** One service of the configuration, and what lives on with it. */
interface Entry {
  /** In the order of the file. */
  readonly servers: readonly BalancedServer[];
  readonly sorry: BalancedServer | undefined;
  readonly quorum: ServiceQuorum;
  readonly panic: ServicePanic;
}

/** The rest of a configuration. */
interface Surroundings {
  readonly overrides: Overrides;
  readonly kernel: KernelView;
  readonly now: Instant;
}

export class Roster {
  #entries: ReadonlyMap<ServiceSettings, Entry> = new Map();
  #checks: ReadonlyMap<string, Check> = new Map();
  #users: ReadonlyMap<Check, readonly BalancedServer[]> = new Map();

  get services(): ServiceSettings[] {
    return [...this.#entries.keys()];
  }

  get checks(): ReadonlyMap<string, Check> {
    return this.#checks;
  }

  /** How many servers there are, with their sorry servers. */
  get size(): number {
    let size = 0;
    for (const { servers, sorry } of this.#entries.values()) size += servers.length + (sorry ? 1 : 0);
    return size;
  }

  has(service: ServiceSettings): boolean {
    return this.#entries.has(service);
  }

  configure(services: readonly ServiceSettings[], around: Surroundings): RosterChange {
    const before = new Map([...this.#entries.keys()].map((service) => [service.name, service]));
    const checks = new Map<string, Check>();
    const entries = new Map<ServiceSettings, Entry>();
    const others: BalancedServer[] = [];
    for (const service of services) {
      const old = before.get(service.name);
      const known = old && this.#entries.get(old);
      const isKept = known !== undefined && old === service;
      const entry = isKept ? known : this.#entryOf(service, known, checks, around);
      entries.set(service, entry);
      for (const server of isKept ? refresh(known, checks, around) : membersOf(entry)) others.push(server);
    }
    const kept = [...checks.keys()].filter((id) => this.#checks.has(id)).length;
    const change = { kept, added: checks.size - kept, removed: this.#checks.size - kept, others };
    this.#entries = entries;
    this.#checks = checks;
    this.#users = usersOfChecks(entries.values());
    return change;
  }

  /** Without its sorry server. */
  serversOf(service: ServiceSettings): readonly BalancedServer[] {
    return this.#entries.get(service)?.servers ?? [];
  }

  /** All that may be in the table for it. */
  membersOf(service: ServiceSettings): readonly BalancedServer[] {
    const entry = this.#entries.get(service);
    return entry === undefined ? [] : membersOf(entry);
  }

  /** `undefined` without a sorry server. */
  sorryOf(service: ServiceSettings): BalancedServer | undefined {
    return this.#entries.get(service)?.sorry;
  }

  panicOf(service: ServiceSettings): ServicePanic | undefined {
    return this.#entries.get(service)?.panic;
  }

  quorumOf(service: ServiceSettings): ServiceQuorum | undefined {
    return this.#entries.get(service)?.quorum;
  }

  /** Those of at least one service that is meant. */
  checksWhere(isMeant: (service: ServiceSettings) => boolean): Check[] {
    const meant = new Set(this.services.filter(isMeant));
    return [...this.#users].flatMap(([check, users]) =>
      users.some(({ configuration }) => meant.has(configuration.service)) ? [check] : [],
    );
  }

  usersOf(check: Check): readonly BalancedServer[] {
    return this.#users.get(check) ?? [];
  }

  /** `undefined` when there is no such service. */
  service(name: string): ServiceSettings | undefined {
    return this.services.find((service) => service.name === name);
  }

  named(service: string, server: string): BalancedServer | undefined {
    const found = this.service(service);
    return found && this.serversOf(found).find(({ configuration }) => configuration.server.name === server);
  }

  #entryOf(
    service: ServiceSettings,
    old: Entry | undefined,
    checks: Map<string, Check>,
    around: Surroundings,
  ): Entry {
    const quorum = quorumOf(service, old?.quorum, around.kernel);
    const panic = old?.panic ?? new ServicePanic();
    const known = new Map(
      (old === undefined ? [] : membersOf(old)).map((server) => [endpointOf(server), server]),
    );
    const balanced = (server: ServerSettings) => {
      const configuration = { service, server, quorum, panic, checks: this.#checksOf(server, checks) };
      return serverOf(configuration, known.get(destinationId(server.endpoint)), around);
    };
    const { sorry } = service.policy;
    return { servers: service.servers.map(balanced), sorry: sorry && balanced(sorry), quorum, panic };
  }

  #checksOf({ endpoint, askedAt, checks }: ServerSettings, all: Map<string, Check>): readonly Check[] {
    if (checks.length === 0) return UNASKED;
    const found = checks.map((settings) => {
      const fresh = new Check({ address: endpoint.address, port: askedAt }, settings);
      const check = all.get(fresh.id) ?? this.#checks.get(fresh.id) ?? fresh;
      all.set(check.id, check);
      return check;
    });
    return [...new Set(found)];
  }
}

const UNASKED: readonly Check[] = [];

function membersOf({ servers, sorry }: Entry): readonly BalancedServer[] {
  return sorry === undefined ? servers : [...servers, sorry];
}

/** A server is known by its endpoint: a new name for it changes nothing, another endpoint is another server. */
function endpointOf({ configuration }: BalancedServer): string {
  return destinationId(configuration.server.endpoint);
}

/** Of a service that is as it was: the servers of which operators have said something else. */
function refresh(entry: Entry, checks: Map<string, Check>, around: Surroundings): BalancedServer[] {
  return membersOf(entry).filter((server) => {
    const before = server.override;
    for (const check of server.configuration.checks) checks.set(check.id, check);
    server.setOverride(overrideOf(server.configuration, around), around.now);
    return server.override !== before;
  });
}

/** A sorry server that serves already says that the quorum was lost. */
function quorumOf(
  service: ServiceSettings,
  known: ServiceQuorum | undefined,
  kernel: KernelView,
): ServiceQuorum {
  const { quorum, sorry } = service.policy;
  if (quorum === undefined) return new ServiceQuorum(undefined);
  if (known !== undefined) return known;
  const serves = sorry !== undefined && kernel.presume(service, sorry.endpoint) === "up";
  return new ServiceQuorum(serves ? false : undefined);
}

function serverOf(
  configuration: ServerConfiguration,
  known: BalancedServer | undefined,
  around: Surroundings,
): BalancedServer {
  const { service, server } = configuration;
  const override = overrideOf(configuration, around);
  if (known === undefined) {
    const { kernel, now } = around;
    const presumed = kernel.presume(service, server.endpoint);
    const found = kernel.weightOf(service, server.endpoint);
    return new BalancedServer(configuration, presumed, found, override, now);
  }
  known.adopt(configuration);
  known.setOverride(override, around.now);
  return known;
}

function overrideOf(
  { service, server }: ServerConfiguration,
  { overrides }: Surroundings,
): Override | undefined {
  return overrides.size === 0 ? undefined : overrides.get(serverName(service.name, server.name));
}

function usersOfChecks(entries: Iterable<Entry>): Map<Check, BalancedServer[]> {
  const users = new Map<Check, BalancedServer[]>();
  for (const entry of entries) {
    for (const server of membersOf(entry)) {
      for (const check of server.configuration.checks) {
        const others = users.get(check);
        if (others === undefined) users.set(check, [server]);
        else others.push(server);
      }
    }
  }
  return users;
}
