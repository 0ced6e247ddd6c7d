import { describe } from "node:test";
import { ALL, but, checkIssues, DIRECTORS, ROUTER, SERVICE } from "../support.ts";

const server = (lines: string) => `${ALL}[services.web.servers.rs2]\n${lines}`;
const direct = (file: string) => but("[services.web]\n", '[services.web]\nforward = "direct"\n', file);

describe("servers", () => {
  checkIssues([
    ["twice under two names", server('address = ^"10.0.0.11:8080"'), "server-taken"],
    ["twice with two ports", server('address = "10.0.0.11:8081"')],
    [
      "in two services",
      `${ALL}[services.api]\nlisten = ["192.0.2.100:81"]\nservers.a.address = "10.0.0.11:8080"`,
    ],
    ["at a floating address", server('address = ^"10.0.0.1:80"'), "server-floats"],
    ["on a director itself", but("/24", "", server('address = "192.0.2.11:80"'))],
  ]);
});

describe("direct routing", () => {
  checkIssues([
    ["to another port", direct(but('"10.0.0.11:8080"', '^"10.0.0.11:8080"')), "direct-port"],
    ["to the same port", direct(but(":8080", ":80"))],
    ["for one server only", server('address = ^"10.0.0.12:8080"\nforward = "direct"'), "direct-port"],
    [
      "from two ports",
      direct(
        but(
          '["192.0.2.100:80"]',
          '["192.0.2.100:80", "192.0.2.100:443"]',
          but('"10.0.0.11:8080"', '^"10.0.0.11:80"'),
        ),
      ),
      "direct-port",
    ],
  ]);
});

describe("the gateway of NAT", () => {
  const pair = (addresses: string) =>
    DIRECTORS + ROUTER.replace(/addresses = .*/, `addresses = [${addresses}]`) + SERVICE;
  checkIssues([
    ["floats with its network", pair('"192.0.2.100", "10.0.0.1/24"')],
    ["floats in a larger network", pair('"192.0.2.100", "10.0.0.1/8"')],
    [
      "is missing",
      pair('"192.0.2.100"').replace('"10.0.0.11', '^"10.0.0.11'),
      "warning gateway-not-floating",
    ],
    [
      "is in another network",
      pair('"192.0.2.100", "10.0.1.1/24"').replace('"10.0.0.11', '^"10.0.0.11'),
      "warning gateway-not-floating",
    ],
    ["may be an address that says nothing about its network", pair('"192.0.2.100", "10.0.0.1"')],
    [
      "is the service's own address, in one network",
      pair('"192.0.2.100/24"').replace("10.0.0.11", "192.0.2.50"),
    ],
    ["does not matter for direct routing", direct(pair('"192.0.2.100"').replace(":8080", ":80"))],
    [
      "is told once for many servers",
      `${pair('"192.0.2.100"').replace('"10.0.0.11', '^"10.0.0.11')}[services.web.servers.rs2]\naddress = "10.0.0.12:80"`,
      "warning gateway-not-floating",
    ],
  ]);
});
