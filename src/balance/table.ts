/** The wanted table: every service on all that it listens to, with every server that has a weight. */
import type { Destination, ServiceKey, ServiceTraits, Table } from "../ipvs/settings.ts";
import { destinationKey, listenKeys } from "./kernel.ts";
import type { ServerSettings, ServiceSettings } from "./settings.ts";

/** @param weightOf `undefined` leaves the server out */
export function wantedTable(
  services: readonly ServiceSettings[],
  weightOf: (service: ServiceSettings, server: ServerSettings) => number | undefined,
): Table {
  return services.flatMap((service) => {
    const weighed = service.servers.flatMap((server) => {
      const weight = weightOf(service, server);
      return weight === undefined ? [] : [{ server, weight }];
    });
    const traits = traitsOf(service);
    return listenKeys(service).map((key) => {
      const destinations = weighed.map(({ server, weight }) => destinationOf(key, server, weight));
      return { ...key, ...traits, destinations };
    });
  });
}

function traitsOf({ scheduler, schedulerFlags, onePacket, persistence }: ServiceSettings): ServiceTraits {
  return {
    scheduler,
    ...(schedulerFlags === undefined ? {} : { schedulerFlags }),
    ...(onePacket === undefined ? {} : { onePacket }),
    ...(persistence === undefined ? {} : { persistence }),
  };
}

function destinationOf(key: ServiceKey, server: ServerSettings, weight: number): Destination {
  const { endpoint, forward, tunnel, upperThreshold, lowerThreshold } = server;
  const { address, port } = destinationKey(key, endpoint);
  const plain = { address, port, forward, weight };
  if (tunnel === undefined && upperThreshold === undefined && lowerThreshold === undefined) return plain;
  return {
    ...plain,
    ...(tunnel === undefined ? {} : { tunnel }),
    ...(upperThreshold === undefined ? {} : { upperThreshold }),
    ...(lowerThreshold === undefined ? {} : { lowerThreshold }),
  };
}
