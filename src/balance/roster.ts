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
  readonly kept: number;
  readonly added: number;
  readonly removed: number;
}

export class Roster {
  #services: readonly ServiceSettings[] = [];
  #servers: ReadonlyMap<string, BalancedServer> = new Map();
  #checks: ReadonlyMap<string, Check> = new Map();
  #panics: ReadonlyMap<string, ServicePanic> = new Map();
  #quorums: ReadonlyMap<string, ServiceQuorum> = new Map();
  #users: ReadonlyMap<Check, readonly BalancedServer[]> = new Map();

  get services(): readonly ServiceSettings[] {
    return this.#services;
  }

  get checks(): ReadonlyMap<string, Check> {
    return this.#checks;
  }

  /** With their sorry servers. */
  get servers(): BalancedServer[] {
    return [...this.#servers.values()];
  }

  /** Answers how many checks live on, are new, and are gone. */
  configure(
    services: readonly ServiceSettings[],
    overrides: Overrides,
    kernel: KernelView,
    now: Instant,
  ): RosterChange {
    const checks = new Map<string, Check>();
    const servers = new Map<string, BalancedServer>();
    const quorums = new Map<string, ServiceQuorum>();
    const panics = new Map<string, ServicePanic>();
    for (const service of services) {
      const quorum = this.#quorumOf(service, kernel);
      const panic = this.#panics.get(service.name) ?? new ServicePanic();
      quorums.set(service.name, quorum);
      panics.set(service.name, panic);
      for (const server of membersOf(service)) {
        const configuration = { service, server, quorum, panic, checks: this.#checksOf(server, checks) };
        const override = overrides.get(serverName(service.name, server.name));
        const key = serverKey(service, server);
        servers.set(key, this.#serverOf(key, configuration, override, kernel, now));
      }
    }
    const kept = [...checks.keys()].filter((id) => this.#checks.has(id)).length;
    const change = { kept, added: checks.size - kept, removed: this.#checks.size - kept };
    this.#services = services;
    this.#checks = checks;
    this.#servers = servers;
    this.#quorums = quorums;
    this.#panics = panics;
    this.#users = usersOfChecks(servers.values());
    return change;
  }

  serversOf(service: ServiceSettings): BalancedServer[] {
    return service.servers.flatMap((server) => this.#servers.get(serverKey(service, server)) ?? []);
  }

  /** `undefined` without a sorry server. */
  sorryOf(service: ServiceSettings): BalancedServer | undefined {
    const { sorry } = service.policy;
    return sorry === undefined ? undefined : this.#servers.get(serverKey(service, sorry));
  }

  panicOf({ name }: ServiceSettings): ServicePanic | undefined {
    return this.#panics.get(name);
  }

  quorumOf({ name }: ServiceSettings): ServiceQuorum | undefined {
    return this.#quorums.get(name);
  }

  weightOf(service: ServiceSettings, server: ServerSettings): number | undefined {
    return this.#servers.get(serverKey(service, server))?.placement.weight;
  }

  /** Those of at least one service that is meant. */
  checksWhere(isMeant: (service: ServiceSettings) => boolean): Check[] {
    const meant = new Set(this.#services.filter(isMeant));
    return [...this.#users].flatMap(([check, users]) =>
      users.some(({ configuration }) => meant.has(configuration.service)) ? [check] : [],
    );
  }

  usersOf(check: Check): readonly BalancedServer[] {
    return this.#users.get(check) ?? [];
  }

  named(service: string, server: string): BalancedServer | undefined {
    const found = this.#services.find(({ name }) => name === service);
    const settings = found?.servers.find(({ name }) => name === server);
    if (found === undefined || settings === undefined) return undefined;
    return this.#servers.get(serverKey(found, settings));
  }

  /** A sorry server that serves already says that the quorum was lost. */
  #quorumOf(service: ServiceSettings, kernel: KernelView): ServiceQuorum {
    const { quorum, sorry } = service.policy;
    if (quorum === undefined) return new ServiceQuorum(undefined);
    const known = this.#quorums.get(service.name);
    if (known !== undefined) return known;
    const serves = sorry !== undefined && kernel.presume(service, sorry.endpoint) === "up";
    return new ServiceQuorum(serves ? false : undefined);
  }

  #checksOf({ endpoint, askedAt, checks }: ServerSettings, all: Map<string, Check>): Check[] {
    const found = checks.map((settings) => {
      const fresh = new Check({ address: endpoint.address, port: askedAt }, settings);
      const check = all.get(fresh.id) ?? this.#checks.get(fresh.id) ?? fresh;
      all.set(check.id, check);
      return check;
    });
    return [...new Set(found)];
  }

  #serverOf(
    key: string,
    configuration: ServerConfiguration,
    override: Override | undefined,
    kernel: KernelView,
    now: Instant,
  ): BalancedServer {
    const { service, server } = configuration;
    const known = this.#servers.get(key);
    if (known === undefined) {
      const presumed = kernel.presume(service, server.endpoint);
      const found = kernel.weightOf(service, server.endpoint);
      return new BalancedServer(configuration, presumed, found, override, now);
    }
    known.adopt(configuration);
    known.setOverride(override, now);
    return known;
  }
}

/** All that may be in the table for it. */
export function membersOf({ servers, policy: { sorry } }: ServiceSettings): readonly ServerSettings[] {
  return sorry === undefined ? servers : [...servers, sorry];
}

/** A server is known by its endpoint: a new name for it changes nothing, another endpoint is another server. */
function serverKey(service: ServiceSettings, server: ServerSettings): string {
  return `${destinationId(server.endpoint)} ${service.name}`;
}

function usersOfChecks(servers: Iterable<BalancedServer>): Map<Check, BalancedServer[]> {
  const users = new Map<Check, BalancedServer[]>();
  for (const server of servers) {
    for (const check of server.configuration.checks) {
      const others = users.get(check);
      if (others === undefined) users.set(check, [server]);
      else others.push(server);
    }
  }
  return users;
}
