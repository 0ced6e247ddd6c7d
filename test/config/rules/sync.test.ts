import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeChange, planChange } from "../../../src/config/change.ts";
import { settingsFor } from "../../../src/config/settings.ts";
import { ALL, but, checkIssues, clusterOf, DIRECTORS, ROUTER } from "../support.ts";

const sync = (lines: string, file = ALL) => `${file}[ipvs.sync]\n${lines}\n`;
const ELSEWHERE = `${but('["192.0.2.100:80"]', '["198.51.100.7:80"]')}[ipvs]\nnamespace = "lb"\n`;
const syncOf = (file: string, director = "lb1") => settingsFor(clusterOf(file), director).table.sync;

describe("the table ipvs.sync", () => {
  it("is not there unless the file has it, and needs no key", () => {
    assert.equal(syncOf(ALL), undefined);
    assert.deepEqual(syncOf(sync("")), {
      interface: "eth0",
      id: 51,
      group: "224.0.0.81",
      port: 8_848,
      ttl: 1,
      beforeMove: 5_000_000,
    });
  });

  it("says who speaks, where and of what", () => {
    const file = sync(
      'interface = { lb2 = "eth9" }\nrouter = "front"\nid = 7\ngroup = "ff02::81"\nport = 8849\nttl = 3\nmax_length = 1400\nbefore_move = "0s"',
    );
    const rest = { id: 7, group: "ff02::81", port: 8_849, ttl: 3, maxLength: 1_400, router: "front" };
    assert.deepEqual(syncOf(file), { interface: "eth0", ...rest, beforeMove: 0 });
    assert.equal(syncOf(file, "lb2")?.interface, "eth9");
    assert.equal(syncOf(sync('interface = "eth1"'))?.interface, "eth1");
  });

  it("is in the plan", () => {
    const [none, both, following] = [ALL, sync(""), sync('router = "front"')].map((file) =>
      settingsFor(clusterOf(file), "lb1"),
    );
    assert(none !== undefined && both !== undefined && following !== undefined);
    const where = "id 51, 224.0.0.81 port 8848, ttl 1, before_move 5s";
    assert.deepEqual(planChange(none, both).map(describeChange), [
      `cluster: ipvs.sync none → on eth0, both ways, ${where}`,
    ]);
    assert.deepEqual(planChange(both, following).map(describeChange), [
      `cluster: ipvs.sync on eth0, both ways, ${where} → on eth0, as router front, ${where}`,
    ]);
  });

  const tunnel = but(
    '"10.0.0.11:8080"',
    '^"[2001:db8::11]:80"',
    but('listen = ["192.0.2.100:80"]', 'listen = ["192.0.2.100:80"]\nforward = "tunnel"'),
  );
  checkIssues([
    ["with a router that is not there", sync('router = ^"frond"'), "unknown-router"],
    ["with a director that is not there", sync('interface = { ^lb3 = "eth1" }'), "unknown-director"],
    ["with a group for one", sync('group = ^"192.0.2.9"'), "sync-group-not-multicast"],
    ["with the group of adverts", sync('group = ^"224.0.0.18"'), "sync-group-of-vrrp"],
    [
      "in another namespace, without an interface there",
      `${ELSEWHERE}^[ipvs.sync]\n`,
      "sync-without-interface",
    ],
    [
      "in another namespace, with one for one director alone",
      `${ELSEWHERE}^[ipvs.sync]\ninterface = { lb1 = "eth1" }\n`,
      "sync-without-interface",
    ],
    ["in another namespace, with an interface there", `${ELSEWHERE}[ipvs.sync]\ninterface = "eth1"\n`],
    ["with the id that hears all", sync("id = ^0"), "warning sync-id-of-everybody"],
    ["with an id that no byte holds", sync("id = ^256"), "out-of-range"],
    ["with messages too small for a backup", sync("max_length = ^1023"), "out-of-range"],
    [
      "with backups that never forward",
      `${ALL}[ipvs]\nsysctls = { backup_only = ^1 }\nsync = {}\n`,
      "backup-only-for-ever",
    ],
    [
      "with backups that forward once they are masters",
      `${ALL}[ipvs]\nsysctls = { backup_only = 1 }\nsync = { router = "front" }\n`,
    ],
    ["without services", `${DIRECTORS}${ROUTER}^[ipvs.sync]\n`, "warning sync-without-services"],
    ["with a server of another family", sync("", tunnel), "sync-with-other-family"],
  ]);
});
