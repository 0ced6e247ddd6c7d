import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "smol-toml";
import { z } from "zod";
import { clusterSchema } from "../../src/config/schema.ts";
import { readServers } from "../../src/config/servers.ts";

/** A server that has more keys, as a stand-in for what the schema makes of it. */
const OTHER = { other: true };

const PLAIN = [
  'address = "10.0.0.11:8080"',
  'address = "10.0.0.11"\nweight = 0',
  'weight = 65_535\naddress = "[2001:db8::0011]:8080"',
  'address = "2001:DB8::11"\nweight = 1.0',
];

const WRONG = [
  "",
  "weight = 3",
  "address = 11",
  'address = "10.0.0.11:0"',
  'address = "10.0.0.11:80-81"',
  'address = "239.0.0.1:80"',
  'address = "[fe80::1]:80"',
  'address = "rs1.example.com:80"',
  'address = "10.0.0.11:80"\nweight = -1',
  'address = "10.0.0.11:80"\nweight = 65_536',
  'address = "10.0.0.11:80"\nweight = 1.5',
  'address = "10.0.0.11:80"\nweight = "3"',
  'address = "10.0.0.11:80"\nweight = nan',
];

function written(server: string, name = "rs1"): unknown {
  return parse(`[${name}]\n${server}`);
}

/** What the schema makes of the same, by itself: what is wrong beside it keeps hands off. */
function bySchema(servers: unknown): unknown {
  const { services } = clusterSchema.shape;
  const others = { broken: { address: "" }, ...(typeof servers === "object" ? servers : {}) };
  const whole = { web: { listen: ["192.0.2.100:80"], servers: others } };
  const { error } = services.safeParse(whole);
  return error?.issues.filter(({ path }) => path[2] !== "broken");
}

describe("servers that are read by hand", () => {
  for (const server of PLAIN) {
    it(`are what the schema would make of them: ${server}`, () => {
      const read = readServers(written(server), () => undefined);
      assert.notEqual(read, z.INVALID);
      const { data } = clusterSchema.shape.services.safeParse({
        web: { listen: ["192.0.2.100:80"], servers: written(`${server}\nupper_threshold = 7`) },
      });
      const expected = data?.["web"]?.servers["rs1"];
      assert(expected !== undefined);
      assert.deepEqual(read, { rs1: { address: expected.address, weight: expected.weight } });
      assert.equal(
        readServers(written(server, '"Rs 1"'), () => undefined),
        z.INVALID,
      );
    });
  }

  for (const server of WRONG) {
    it(`are left to the schema when it refuses them: ${server}`, () => {
      assert.equal(
        readServers(written(server), () => OTHER),
        z.INVALID,
      );
      assert.notDeepEqual(bySchema(written(server)), []);
    });
  }

  it("have no other keys", () => {
    const server = 'address = "10.0.0.11:80"\nforward = "direct"';
    assert.deepEqual(
      readServers(written(server), () => OTHER),
      { rs1: OTHER },
    );
    assert.equal(
      readServers(written(server), () => undefined),
      z.INVALID,
    );
  });

  it("are tables in a table", () => {
    for (const value of [undefined, "rs1", [], [written(PLAIN[0] ?? "")], { rs1: 3 }, { rs1: new Date() }]) {
      assert.equal(
        readServers(value, () => OTHER),
        z.INVALID,
      );
    }
  });
});
