import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadCluster } from "../../../src/config/load.ts";
import { settingsFor } from "../../../src/config/settings.ts";

const BEFORE = `[cluster]
name = "shop"
[directors.lb1]
interface = "eth0"
[routers.front]
vrid = 51
priority = 100
addresses = ["192.0.2.100"]
[services.web]
listen = ["192.0.2.100:80"]
`;
const SERVERS = `[services.web.servers]
rs1 = { address = "10.0.0.11:80", weight = 5 }
rs2 = { address = "10.0.0.12:80", weight = 5 }
`;
const LINE = BEFORE.split("\n").length;

function load(line: string, servers = SERVERS) {
  return loadCluster(`${BEFORE}${line}\n${servers}`, "cluster.toml");
}

function policy(line: string) {
  const loaded = load(line);
  assert(loaded.kind === "ok", JSON.stringify(loaded));
  return settingsFor(loaded.cluster, "lb1").services[0]?.policy;
}

describe("a service's quorum, sorry server and slow start", () => {
  const sorry = {
    checks: [],
    askedAt: 0,
    name: "(sorry)",
    endpoint: { address: "10.0.0.99", port: 80 },
    weight: 1,
  };
  const plain = { start: "unknown", checkWhile: "always", slowStart: 0 };
  const good: [string, unknown][] = [
    ["", plain],
    ["quorum = 2", { ...plain, quorum: { of: "servers", need: 2, hysteresis: 0 } }],
    [
      "quorum = { weight = 8, hysteresis = 2 }",
      { ...plain, quorum: { of: "weight", need: 8, hysteresis: 2 } },
    ],
    [
      'sorry_server = "10.0.0.99:80"',
      { ...plain, quorum: { of: "servers", need: 1, hysteresis: 0 }, sorry: { ...sorry, forward: "nat" } },
    ],
    [
      'quorum = 2\nsorry_server = { address = "10.0.0.99:80", forward = "direct" }',
      {
        ...plain,
        quorum: { of: "servers", need: 2, hysteresis: 0 },
        sorry: { ...sorry, forward: "direct" },
      },
    ],
    [
      'sorry_server = { address = "10.0.0.99", forward = "tunnel", tunnel = { type = "gue", port = 6080 } }',
      {
        ...plain,
        quorum: { of: "servers", need: 1, hysteresis: 0 },
        sorry: {
          ...sorry,
          endpoint: { address: "10.0.0.99", port: 0 },
          forward: "tunnel",
          tunnel: { type: "gue", port: 6_080, checksum: "none" },
        },
      },
    ],
    ['start = "up"\nslow_start = "30s"', { ...plain, start: "up", slowStart: 30_000_000 }],
    ['check_while = "serving"', { ...plain, checkWhile: "serving" }],
  ];
  for (const [line, wanted] of good) {
    it(`are read from ${line || "nothing"}`, () => assert.deepEqual(policy(line), wanted));
  }

  const found: [string, string][] = [
    ["quorum = {}", "quorum-of-what"],
    ["quorum = { servers = 1, weight = 1 }", "quorum-of-what"],
    ["quorum = { servers = 2, hysteresis = 2 }", "hysteresis-too-wide"],
    ["quorum = 3", "quorum-above-all"],
    ["quorum = { weight = 11 }", "quorum-above-all"],
    ["quorum = 0", "out-of-range"],
    ['sorry_server = "10.0.0.12:80"', "sorry-server-taken"],
    ['sorry_server = "192.0.2.100:80"', "sorry-server-floats"],
    ['sorry_server = { address = "10.0.0.99:81", forward = "direct" }', "sorry-server-port"],
    ['sorry_server = "[2001:db8::99]:80"', "sorry-server-of-other-family"],
    ['panic = "50%"', "panic-without-giving-way"],
    ['panic = "50%"\nsorry_server = "10.0.0.99:80"', "panic-or-sorry"],
    ['panic = "0%"', "bad-percentage"],
    ['start = "down"', "unknown-value"],
    ['slow_start = "2h"', "out-of-range"],
    ["hysteresis = 1", "unknown-key"],
  ];
  for (const [line, code] of found) {
    it(`have ${code} for ${line}`, () => {
      const loaded = load(line);
      const issues = loaded.kind === "ok" ? loaded.warnings : loaded.issues;
      const issue = issues.find((one) => one.code === code);
      assert.equal(issue?.line, LINE, JSON.stringify(issues));
    });
  }

  it("have a floor, for a router that gives way first", () => {
    const track = '[tracks.enough]\ntype = "quorum"\nservice = "web"\nhealthy = 1\n';
    const file = `${BEFORE}panic = { below = "30%", after = "20s" }\n${SERVERS}${track}`;
    const loaded = loadCluster(
      file.replace("priority = 100", 'priority = 100\ntrack = ["enough"]'),
      "a.toml",
    );
    assert(loaded.kind === "ok", JSON.stringify(loaded));
    const [web] = settingsFor(loaded.cluster, "lb1").services;
    assert.deepEqual(web?.policy.panic, { below: 0.3, after: 20_000_000 });
  });

  it("warn of a slow start where all weights are 1", () => {
    const loaded = load('slow_start = "30s"', SERVERS.replaceAll(", weight = 5", ""));
    assert(loaded.kind === "ok");
    assert.ok(loaded.warnings.some(({ code }) => code === "slow-start-of-one"));
  });
});
