import { describe } from "node:test";
import { checkIssues, DIRECTORS, ROUTER } from "../support.ts";

const common = (lines: string) => `${DIRECTORS}${ROUTER}[static]\n${lines}\n`;
const own = (lines: string, router = "") =>
  `${DIRECTORS}${ROUTER}${router}\n[directors.lb1.static]\n${lines}\n`;

describe("what is static", () => {
  checkIssues([
    [
      "of every kind",
      own(
        'addresses = ["10.9.0.1/24", { address = "10.9.0.2/24", interface = "eth1", label = "eth1:a", scope = "link", broadcast = true }, ' +
          '{ address = "2001:db8:9::1/64", home = true }]\n' +
          'routes = [{ destination = "default", via = "10.9.0.9", source = "10.9.0.1", table = 100 }]\n' +
          "rules = [{ fwmark = 1, table = 100, priority = 5 }, { family = 6, fwmark = 1, table = 100, priority = 5 }]\n" +
          '[static]\nroutes = [{ destination = "198.51.100.0/24", via = "192.0.2.1" }]\n' +
          'rules = [{ from = "198.51.100.0/24", table = 100, priority = 6 }]',
      ),
    ],
    [
      "alone makes a good file, too",
      `${DIRECTORS}[static]\nrules = [{ fwmark = 1, table = 100, priority = 5 }]\n`,
    ],
    [
      "the same address on two directors",
      own('addresses = ["10.9.0.1"]\n[directors.lb2.static]\naddresses = ["10.9.0.1"]'),
    ],
    ["an address for all directors", common('^addresses = ["10.9.0.1"]'), "unknown-key"],
    [
      "a key that routes lack",
      common('routes = [{ destination = "default", interface = "eth0", ^gateway = "192.0.2.1" }]'),
      "unknown-key",
    ],
    [
      "a key that routes of one director lack",
      own('routes = [{ destination = "default", interface = "eth0", ^metrics = 3 }]'),
      "unknown-key",
    ],
    ["keepalived's word for it", `${DIRECTORS}${ROUTER}^[static_routes]\n`, "unknown-key"],
    ["a route to nowhere", common('routes = [^{ destination = "default" }]'), "route-to-nowhere"],
    [
      "a rule of two families, of one director",
      own('rules = [^{ from = "192.0.2.1", to = "2001:db8::1", table = 1, priority = 1 }]'),
      "families-differ",
    ],
    [
      "what an address's family lacks",
      own(
        'addresses = [{ address = "10.9.0.1/24", home = ^true }, { address = "2001:db8:9::1", label = ^"a" }]',
      ),
      "key-of-other-family",
      "key-of-other-family",
    ],
    [
      "what floats, on any interface",
      own('addresses = [^"192.0.2.100/24", ^{ address = "10.0.0.1/24", interface = "eth7" }]'),
      "static-address-floats",
      "static-address-floats",
    ],
    [
      "a director's own address, and where a router speaks from",
      own('addresses = [^"192.0.2.12", ^"192.0.2.9"]', 'source = { lb1 = "192.0.2.9", lb2 = "192.0.2.8" }'),
      "static-address-of-director",
      "static-address-of-director",
    ],
    [
      "a route that leans on a floating address",
      common('routes = [{ destination = "default", via = "192.0.2.1", source = ^"192.0.2.100" }]'),
      "static-source-floats",
    ],
    [
      "an address twice on an interface, and once on another",
      own(
        'addresses = ["10.9.0.1/24", ^{ address = "10.9.0.1", interface = "eth0" }, { address = "10.9.0.1", interface = "eth1" }]',
      ),
      "static-taken",
    ],
    [
      "a route where a router has one, whatever way it goes",
      common('routes = [^{ destination = "198.51.100.0/24", via = "192.0.2.1" }]').replace(
        "[static]",
        'routes = [{ destination = "198.51.100.0/24", interface = "eth1" }]\n[static]',
      ),
      "static-taken",
    ],
    [
      "a route of one director that all have, with the metric that is the kernel's",
      own(
        'routes = [^{ destination = "2001:db8:5::/48", via = "2001:db8::1", metric = 1024 }, { destination = "2001:db8:5::/48", via = "2001:db8::1", metric = 1 }]\n' +
          '[static]\nroutes = [{ destination = "2001:db8:5::/48", interface = "eth0" }]',
      ),
      "static-taken",
    ],
    [
      "two default routes of two families, and a rule twice",
      common(
        'routes = [{ destination = "default", via = "192.0.2.1" }, { destination = "default", via = "2001:db8::1", metric = 0 }]\n' +
          "rules = [{ fwmark = 1, table = 100, priority = 5 }, ^{ fwmark = 1, table = 100, priority = 5, family = 4 }]",
      ),
      "static-taken",
    ],
    [
      "more addresses than there is room for",
      own(
        `addresses = ^[${Array.from({ length: 257 }, (_, index) => `"10.9.${index >> 7}.${1 + (index & 127)}"`)}]`,
      ),
      "too-many",
    ],
  ]);
});
