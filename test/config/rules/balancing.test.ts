import { describe } from "node:test";
import { ALL, but, checkIssues } from "../support.ts";

const service = (lines: string, file = ALL) => but("[services.web]\n", `[services.web]\n${lines}\n`, file);
const listening = (list: string, file = ALL) => but('listen = ["192.0.2.100:80"]', `listen = ${list}`, file);
const server = (lines: string, file = ALL) => but('address = "10.0.0.11:8080"', lines, file);

const UDP = 'protocol = "udp"\ncheck.type = "tcp"';

describe("scheduler flags", () => {
  checkIssues([
    ["of the scheduler", service('scheduler = "sh"\nscheduler_flags = ["sh-port", "sh-fallback"]')],
    ["by their numbers", service('scheduler_flags = ["flag-1", "flag-3"]')],
    [
      "of another scheduler",
      service('scheduler = "mh"\nscheduler_flags = ["mh-port", ^"sh-port"]'),
      "flag-of-other-scheduler",
    ],
    ["that do not exist", service('scheduler_flags = [^"mh-prot"]'), "unknown-value"],
  ]);
});

describe("one packet", () => {
  checkIssues([
    ["of UDP", service(`one_packet = true\n${UDP}`)],
    ["of a mark", listening("[{ mark = 5, family = 4 }]\none_packet = true")],
    ["of TCP", service("one_packet = ^true"), "one-packet-without-udp"],
  ]);
});

describe("persistence", () => {
  checkIssues([
    ["as a duration", service('persistence = "31s"')],
    ["as a number", service("persistence = ^300"), "wrong-type"],
    ["in parts of a second", service('persistence = ^"1500ms"'), "bad-duration"],
    ["too long for the kernel's timers", service('persistence = { timeout = ^"745h" }'), "out-of-range"],
    ["for networks", service("persistence = { prefix = 24 }")],
    ["for networks of no size", service("persistence = { prefix = ^0 }"), "out-of-range"],
    ["for networks that IPv4 has not", service("persistence = { prefix = ^64 }"), "prefix-of-other-family"],
    ["by SIP calls", service(`persistence = { engine = "sip" }\n${UDP}`)],
    ["by SIP calls over TCP", service('persistence = { engine = ^"sip" }'), "engine-without-udp"],
    ["by an engine that does not exist", service('persistence = { engine = ^"rtp" }'), "unknown-value"],
  ]);
});

describe("all ports", () => {
  const every = listening('["192.0.2.100:*"]', server('address = "10.0.0.11"'));
  checkIssues([
    ["of a persistent service", service('persistence = "5m"\ncheck = { type = "tcp", port = 80 }', every)],
    [
      "of any other",
      listening('[^"192.0.2.100:*"]\ncheck.type = "none"', server('address = "10.0.0.11"')),
      "all-ports-without-persistence",
    ],
    [
      "to one port of a server",
      service('persistence = "5m"', listening('["192.0.2.100:*"]', server('address = ^"10.0.0.11:80"'))),
      "direct-port",
    ],
  ]);
});

describe("tunnels", () => {
  const direct = server('address = "10.0.0.11"');
  const through = (tunnel: string) => service(`forward = "tunnel"\ntunnel = { ${tunnel} }`, direct);
  /** Another service does without a checksum. */
  const greTo = (address: string) => `${through('type = "gre", checksum = "full"')}
[services.other]
listen = ["192.0.2.100:81"]
forward = "tunnel"
tunnel = { type = "gre" }
servers = { rs1 = { address = ${address} } }
`;
  checkIssues([
    ["without a word", service('forward = "tunnel"', direct)],
    ["of each type", through('type = "gue", port = 6080, checksum = "remote"')],
    ["that need no checksum for IP in IP", through('type = "ipip", ^checksum = "none"'), "unknown-key"],
    ["to no port", service('forward = "tunnel"\n^tunnel = { type = "gue" }', direct), "missing-key"],
    ["with a checksum of another type", through('type = "gre", checksum = ^"remote"'), "unknown-value"],
    ["GRE without a checksum", through('type = "gre", checksum = "none"')],
    ["GRE with one", through('type = "gre", checksum = "full"')],
    ["GRE with and without to one address", greTo('^"10.0.0.11"'), "gre-mixed"],
    [
      "GRE with and without to a server and a sorry server",
      `${greTo('"10.0.0.12"')}sorry_server = ^{ address = "10.0.0.11", forward = "tunnel" }`,
      "gre-mixed",
    ],
    ["GRE with and without to two addresses of a server", greTo('"10.0.0.12"')],
    ["for nobody", service('tunnel = ^{ type = "gre" }', direct), "tunnel-unused"],
    [
      "for one server",
      service('tunnel = { type = "gre" }', server('address = "10.0.0.11"\nforward = "tunnel"')),
    ],
    [
      "for one server that uses none",
      server('address = "10.0.0.11"\ntunnel = ^{ type = "gre" }', service('forward = "direct"')),
      "tunnel-unused",
    ],
    ["to another port", service('forward = "tunnel"', server('address = ^"10.0.0.11:8080"')), "direct-port"],
    ["to the other family", service('forward = "tunnel"', server('address = "2001:db8::11"'))],
    ["of a way that is one of theirs", service('forward = ^"gue"'), "unknown-value"],
  ]);
});

describe("families", () => {
  checkIssues([
    ["that differ", server('address = ^"[2001:db8::1]:80"'), "server-of-other-family"],
    [
      "of a mark",
      listening("[{ mark = 5, family = 6 }]", server('address = ^"10.0.0.11:80"')),
      "server-of-other-family",
    ],
    ["that agree", listening("[{ mark = 5, family = 6 }]", server('address = "[2001:db8::1]:80"'))],
    ["of an address without a router of its own", server('address = ^"fe80::1"'), "bad-address"],
  ]);
});

describe("thresholds", () => {
  const limits = (keys: string) => server(`address = "10.0.0.11:80"\n${keys}`);
  checkIssues([
    ["in order", limits("upper_threshold = 100\nlower_threshold = 100")],
    ["with an upper one alone", limits("upper_threshold = 100")],
    ["in disorder", limits("upper_threshold = 100\nlower_threshold = ^101"), "thresholds-swapped"],
    ["with a lower one alone", limits("lower_threshold = ^1"), "thresholds-swapped"],
    ["beyond the kernel's numbers", limits("upper_threshold = ^4294967296"), "out-of-range"],
    ["beside a weight beyond them", limits("weight = ^65536"), "out-of-range"],
  ]);
});

describe("a check of servers without a port", () => {
  const marked = (keys: string) =>
    listening(`[{ mark = 5, family = 4 }]\n${keys}`, server('address = ^"10.0.0.11"'));
  checkIssues([
    ["asks at the service's", server('address = "10.0.0.11"')],
    ["has nowhere to ask", marked('check.type = "tcp"'), "check-without-port"],
    ["says where to ask", marked('check = { type = "tcp", port = 80 }').replace("^", "")],
    [
      "is missed",
      marked("").replace("^", "").replace("[services.web]", "^[services.web]"),
      "warning unchecked-service",
    ],
  ]);
});
