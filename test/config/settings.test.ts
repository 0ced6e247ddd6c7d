import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PLAIN_POLICY } from "../../src/balance/policy.ts";
import { settingsFor } from "../../src/config/settings.ts";
import { Bug } from "../../src/net/bug.ts";
import { millis, minutes, seconds } from "../../src/net/time.ts";
import { multicastTransport, PLAIN_ELECTION } from "../../src/vrrp/settings.ts";
import { ALL, but, clusterOf, DIRECTORS, ROUTER, SERVICE } from "./support.ts";

const FULL = `
[cluster]
name = "shop"
[directors.lb1]
interface = "eth0"
[directors.lb2]
interface = "ens4"
[stop]
timeout = "20s"
[routers.front]
vrid = 51
interval = "10ms"
priority = { lb1 = 200, lb2 = 100 }
preempt = false
addresses = ["192.0.2.100", { address = "10.0.0.1/24", interface = "eth1" }, "192.0.2.101/24"]
[routers.back]
vrid = 52
interface = "eth9"
priority = { lb1 = 1, lb2 = 255 }
addresses = ["192.0.2.102"]
[services.web]
listen = ["192.0.2.100:80", "192.0.2.101:80"]
scheduler = "wrr"
forward = "direct"
on_failure = "drain"
remove_after = "5m"
[services.web.check]
type = "http"
interval = "500ms"
rise = 1
fall = 2
port = 8000
method = "POST"
path = "/healthz?deep=1"
host = "www.example.com"
headers = { "X-Check" = "yes" }
status = [204, "300-399"]
contains = "fine"
max_body = 100
[services.web.servers.rs1]
address = "10.0.0.11:80"
weight = 3
[services.web.servers.rs2]
address = "10.0.0.12:8080"
forward = "nat"
weight = 0
`;

describe("settingsFor", () => {
  it("gives a director its own values, and writes every address out", () => {
    assert.deepEqual(settingsFor(clusterOf(FULL), "lb2").routers, [
      {
        name: "front",
        vrid: 51,
        interface: "ens4",
        transport: multicastTransport(4),
        interval: millis(10),
        priority: 100,
        preempt: false,
        ...PLAIN_ELECTION,
        damping: true,
        addresses: [
          { address: "192.0.2.100", prefixLength: 32, interface: "ens4" },
          { address: "10.0.0.1", prefixLength: 24, interface: "eth1" },
          { address: "192.0.2.101", prefixLength: 24, interface: "ens4" },
        ],
        stopTimeout: seconds(20),
      },
      {
        name: "back",
        vrid: 52,
        interface: "eth9",
        transport: multicastTransport(4),
        interval: seconds(1),
        priority: 255,
        preempt: true,
        ...PLAIN_ELECTION,
        damping: true,
        addresses: [{ address: "192.0.2.102", prefixLength: 32, interface: "eth9" }],
        stopTimeout: seconds(20),
      },
    ]);
  });

  for (const [why, extra, unheard] of [
    ["nothing is signed", "", "stay"],
    [
      "nobody else can have said it",
      'authentication = { active_key = 1, keys = { 1 = "hex:KEY" } }',
      "give-way",
    ],
    [
      "anybody may have said it",
      'authentication = { mode = "permissive", active_key = 1, keys = { 1 = "hex:KEY" } }',
      "stay",
    ],
    ["the file says so", 'unheard = "give-way"', "give-way"],
    ["it owns the addresses", 'unheard = "give-way"\npriority = { lb1 = 255, lb2 = 100 }', "stay"],
    ["nobody can hear it", 'unheard = "give-way"\nmode = "observe"', "stay"],
  ] as const) {
    it(`lets a master that is not heard ${unheard} when ${why}`, () => {
      const priority = extra.includes("priority") ? "" : "priority = { lb1 = 150, lb2 = 100 }";
      const text = `[cluster]
name = "web"
[directors]
lb1 = { interface = "eth0" }
lb2 = { interface = "eth0" }
[routers.front]
vrid = 51
addresses = ["192.0.2.100/32"]
${priority}
${extra.replace("KEY", "5a".repeat(32))}
`;
      assert.equal(settingsFor(clusterOf(text), "lb1").routers[0]?.unheard, unheard);
    });
  }

  it("puts addresses without an interface of their own on the virtual links of their families", () => {
    const file = but(
      '["192.0.2.100"',
      '["192.0.2.100", "2001:db8::100"',
      `${DIRECTORS}${ROUTER}mac = "virtual"`,
    );
    const [router] = settingsFor(clusterOf(file), "lb1").routers;
    assert.deepEqual(router?.virtualLinks, [
      { name: "vrrp.51", family: 4, parent: "eth0", mac: "00:00:5e:00:01:33" },
      { name: "vrrp6.51", family: 6, parent: "eth0", mac: "00:00:5e:00:02:33" },
    ]);
    assert.deepEqual([router.interface, router.transport.device], ["eth0", "vrrp.51"]);
    assert.deepEqual(
      router.addresses.map((one) => one.interface),
      ["vrrp.51", "vrrp6.51", "eth1"],
    );
  });

  it("needs no virtual link to observe", () => {
    const [router] = settingsFor(
      clusterOf(`${DIRECTORS}${ROUTER}mac = "virtual"\nmode = { lb2 = "observe" }`),
      "lb2",
    ).routers;
    assert.deepEqual([router?.virtualLinks, router?.addresses[0]?.interface], [[], "eth0"]);
  });

  for (const [name, keys, device] of [
    ["from the parent when it is told to", 'mac = { type = "virtual", adverts_from = "parent" }', undefined],
    ["from the parent to peers", 'mac = "virtual"\nunicast = true', undefined],
    ["from an interface with a name of its own", 'mac = { type = "virtual", interface = "vip0" }', "vip0"],
  ] as const) {
    it(`sends adverts ${name}`, () => {
      const [router] = settingsFor(clusterOf(`${DIRECTORS}${ROUTER}${keys}`), "lb1").routers;
      assert.equal(router?.transport.device, device);
      assert.equal(router?.addresses[0]?.interface, device ?? "vrrp.51");
    });
  }

  it("gives every server its service's check and forwarding, unless it has its own", () => {
    const check = {
      type: "http",
      interval: millis(500),
      timeout: millis(500),
      rise: 1,
      fall: 2,
      port: 8000,
      method: "POST",
      path: "/healthz?deep=1",
      host: "www.example.com",
      headers: { "X-Check": "yes" },
      status: [
        { from: 204, to: 204 },
        { from: 300, to: 399 },
      ],
      contains: "fine",
      maxBody: 100,
    };
    assert.deepEqual(settingsFor(clusterOf(FULL), "lb1").services, [
      {
        name: "web",
        protocol: "tcp",
        listen: [
          { address: "192.0.2.100", port: 80 },
          { address: "192.0.2.101", port: 80 },
        ],
        scheduler: "wrr",
        onFailure: "drain",
        policy: PLAIN_POLICY,
        removeAfter: minutes(5),
        checks: [check],
        servers: [
          {
            name: "rs1",
            endpoint: { address: "10.0.0.11", port: 80 },
            forward: "direct",
            weight: 3,
            checks: [check],
            askedAt: 80,
          },
          {
            name: "rs2",
            endpoint: { address: "10.0.0.12", port: 8080 },
            forward: "nat",
            weight: 0,
            checks: [check],
            askedAt: 8080,
          },
        ],
      },
    ]);
  });

  it("fills the defaults in", () => {
    const { cluster, director, routers, services } = settingsFor(clusterOf(ALL), "lb1");
    assert.deepEqual([cluster, director], ["shop", "lb1"]);
    assert.deepEqual([routers[0]?.preempt, routers[0]?.stopTimeout], [true, seconds(10)]);
    const [service] = services;
    assert.deepEqual(
      [service?.protocol, service?.scheduler, service?.onFailure, service?.removeAfter],
      ["tcp", "wlc", "remove", seconds(60)],
    );
    const check = { type: "tcp", interval: seconds(2), timeout: seconds(1), rise: 2, fall: 3 };
    assert.deepEqual(service?.servers, [
      {
        name: "rs1",
        endpoint: { address: "10.0.0.11", port: 8080 },
        forward: "nat",
        weight: 1,
        checks: [check],
        askedAt: 8080,
      },
    ]);
  });

  it("asks for http what is usual", () => {
    const text = but("[services.web]\n", '[services.web]\ncheck = { type = "http" }\n');
    assert.deepEqual(settingsFor(clusterOf(text), "lb1").services[0]?.servers[0]?.checks[0], {
      type: "http",
      interval: seconds(2),
      timeout: seconds(1),
      rise: 2,
      fall: 3,
      method: "GET",
      path: "/",
      headers: {},
      status: [{ from: 200, to: 299 }],
      maxBody: 65_536,
    });
  });

  it("runs a script as often as it may take, whatever the protocol, and tells it a port if there is one", () => {
    const script = 'check = { type = "script", command = ["/usr/bin/true", "-v"], interval = "5s" }';
    const timing = { interval: seconds(5), timeout: seconds(5), rise: 2, fall: 3 };
    const check = { type: "script", ...timing, command: ["/usr/bin/true", "-v"], dynamicWeight: false };
    const settings = (lines: string) =>
      settingsFor(clusterOf(but("[services.web]\n", `[services.web]\n${lines}\n`)), "lb1").services[0]
        ?.servers[0]?.checks[0];
    assert.deepEqual(settings(`${script}\nprotocol = "udp"`), check);
    const weighs = script.replace(" }", ', dynamic_weight = true, user = "www-data", timeout = "1s" }');
    assert.deepEqual(settings(weighs), {
      ...check,
      timeout: seconds(1),
      user: "www-data",
      dynamicWeight: true,
    });
    const header = settings('check = { type = "http", weight_header = "X-Weight" }');
    assert.equal(header?.type === "http" && header.weightHeader, "X-Weight");
  });

  for (const lines of ['check = { type = "none" }', 'protocol = "udp"']) {
    it(`has no check for ${lines}`, () => {
      const text = but("[services.web]\n", `[services.web]\n${lines}\n`);
      const server = settingsFor(clusterOf(text), "lb1").services[0]?.servers[0];
      assert.deepEqual(server?.checks, []);
    });
  }

  it("passes on how connections are spread and sent on, each server's own words first", () => {
    const text = `${DIRECTORS}
[services.web]
listen = ["192.0.2.100:80-81", { mark = 5, family = 4 }]
scheduler = "sh"
scheduler_flags = ["sh-port"]
persistence = { prefix = 24 }
forward = "tunnel"
tunnel = { type = "gue", port = 6080 }
[services.web.servers]
rs1 = { address = "10.0.0.11", upper_threshold = 100, lower_threshold = 50 }
rs2 = { address = "10.0.0.12", tunnel = { type = "gre", checksum = "full" } }
rs3 = { address = "10.0.0.13", forward = "direct" }`;
    const check = { type: "tcp", interval: seconds(2), timeout: seconds(1), rise: 2, fall: 3 };
    const server = (name: string, address: string) => ({
      name,
      endpoint: { address, port: 0 },
      weight: 1,
      forward: "tunnel",
      checks: [check],
      askedAt: 80,
    });
    assert.deepEqual(settingsFor(clusterOf(text), "lb1").services[0], {
      name: "web",
      protocol: "tcp",
      listen: [
        { address: "192.0.2.100", port: 80 },
        { address: "192.0.2.100", port: 81 },
        { mark: 5, family: 4 },
      ],
      scheduler: "sh",
      schedulerFlags: ["sh-port"],
      persistence: { timeout: minutes(5), clientPrefix: 24 },
      onFailure: "remove",
      removeAfter: seconds(60),
      policy: PLAIN_POLICY,
      checks: [check],
      servers: [
        {
          ...server("rs1", "10.0.0.11"),
          tunnel: { type: "gue", port: 6_080, checksum: "none" },
          upperThreshold: 100,
          lowerThreshold: 50,
        },
        { ...server("rs2", "10.0.0.12"), tunnel: { type: "gre", checksum: "full" } },
        { ...server("rs3", "10.0.0.13"), forward: "direct" },
      ],
    });
  });

  it("asks several things of servers, or of one of them other things", () => {
    const several = 'check = [{ type = "tcp" }, { type = "http", path = "/a", port = 81 }]';
    const text = but("[services.web]\n", `[services.web]\n${several}\n`);
    const own = `${text}[services.web.servers.rs2]
address = "10.0.0.12:80"
[[services.web.servers.rs2.check]]
type = "tcp"
port = 82
[[services.web.servers.rs2.check]]
type = "tcp"
port = 83
[services.web.servers.rs3]
address = "10.0.0.13:80"
check = { type = "none" }
`;
    const [service] = settingsFor(clusterOf(own), "lb1").services;
    const asked = service?.servers.map(({ checks }) => checks.map(({ type, port }) => `${type} ${port}`));
    assert.deepEqual(asked, [["tcp undefined", "http 81"], ["tcp 82", "tcp 83"], []]);
    assert.equal(service?.servers[0]?.checks, service?.checks, "a plan shows a service's check once");
  });

  it("does not check a server that has no port to ask, unless the file says where", () => {
    const text = but('"192.0.2.100:80"', "{ mark = 5, family = 4 }", but(":8080", ""));
    assert.equal(settingsFor(clusterOf(text), "lb1").services[0]?.servers[0]?.checks[0], undefined);
  });

  it("makes nothing anew of services that a later file leaves as they are, and of all others everything", () => {
    const mail =
      '[services.mail]\nlisten = ["192.0.2.100:25"]\nservers = { rs1 = { address = "10.0.0.12:25" } }\n';
    const cluster = clusterOf(ALL + mail);
    const before = { cluster, settings: settingsFor(cluster, "lb1") };
    const [web] = before.settings.services;
    const later = (text: string) => settingsFor(clusterOf(text), "lb1", before).services;
    const other = mail.replace("10.0.0.12", "10.0.0.13");
    const [kept, changed, ...rest] = later(ALL + other);
    assert.equal(kept, web);
    assert.deepEqual([changed, ...rest], settingsFor(clusterOf(ALL + other), "lb1").services.slice(1));
    assert.equal(later(DIRECTORS + ROUTER + mail + SERVICE)[1], web, "in another place of the file");
    assert.deepEqual(later(ALL + mail.replace("services.mail", "services.constructor")).length, 2);
  });

  it("knows no other director, whatever JavaScript calls it", () => {
    const cluster = clusterOf(DIRECTORS + ROUTER);
    for (const name of ["lb3", "constructor"]) assert.throws(() => settingsFor(cluster, name), Bug);
  });
});
