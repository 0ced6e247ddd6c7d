/** The wanted table of one service: on all that it listens to, every server that has a weight. */
import type { Destination, ServiceKey, ServiceTraits, Table } from "../ipvs/settings.ts";
import { destinationKey, listenKeys } from "./kernel.ts";
import type { ServerSettings, ServiceSettings } from "./settings.ts";

interface WeighedServer {
  readonly server: ServerSettings;
  readonly weight: number;
}

/** @param servers those that are in the table */
export function wantedFor(service: ServiceSettings, servers: readonly WeighedServer[]): Table {
  const traits = traitsOf(service);
  return listenKeys(service).map((key) => {
    const destinations = servers.map(({ server, weight }) => destinationOf(key, server, weight));
    return { ...key, ...traits, destinations };
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
