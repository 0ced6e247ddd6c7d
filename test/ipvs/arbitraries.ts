/** Random tables, small and over few keys, so that wanted and actual ones meet. */
import fc from "fast-check";
import type { DestinationRecord } from "../../src/ipvs/destination.ts";
import { identityOf, type KernelTable, kernelTable, plainDestination } from "../../src/ipvs/kernel-table.ts";
import { plainService, type ServiceRecord } from "../../src/ipvs/service.ts";
import { destinationId, type ServiceKey, serviceId, type Table } from "../../src/ipvs/settings.ts";
import { ip } from "../../src/net/ip.ts";
import { NO_STATISTICS } from "./statistics.ts";

const addresses = ["10.0.0.1", "10.0.0.2", "2001:db8::1"].map(ip);

const destinationKey = fc.record({
  address: fc.constantFrom(...addresses),
  port: fc.constantFrom(80, 8_080),
});
const serviceKey = fc.record({
  protocol: fc.constantFrom("tcp" as const, "udp" as const),
  address: fc.constantFrom(...addresses),
  port: fc.constantFrom(53, 80),
});

function unique<T>(item: fc.Arbitrary<T>, idOf: (item: T) => string, maxLength: number): fc.Arbitrary<T[]> {
  return fc.uniqueArray(item, { selector: idOf, maxLength });
}

const destination = fc
  .tuple(destinationKey, fc.constantFrom("nat" as const, "direct" as const), fc.nat(2))
  .map(([key, forward, weight]) => ({ ...key, forward, weight }));

export const anyTable: fc.Arbitrary<Table> = unique(
  fc
    .tuple(serviceKey, fc.constantFrom("rr", "wrr", "wlc"), unique(destination, destinationId, 5))
    .map(([key, scheduler, destinations]) => ({ ...key, scheduler, destinations })),
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
  .map(([listings, marked]) => {
    const mark = listingOf(plainService({ kind: "mark", family: 4, mark: 100 }, "rr"), []);
    return kernelTable([...listings.map(({ listed }) => listed), ...(marked ? [mark] : [])]);
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
