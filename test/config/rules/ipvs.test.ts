import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NO_TABLE_SETTINGS } from "../../../src/balance/settings.ts";
import { describeChange, planChange } from "../../../src/config/change.ts";
import { loadCluster } from "../../../src/config/load.ts";
import { settingsFor } from "../../../src/config/settings.ts";

function load(table: string) {
  const file = `[cluster]\nname = "shop"\n[directors.lb1]\ninterface = "eth0"\n[services.web]\nlisten = ["192.0.2.100:80"]\n[services.web.servers]\nrs1 = { address = "10.0.0.11:80" }\n${table}`;
  return loadCluster(file, "cluster.toml");
}

function settings(table: string) {
  const loaded = load(table);
  assert(loaded.kind === "ok", JSON.stringify(loaded));
  return settingsFor(loaded.cluster, "lb1");
}

describe("the table ipvs", () => {
  it("keeps the table active, and as it is at a stop, when the file says nothing", () => {
    assert.deepEqual(settings("").table, NO_TABLE_SETTINGS);
  });

  it("takes settings as numbers, or as pairs in a text, and timeouts as durations", () => {
    const file = `[ipvs]\nmode = "observe"\non_stop = "drain"\nsysctls = { conntrack = 1, sync_threshold = "3 50" }\ntimeouts = { tcp = "1h", udp = "30s" }`;
    assert.deepEqual(settings(file).table, {
      mode: "observe",
      onStop: "drain",
      sysctls: { conntrack: "1", sync_threshold: "3 50" },
      timeouts: { tcp: 3_600, udp: 30 },
    });
    assert.deepEqual(planChange(settings(""), settings(file)).map(describeChange), [
      "cluster: ipvs.mode active → observe",
      "cluster: ipvs.on_stop keep → drain",
      "cluster: ipvs.sysctls as the kernel has them → conntrack = 1, sync_threshold = 3 50",
      "cluster: ipvs.timeouts as the kernel has them → tcp = 3600s, udp = 30s",
    ]);
  });

  it("may be in another network namespace, by the name that ip netns has for it, or by a path", () => {
    const [own, named, path] = ["", 'namespace = "lb"', 'namespace = "/proc/7/ns/net"'].map((line) =>
      settings(`[ipvs]\n${line}`),
    );
    assert(own !== undefined && named !== undefined && path !== undefined);
    assert.deepEqual(
      [own, named, path].map(({ table }) => table.namespace),
      [undefined, "/run/netns/lb", "/proc/7/ns/net"],
    );
    assert.deepEqual(planChange(own, named).map(describeChange), [
      "cluster: ipvs.namespace Keelson's own → /run/netns/lb",
    ]);
  });

  const bad: [string, string][] = [
    ...["", "..", "a/b", "a b", "/run/netns/a b", "x".repeat(256)].map((text): [string, string] => [
      `namespace = "${text}"`,
      "bad-namespace",
    ]),
    ['mode = "watch"', "unknown-value"],
    ['on_stop = "flush"', "unknown-value"],
    ["sysctls = { Conntrack = 1 }", "bad-name"],
    ['sysctls = { conntrack = "on" }', "bad-sysctl"],
    ["sysctls = { conntrack = -1 }", "out-of-range"],
    ["timeouts = { tcp = 900 }", "wrong-type"],
    ['timeouts = { tcp = "1.5s" }', "bad-duration"],
    ['timeouts = { udp = "0s" }', "out-of-range"],
    ['timeouts = { tcp = "577h" }', "out-of-range"],
    ['timeouts = { tcpfin = "1m" }', "unknown-key"],
  ];
  for (const [line, code] of bad) {
    it(`refuses ${line}`, () => {
      const loaded = load(`[ipvs]\n${line}`);
      assert(loaded.kind === "bad");
      assert.ok(
        loaded.issues.some((issue) => issue.code === code && issue.line === 10),
        JSON.stringify(loaded.issues),
      );
    });
  }

  it("warns of a setting that it has not heard of", () => {
    const loaded = load("[ipvs.sysctls]\nexpire_nodest_con = 1");
    assert(loaded.kind === "ok");
    const warning = loaded.warnings.find(({ code }) => code === "unknown-sysctl");
    assert.equal(warning?.hint, "did you mean `expire_nodest_conn`?");
  });
});
