/** Random tables, small and over few keys, so that wanted and actual ones meet. */
import fc from "fast-check";
import type { DestinationRecord } from "../../src/ipvs/destination.ts";
import { identityOf, type KernelTable, kernelTable, plainDestination } from "../../src/ipvs/kernel-table.ts";
import { plainService, type ServiceRecord } from "../../src/ipvs/service.ts";
import {
  type DestinationTraits,
  destinationId,
  type ServiceKey,
  type ServiceTraits,
  serviceId,
  type Table,
} from "../../src/ipvs/settings.ts";
import { ip } from "../../src/net/ip.ts";
import { seconds } from "../../src/net/time.ts";
import { NO_STATISTICS } from "./statistics.ts";

const addresses = ["10.0.0.1", "10.0.0.2", "2001:db8::1"].map(ip);

const destinationKey = fc.record({
  address: fc.constantFrom(...addresses),
  port: fc.constantFrom(80, 8_080),
});
const serviceKey: fc.Arbitrary<ServiceKey> = fc.oneof(
  fc.record({
    protocol: fc.constantFrom("tcp" as const, "udp" as const, "sctp" as const),
    address: fc.constantFrom(...addresses),
    port: fc.constantFrom(53, 80),
  }),
  fc.record({
    protocol: fc.constant("mark" as const),
    family: fc.constantFrom(4 as const, 6 as const),
    mark: fc.constantFrom(5, 6),
  }),
);

function unique<T>(item: fc.Arbitrary<T>, idOf: (item: T) => string, maxLength: number): fc.Arbitrary<T[]> {
  return fc.uniqueArray(item, { selector: idOf, maxLength });
}

const traits: fc.Arbitrary<DestinationTraits> = fc.constantFrom(
  { forward: "nat" },
  { forward: "direct", upperThreshold: 9 },
  { forward: "tunnel" },
  { forward: "tunnel", tunnel: { type: "gue", port: 6_080, checksum: "remote" } },
  { forward: "tunnel", tunnel: { type: "gre", checksum: "full" } },
);
const destination = fc
  .tuple(destinationKey, traits, fc.nat(2))
  .map(([key, forwarding, weight]) => ({ ...key, ...forwarding, weight }));
const spreading: fc.Arbitrary<ServiceTraits> = fc.constantFrom(
  { scheduler: "rr" },
  { scheduler: "wrr", onePacket: true },
  { scheduler: "mh", schedulerFlags: ["mh-port", "mh-fallback"] },
  { scheduler: "mh", persistence: { timeout: seconds(60), engine: "sip" } },
);

export const anyTable: fc.Arbitrary<Table> = unique(
  fc
    .tuple(serviceKey, spreading, unique(destination, destinationId, 5))
    .map(([key, how, destinations]) => ({ ...key, ...how, destinations })),
  serviceId,
  5,
);

const destinationRecord: fc.Arbitrary<DestinationRecord> = fc
  .tuple(destinationKey, fc.constantFrom(0, 2, 3, 7), fc.nat(2), fc.constantFrom(0, 0, 9))
  .map(([key, method, weight, upperThreshold]) => ({
    ...plainDestination(key),
    method,
    weight,
    upperThreshold,
  }));

const serviceRecord = (key: ServiceKey): fc.Arbitrary<ServiceRecord> =>
  fc
    .tuple(fc.constantFrom("rr", "wrr", "mh"), fc.constantFrom(0, 0, 1), fc.constantFrom("", "", "sip"))
    .map(([scheduler, flags, persistenceEngine]) => ({
      ...plainService(identityOf(key), scheduler),
      flags,
      timeoutSeconds: 60 * flags,
      persistenceEngine,
    }));

const listing = serviceKey.chain((key) =>
  fc.tuple(serviceRecord(key), unique(destinationRecord, destinationId, 5)).map(([record, destinations]) => ({
    key,
    listed: listingOf(record, destinations),
  })),
);

export const anyKernelTable: fc.Arbitrary<KernelTable> = fc
  .tuple(
    unique(listing, ({ key }) => serviceId(key), 5),
    fc.boolean(),
  )
  .map(([listings, strange]) => {
    const dccp = { kind: "address", protocol: 33, address: ip("192.0.2.1"), port: 80 } as const;
    const foreign = listingOf(plainService(dccp, "rr"), []);
    return kernelTable([...listings.map(({ listed }) => listed), ...(strange ? [foreign] : [])]);
  });

export function listingOf(record: ServiceRecord, destinations: readonly DestinationRecord[]) {
  return {
    service: { record, statistics: NO_STATISTICS },
    destinations: destinations.map((one) => ({
      record: one,
      activeConnections: 0,
      inactiveConnections: 0,
      statistics: NO_STATISTICS,
    })),
  };
}
