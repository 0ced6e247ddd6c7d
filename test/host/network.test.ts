import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isInNetwork } from "../../src/host/network.ts";
import { ip } from "../../src/net/ip.ts";

describe("an address", () => {
  const cases = [
    ["192.0.2.1", "192.0.2.200", 24, true],
    ["192.0.3.1", "192.0.2.200", 24, false],
    ["192.0.3.1", "192.0.2.200", 23, true],
    ["192.0.2.130", "192.0.2.200", 26, false],
    ["192.0.2.193", "192.0.2.200", 26, true],
    ["198.51.100.1", "192.0.2.200", 0, true],
    ["192.0.2.1", "192.0.2.1", 32, true],
    ["2001:db8::1", "2001:db8::ffff:1", 64, true],
    ["2001:db8:0:1::1", "2001:db8::1", 64, false],
    ["2001:db8::1", "192.0.2.1", 0, false],
  ] as const;
  for (const [address, network, length, inside] of cases) {
    it(`${address} is ${inside ? "" : "not "}in ${network}/${length}`, () => {
      assert.equal(isInNetwork(ip(address), ip(network), length), inside);
    });
  }
});
