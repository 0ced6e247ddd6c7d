import { describe } from "node:test";
import { checkIssues, DIRECTORS, ROUTER } from "../support.ts";

const routes = (tables: string) => `${DIRECTORS}${ROUTER}routes = [${tables}]\n`;
const rules = (tables: string) => `${DIRECTORS}${ROUTER}rules = [${tables}]\n`;

describe("routes", () => {
  checkIssues([
    [
      "of every kind",
      routes(
        '{ destination = "default", via = "192.0.2.1", source = "192.0.2.100", table = 100, metric = 5, mtu = 1400, onlink = true, interface = "eth0" }, ' +
          '{ destination = "198.51.100.0/24", interface = "eth1", scope = "host" }, ' +
          '{ destination = "2001:db8:5::/48", type = "prohibit" }',
      ),
    ],
    ["to nowhere", routes('^{ destination = "default" }'), "route-to-nowhere"],
    [
      "that drop what they send",
      routes('{ destination = "198.51.100.7", type = ^"blackhole", via = "192.0.2.1" }'),
      "route-to-nowhere",
    ],
    [
      "of two families",
      routes('{ destination = "198.51.100.0/24", via = ^"2001:db8::1", source = ^"2001:db8::2" }'),
      "families-differ",
      "families-differ",
    ],
    [
      "of IPv6 with a scope",
      routes('{ destination = "2001:db8:5::/48", interface = "eth0", scope = ^"link" }'),
      "families-differ",
    ],
    ["into half a network", routes('{ destination = ^"198.51.100.1/24", interface = "eth0" }'), "bad-prefix"],
    ["into no network", routes('{ destination = ^"office", interface = "eth0" }'), "bad-address"],
  ]);
});

describe("rules", () => {
  checkIssues([
    [
      "of every kind",
      rules(
        '{ from = "192.0.2.100", to = "198.51.100.0/24", iif = "eth0", oif = "eth1", fwmark = 16, mask = 255, table = 1000, priority = 500 }, ' +
          "{ family = 6, fwmark = 1, table = 100, priority = 501 }",
      ),
    ],
    [
      "of two families",
      rules('^{ from = "192.0.2.1", to = "2001:db8::1", table = 1, priority = 1 }'),
      "families-differ",
    ],
    [
      "of another family",
      rules('^{ from = "192.0.2.1", family = 6, table = 1, priority = 1 }'),
      "families-differ",
    ],
    ["with a mask alone", rules('{ iif = "eth0", mask = ^1, table = 1, priority = 1 }'), "mask-without-mark"],
    ["for everything", rules("^{ table = 100, priority = 500 }"), "warning rule-for-everything"],
  ]);
});
