/** The wanted table: every service on each of its listen addresses, with every server that has a weight. */
import type { Destination, Table } from "../ipvs/settings.ts";
import { listenKeys } from "./kernel.ts";
import type { ServerSettings, ServiceSettings } from "./settings.ts";

/** @param weightOf `undefined` leaves the server out */
export function wantedTable(
  services: readonly ServiceSettings[],
  weightOf: (service: ServiceSettings, server: ServerSettings) => number | undefined,
): Table {
  return services.flatMap((service) => {
    const destinations = service.servers.flatMap((server): Destination[] => {
      const weight = weightOf(service, server);
      return weight === undefined ? [] : [{ ...server.endpoint, forward: server.forward, weight }];
    });
    return listenKeys(service).map((key) => ({ ...key, scheduler: service.scheduler, destinations }));
  });
}
