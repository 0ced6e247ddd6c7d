import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { plan, strangers } from "../../src/ipvs/diff.ts";
import { Fulfilled } from "../../src/ipvs/fulfilled.ts";
import { kernelTable, recordOfDestination, recordOfService } from "../../src/ipvs/kernel-table.ts";
import { idsOf, serviceId, type Table, type VirtualService } from "../../src/ipvs/settings.ts";
import { ip } from "../../src/net/ip.ts";

function service(port: number, ...weights: readonly number[]): VirtualService {
  const destinations = weights.map((weight, index) => {
    return { address: ip(`10.0.0.${index + 1}`), port, forward: "direct", weight } as const;
  });
  return { protocol: "tcp", address: ip("192.0.2.1"), port, scheduler: "wrr", destinations };
}

function inKernel(table: Table) {
  return kernelTable(
    table.map((one) => ({
      service: { record: recordOfService(one) },
      destinations: one.destinations.map((destination) => ({
        record: recordOfDestination(destination),
        activeConnections: 0,
        inactiveConnections: 0,
      })),
    })),
  );
}

describe("what is not yet as it is wished", () => {
  const wanted = [service(80, 1, 2), service(81, 1), service(82)];
  const cases: readonly (readonly [
    string,
    Table,
    ports: readonly number[],
    kernelPorts: readonly number[],
  ])[] = [
    ["nothing when all is", wanted, [], []],
    ["a service that is missing", wanted.slice(1), [80], []],
    ["one with another weight", [service(80, 1, 3), ...wanted.slice(1)], [80], [80]],
    ["one with a destination less", [service(80, 1), ...wanted.slice(1)], [80], [80]],
    ["one with a destination more", [...wanted.slice(0, 2), service(82, 1)], [82], [82]],
    [
      "one with another scheduler",
      [{ ...service(80, 1, 2), scheduler: "rr" }, ...wanted.slice(1)],
      [80],
      [80],
    ],
    ["a stranger's", [...wanted, service(99, 1)], [], [99]],
  ];
  for (const [name, table, left, kernelLeft] of cases) {
    it(`${name}, at the first look and at later ones`, () => {
      const fulfilled = new Fulfilled();
      const actual = inKernel(table);
      const owned = new Set(idsOf(wanted));
      for (let look = 0; look < 2; look++) {
        const open = fulfilled.without(wanted, actual);
        assert.deepEqual(
          open.wanted.map(serviceId),
          left.map((port) => `tcp 192.0.2.1 ${port}`),
        );
        assert.deepEqual(
          open.actual.services.map(serviceId),
          kernelLeft.map((port) => `tcp 192.0.2.1 ${port}`),
        );
        assert.deepEqual(plan(open.wanted, open.actual, owned), plan(wanted, actual, owned));
        assert.deepEqual(strangers(open.wanted, open.actual, owned), strangers(wanted, actual, owned));
      }
    });
  }

  it("is what was fulfilled when something else is wished of it, or it is seen to be something else", () => {
    const fulfilled = new Fulfilled();
    const actual = inKernel(wanted);
    assert.deepEqual(fulfilled.without(wanted, actual).wanted, []);
    const other = [service(80, 1, 5), ...wanted.slice(1)];
    assert.deepEqual(fulfilled.without(other, actual).wanted, [other[0]]);
    assert.deepEqual(fulfilled.without(wanted, inKernel(other)).wanted, [wanted[0]]);
    assert.deepEqual(fulfilled.without(wanted, actual).wanted, []);
  });
});
