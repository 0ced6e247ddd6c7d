import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { serviceId, type Table } from "../../src/ipvs/settings.ts";
import { touchedServices } from "../../src/ipvs/touched.ts";
import { ip } from "../../src/net/ip.ts";

function service(port: number, weight = 1): Table[number] {
  const destination = { address: ip("10.0.0.1"), port, forward: "tunnel", weight } as const;
  const destinations = [{ ...destination, tunnel: { type: "gre", checksum: "none" } as const }];
  return { protocol: "tcp", address: ip("192.0.2.1"), port, scheduler: "wrr", destinations };
}

describe("touchedServices", () => {
  const kept = service(80);
  const cases: readonly (readonly [string, Table, Table, readonly string[]])[] = [
    ["nothing in the same objects", [kept], [kept], []],
    ["nothing in others that say the same", [service(80)], [service(80)], []],
    ["another weight", [kept, service(81)], [kept, service(81, 2)], ["tcp 192.0.2.1 81"]],
    ["another scheduler", [kept], [{ ...kept, scheduler: "rr" }], ["tcp 192.0.2.1 80"]],
    ["one that came", [], [kept], ["tcp 192.0.2.1 80"]],
    ["one that went", [kept, service(81)], [kept], ["tcp 192.0.2.1 81"]],
    ["nothing in another order", [kept, service(81)], [service(81), kept], []],
  ];
  for (const [name, before, after, touched] of cases) {
    it(name, () => {
      const found = touchedServices(before, after);
      assert.deepEqual([...found.keys.keys()], touched);
      const named = (table: Table) => table.filter((one) => touched.includes(serviceId(one)));
      assert.deepEqual([found.before, found.after], [named(before), named(after)]);
    });
  }
});
