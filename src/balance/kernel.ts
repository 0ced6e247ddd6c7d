/** What the kernel's table looked like when it was last read. */
import { destinationId, type ServiceKey, serviceId } from "../ipvs/settings.ts";
import type { SeenDestination, SeenService } from "./input.ts";
import type { Presumption } from "./placement.ts";
import type { Endpoint, ServiceSettings } from "./settings.ts";

export class KernelView {
  #services: ReadonlyMap<string, ReadonlyMap<string, SeenDestination>> = new Map();

  update(services: readonly SeenService[]): void {
    this.#services = new Map(
      services.map((service) => [
        serviceId(service),
        new Map(service.destinations.map((one) => [destinationId(one), one])),
      ]),
    );
  }

  /** How a server that we know nothing of is to be treated. */
  presume(service: ServiceSettings, server: Endpoint): Presumption {
    const seen = this.#seen(service, server);
    if (seen.some((destination) => destination.weight > 0)) return "up";
    return seen.length > 0 ? "drained" : "absent";
  }

  /** Weight 0 has arrived, and no connection is left; a destination that is not there is idle, too. */
  idle(service: ServiceSettings, server: Endpoint): boolean {
    return this.#seen(service, server).every((one) => one.weight === 0 && one.connections === 0);
  }

  #seen(service: ServiceSettings, server: Endpoint): SeenDestination[] {
    return listenKeys(service).flatMap((key) => {
      const destination = this.#services.get(serviceId(key))?.get(destinationId(server));
      return destination === undefined ? [] : [destination];
    });
  }
}

/** The kernel services of one service: one per listen address. */
export function listenKeys({ protocol, listen }: ServiceSettings): ServiceKey[] {
  return listen.map(({ address, port }) => ({ protocol, address, port }));
}
