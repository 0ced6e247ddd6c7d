import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rateText, tableText } from "../../src/control/ipvs-text.ts";
import { daemonViews, tableView } from "../../src/control/ipvs-view.ts";
import { statusShape } from "../../src/control/shapes.ts";
import { plainDestination } from "../../src/ipvs/kernel-table.ts";
import { plainService } from "../../src/ipvs/service.ts";
import { memberId, serviceId } from "../../src/ipvs/settings.ts";
import type { RunningDaemon, SyncRole } from "../../src/ipvs/sync-daemon.ts";
import { ip } from "../../src/net/ip.ts";
import { listingOf } from "../ipvs/arbitraries.ts";
import { STATUS } from "./target.ts";

const KERNEL = {
  info: { version: "1.2.1", connectionTableSize: 4_096 },
  timeouts: { tcp: 900, tcp_fin: 120, udp: 300 },
  daemons: daemonViews(
    [running("master", 51), running("backup", 9)],
    [{ ...running("master", 51), interfaceIndex: 2 }],
  ),
};

function running(role: SyncRole, id: number): RunningDaemon {
  const place = {
    interface: "eth1",
    group: ip("224.0.0.81"),
    port: 8_848,
    ttl: 1,
    maxLength: 1_472,
  } as const;
  return { role, id, ...place };
}

const WEB = { protocol: "tcp", address: ip("192.0.2.100"), port: 80 } as const;
const [RS1, STRANGER] = ["10.0.0.11", "10.0.0.99"].map((text) => ({ address: ip(text), port: 8_080 }));
assert(RS1 !== undefined && STRANGER !== undefined);

const web = listingOf(
  { ...plainService({ ...WEB, kind: "address", protocol: 6 }, "wrr"), flags: 1, timeoutSeconds: 60 },
  [
    { ...plainDestination(RS1), weight: 3 },
    { ...plainDestination(STRANGER), method: 3, weight: 1 },
  ],
);
const mark = listingOf(plainService({ kind: "mark", family: 4, mark: 7 }, "rr"), []);
const busy = {
  service: {
    ...web.service,
    statistics: { ...web.service.statistics, connections: 12, inBytesPerSecond: 1_234 },
  },
  destinations: web.destinations.map((one) => ({ ...one, activeConnections: 2, inactiveConnections: 5 })),
};
const { services } = statusShape.parse(JSON.parse(JSON.stringify(STATUS)));

describe("the kernel's table for people", () => {
  it("names services and servers, why they have their weights, and strangers", () => {
    assert.deepEqual(
      tableText(KERNEL, tableView([mark, busy], { made: new Set(), services }), undefined).split("\n"),
      [
        "IPVS 1.2.1, 4096 buckets for connections",
        "connections without packets are forgotten after: tcp 900s, tcp_fin 120s, udp 300s",
        "sync master on eth1 (id 51, 224.0.0.81 port 8848)",
        "sync backup on eth1 (id 9, 224.0.0.81 port 8848) (STRANGER: not made by Keelson)",
        "",
        "firewall mark 7 (IPv4), rr (STRANGER: not made by Keelson): 0 connections, 0 a second, 0B/s in, 0B/s out",
        "no servers",
        "",
        "tcp 192.0.2.100:80, wrr, persistent for 60s (service web): 12 connections, 0 a second, 1.2kB/s in, 0B/s out",
        "server          name  forward  weight  active  inactive  conns  conns/s  in/s  out/s  why",
        "10.0.0.11:8080  rs1   nat      3       2       5         0      0        0B    0B     check-passed",
        "10.0.0.99:8080  –     direct   1       2       5         0      0        0B    0B     STRANGER: not made by Keelson",
      ],
    );
  });

  it("says which network namespace the table is of, when it is another one", () => {
    const lines = tableText({ ...KERNEL, namespace: "/run/netns/lb" }, [], undefined).split("\n");
    assert.equal(lines[1], "of the network namespace /run/netns/lb");
  });

  it("finds servers without a port of their own, in services of marks too", () => {
    const [report] = services;
    const [first] = report?.servers ?? [];
    assert(report !== undefined && first !== undefined);
    const listen = [...report.listen, { mark: 7, family: 4 }];
    const servers = [{ ...first, endpoint: { address: RS1.address, port: 0 } }];
    const at = (port: number) => [plainDestination({ address: RS1.address, port })];
    const listings = [
      listingOf(web.service.record, at(80)),
      listingOf(mark.service.record, at(0)),
      listingOf(web.service.record, at(81)),
    ];
    const views = tableView(listings, { made: new Set(), services: [{ ...report, listen, servers }] });
    assert.deepEqual(
      views.map((view) => [view.name, view.servers[0]?.name]),
      [
        ["web", "rs1"],
        ["web", "rs1"],
        ["web", undefined],
      ],
    );
  });

  it("knows from the journal what is ours while the balancer is away", () => {
    const made = new Set([serviceId(WEB), memberId(WEB, RS1)]);
    const [service] = tableView([web], { made, services: [] });
    assert.deepEqual([service?.ours, service?.name], [true, undefined]);
    assert.deepEqual(
      service?.servers.map(({ ours, cause }) => [ours, cause]),
      [
        [true, undefined],
        [false, undefined],
      ],
    );
    const text = tableText(KERNEL, [], "no daemon");
    assert.match(text, /^The balancer is away \(no daemon\): .+ from the journal/m);
    assert.match(text, /^The table is empty\.$/m);
  });

  for (const [bytes, text] of [
    [0, "0B"],
    [999, "999B"],
    [1_000, "1.0kB"],
    [117_600, "118kB"],
    [2_500_000_000, "2.5GB"],
    [9e18, "9000000TB"],
  ] as const) {
    it(`${bytes} bytes a second are ${text}`, () => assert.equal(rateText(bytes), text));
  }
});
