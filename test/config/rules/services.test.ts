import { describe } from "node:test";
import { ALL, but, checkIssues } from "../support.ts";

const service = (lines: string) => but("[services.web]\n", `[services.web]\n${lines}\n`);
const listening = (list: string) => but('listen = ["192.0.2.100:80"]', `listen = ${list}`);
const other = (lines: string) => `${ALL}[services.api]\n${lines}\nservers.rs1.address = "10.0.0.11:8081"`;

describe("listen addresses", () => {
  checkIssues([
    ["in two services", other('listen = [^"192.0.2.100:80"]'), "listen-taken"],
    ["twice in one", listening('["192.0.2.100:80", ^"192.0.2.100:80"]'), "listen-taken"],
    ["with another port", other('listen = ["192.0.2.100:81"]')],
    ["with another protocol", other('listen = ["192.0.2.100:80"]\nprotocol = "udp"\ncheck.type = "tcp"')],
    [
      "that float, while the balancer is in another namespace",
      `[ipvs]\nnamespace = "lb"\n${listening('["198.51.100.7:80", ^"192.0.2.100:80"]')}`,
      "warning listen-out-of-namespace",
    ],
    ["that are there alone", `[ipvs]\nnamespace = "lb"\n${listening('["198.51.100.7:80"]')}`],
    ["that do not float", listening('["192.0.2.100:80", ^"192.0.2.200:80"]'), "warning listen-not-floating"],
  ]);
});

describe("checks", () => {
  checkIssues([
    [
      "with a timeout over the interval",
      service('check = { type = "tcp", timeout = ^"3s" }'),
      "warning check-timeout-long",
    ],
    ["with an interval under the usual timeout", service('check = { type = "tcp", interval = "500ms" }')],
    [
      "that look for text where there is none",
      service('check = { type = "http", method = "HEAD", contains = ^"x" }'),
      "contains-without-body",
    ],
    [
      "with a list of which the second looks for text where there is none",
      service('check = [{ type = "tcp" }, { type = "http", method = "HEAD", contains = ^"x" }]'),
      "contains-without-body",
    ],
    ["with an empty list", service("check = ^[]"), "too-few"],
    [
      "with a mark, always",
      but('["192.0.2.100:80"]', '["192.0.2.100:80", { mark = 5, family = 4 }]\ncheck_while = ^"serving"'),
      "warning check-while-marked",
    ],
    ["with nothing in a list", service('check = [{ type = ^"none" }]'), "unknown-value"],
    ["with a key that no check has", service('check = [{ type = "tcp", ^pat = "/" }]'), "unknown-key"],
    [
      "of a single server",
      but('10.0.0.11:8080"', '10.0.0.11:8080"\ncheck = { type = "tcp", timeout = ^"3s" }'),
      "warning check-timeout-long",
    ],
    ["with two hosts", service('check = { type = "http", headers = { ^Host = "a" } }'), "host-header"],
    [
      "that nobody wrote, for UDP",
      but("[services.web]\n", '^[services.web]\nprotocol = "udp"\n'),
      "warning unchecked-service",
    ],
  ]);
});

describe("a service", () => {
  checkIssues([
    ["with a mistyped scheduler", service('scheduler = ^"wlcc"'), "warning unknown-scheduler"],
    ["with the kernel's newest scheduler", service('scheduler = "mh"')],
    ["without servers", `${ALL}^[services.api]\nlisten = ["192.0.2.100:81"]`, "warning no-servers"],
    [
      "or nothing at all",
      '[cluster]\nname = "a"\n[directors.a]\ninterface = "eth0"',
      "warning nothing-to-do",
    ],
    ["or no director", '[cluster]\nname = "a"\n^[directors]', "no-directors"],
  ]);
});
