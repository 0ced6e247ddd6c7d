/** What the kernel's table looked like when it was last read. */
import { listenKey } from "../ipvs/listen.ts";
import { type DestinationKey, destinationId, type ServiceKey, serviceId } from "../ipvs/settings.ts";
import type { SeenDestination, SeenService } from "./input.ts";
import type { Presumption } from "./placement.ts";
import type { Endpoint, ServiceSettings } from "./settings.ts";

/** Of one server, over all listen addresses of its service. */
export interface Connections {
  readonly active: number;
  /** With the inactive ones. */
  readonly all: number;
}

export class KernelView {
  #seen: readonly SeenService[] = [];
  /** Made of that when it is first asked for: most looks at a large table find nothing that anybody asks for. */
  #services: ReadonlyMap<string, ReadonlyMap<string, SeenDestination>> | undefined;

  update(services: readonly SeenService[]): void {
    this.#seen = services;
    this.#services = undefined;
  }

  /** How a server that we know nothing of is to be treated. */
  presume(service: ServiceSettings, server: Endpoint): Presumption {
    const seen = this.#entriesOf(service, server);
    if (seen.some((destination) => destination.weight > 0)) return "up";
    return seen.length > 0 ? "drained" : "absent";
  }

  /** `undefined` when the services of its listen addresses do not have it with one weight. */
  weightOf(service: ServiceSettings, server: Endpoint): number | undefined {
    const weights = new Set(this.#entriesOf(service, server).map(({ weight }) => weight));
    const [weight] = weights;
    return weights.size === 1 ? weight : undefined;
  }

  /** Those that are left; `undefined` while more may come, for weight 0 has not arrived. One that is not there has none. */
  connectionsLeft(service: ServiceSettings, server: Endpoint): Connections | undefined {
    const seen = this.#entriesOf(service, server);
    if (seen.some(({ weight }) => weight > 0)) return undefined;
    return {
      active: sum(seen.map(({ activeConnections }) => activeConnections)),
      all: sum(seen.map((one) => one.activeConnections + one.inactiveConnections)),
    };
  }

  #entriesOf(service: ServiceSettings, server: Endpoint): SeenDestination[] {
    if (this.#seen.length === 0) return [];
    this.#services ??= byId(this.#seen);
    const services = this.#services;
    return listenKeys(service).flatMap((key) => {
      const destination = services.get(serviceId(key))?.get(destinationId(destinationKey(key, server)));
      return destination === undefined ? [] : [destination];
    });
  }
}

function byId(services: readonly SeenService[]): Map<string, Map<string, SeenDestination>> {
  return new Map(
    services.map((service) => [
      serviceId(service),
      new Map(service.destinations.map((one) => [destinationId(one), one])),
    ]),
  );
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** The kernel services of one service. */
export function listenKeys({ protocol, listen }: ServiceSettings): ServiceKey[] {
  return listen.map((one) => listenKey(protocol, one));
}

/** A server without a port of its own has that of the kernel service; of a mark there is none, and the client's stays. */
export function destinationKey(key: ServiceKey, { address, port }: Endpoint): DestinationKey {
  return { address, port: port === 0 && key.protocol !== "mark" ? key.port : port };
}
