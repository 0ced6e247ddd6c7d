import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  endpointText,
  identityOf,
  kernelTable,
  methodName,
  plainDestination,
} from "../../src/ipvs/kernel-table.ts";
import { plainService } from "../../src/ipvs/service.ts";
import { bareKey, type ServiceKey } from "../../src/ipvs/settings.ts";
import { serviceText } from "../../src/ipvs/step.ts";
import { ip } from "../../src/net/ip.ts";
import { listingOf } from "./arbitraries.ts";

const web = { protocol: "tcp", address: ip("192.0.2.1"), port: 80 } as const;
const server = plainDestination({ address: ip("10.0.0.11"), port: 80 });

describe("kernelTable", () => {
  it("has the services that can be wanted, in their words", () => {
    const { services } = kernelTable([
      listingOf(plainService(identityOf(web), "wrr"), [{ ...server, weight: 3 }]),
    ]);
    const [service] = services;
    assert(service !== undefined);
    assert.deepEqual(bareKey(service), web);
    assert.equal(service.scheduler, "wrr");
    const [destination] = service.destinations;
    assert.deepEqual([destination?.address, destination?.port, destination?.weight], ["10.0.0.11", 80, 3]);
  });

  for (const key of [
    { ...web, protocol: "sctp" },
    { protocol: "mark", family: 6, mark: 100 },
  ] satisfies ServiceKey[]) {
    it(`knows ${serviceText(key)} again`, () => {
      const [service] = kernelTable([listingOf(plainService(identityOf(key), "wrr"), [])]).services;
      assert(service !== undefined);
      assert.deepEqual(bareKey(service), key);
    });
  }

  it("sets all others apart, with names to list them by", () => {
    const dccp = { kind: "address", protocol: 33, address: ip("2001:db8::1"), port: 80 } as const;
    const { services, foreign } = kernelTable([listingOf(plainService(dccp, "rr"), [server])]);
    assert.deepEqual(services, []);
    assert.deepEqual(
      foreign.map(({ name, destinations }) => [name, destinations.length]),
      [["protocol 33 [2001:db8::1]:80", 1]],
    );
  });
});

it("methods have names, and unknown ones numbers", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5].map(methodName), [
    "nat",
    "local",
    "tunnel",
    "direct",
    "bypass",
    "method 5",
  ]);
});

it("IPv6 endpoints have brackets", () => {
  assert.equal(endpointText({ address: ip("2001:db8::1"), port: 443 }), "[2001:db8::1]:443");
});
