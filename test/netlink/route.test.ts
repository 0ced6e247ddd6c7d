import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ip } from "../../src/net/ip.ts";
import { encodeRequest } from "../../src/netlink/message.ts";
import { addRoute, deleteRoute, type Prefix, type Route } from "../../src/netlink/route.ts";
import { addRule, deleteRule, type Rule } from "../../src/netlink/rule.ts";
import { toHex } from "../support/golden.ts";
import { goldenBytes } from "./golden.ts";

function prefix(address: string, length: number): Prefix {
  return { address: ip(address), length };
}

const plain = { family: 4, type: "unicast", table: 254, scope: "global", onlink: false } as const;

/** By the name of what iproute2 sent for the same. */
const ROUTES: Readonly<Record<string, Route>> = {
  "rtnl-newroute-v4-all": {
    ...plain,
    destination: prefix("198.51.100.0", 24),
    via: ip("192.0.2.1"),
    interfaceIndex: 3,
    source: ip("192.0.2.100"),
    table: 1_000,
    metric: 5,
    onlink: true,
    mtu: 1_400,
  },
  "rtnl-newroute-v4-link": {
    ...plain,
    destination: prefix("203.0.113.0", 24),
    interfaceIndex: 3,
    scope: "link",
  },
  "rtnl-newroute-v4-default": { ...plain, via: ip("192.0.2.9") },
  "rtnl-newroute-v4-blackhole": { ...plain, type: "blackhole", destination: prefix("198.51.100.7", 32) },
  "rtnl-newroute-v4-unreachable": { ...plain, type: "unreachable", destination: prefix("198.51.101.0", 24) },
  "rtnl-newroute-v6-prohibit": {
    ...plain,
    family: 6,
    type: "prohibit",
    destination: prefix("2001:db8:5::", 48),
    metric: 7,
  },
  "rtnl-newroute-v6-via": {
    ...plain,
    family: 6,
    destination: prefix("2001:db8:6::", 48),
    via: ip("2001:db8::9"),
    interfaceIndex: 3,
    source: ip("2001:db8::101"),
    table: 100,
  },
};

const RULES: Readonly<Record<string, Rule>> = {
  "rtnl-newrule-v4-all": {
    family: 4,
    from: prefix("192.0.2.0", 24),
    to: prefix("198.51.100.0", 24),
    iif: "dmy0",
    oif: "dmy1",
    fwmark: 0x10,
    mask: 0xff,
    table: 1_000,
    priority: 500,
  },
  "rtnl-newrule-v6": { family: 6, from: prefix("2001:db8::", 64), table: 100, priority: 501 },
};

describe("routes and rules are written as iproute2 writes them", () => {
  for (const [golden, route] of Object.entries(ROUTES)) {
    it(golden, () => {
      assert.equal(toHex(encodeRequest(addRoute(route), 1)), toHex(goldenBytes(golden)));
      assert.deepEqual(deleteRoute(route).body, addRoute(route).body);
    });
  }
  for (const [golden, rule] of Object.entries(RULES)) {
    it(golden, () => {
      assert.equal(toHex(encodeRequest(addRule(rule), 1)), toHex(goldenBytes(golden)));
      assert.deepEqual(deleteRule(rule).body, addRule(rule).body);
    });
  }
});
