/** At least one event of every kind: for the lines, the page about events, and the log. */
import type { EventKind, EventOf } from "../../src/log/event.ts";
import { ip } from "../../src/net/ip.ts";
import { macFromBytes } from "../../src/net/mac.ts";
import { micros, millis } from "../../src/net/time.ts";

type Samples = { readonly [K in EventKind]: readonly [EventOf[K], ...EventOf[K][]] };

const refusal = { call: "RTM_NEWADDR", errno: 1, code: "EPERM", text: "Operation not permitted" };
const peer = ip("192.0.2.12");
const mac = macFromBytes(Uint8Array.of(2, 0, 0, 0, 0, 0x0c));
const rs1 = { service: "web", server: "rs1" } as const;

export const SAMPLES: Samples = {
  transition: [
    {
      kind: "transition",
      router: "front",
      from: "Backup",
      to: "Master",
      cause: "master-silent",
      detail: "192.0.2.12, priority 150",
    },
    { kind: "transition", router: "front", from: "Master", to: "Fault", cause: "link-down", detail: "eth0" },
  ],
  "would-change": [
    {
      kind: "would-change",
      router: "front",
      from: "Backup",
      to: "Master",
      cause: "preempts",
      detail: "192.0.2.12 priority 90",
    },
    {
      kind: "would-change",
      router: "front",
      from: "Master",
      to: "Leaving",
      cause: "better-master",
      detail: "",
    },
  ],
  priority: [
    { kind: "priority", router: "front", from: 150, to: 120, detail: "uplink down, gateway up" },
    { kind: "priority", router: "front", from: 120, to: 1, detail: "standby" },
  ],
  "start-delayed": [{ kind: "start-delayed", router: "front", wait: millis(30_000) }],
  track: [
    { kind: "track", track: "uplink", up: false, detail: "eth2 is down" },
    { kind: "track", track: "uplink", up: true, detail: "eth2 is up" },
  ],
  "drill-refused": [{ kind: "drill-refused", router: "front", reason: "not-master" }],
  refused: [{ kind: "refused", router: "front", action: "hold", refusal }],
  stall: [{ kind: "stall", router: "front", lateness: millis(412), listening: millis(102) }],
  "silence-doubted": [
    { kind: "silence-doubted", router: "front", stoodStill: millis(412), waiting: millis(263) },
  ],
  "interval-learned": [{ kind: "interval-learned", router: "front", from: peer, interval: millis(200) }],
  "clock-skew": [
    { kind: "clock-skew", router: "front", from: peer, ahead: 4, window: millis(5_000) },
    { kind: "clock-skew", router: "front", from: peer, ahead: -3, window: millis(5_000) },
  ],
  "duplicate-owner": [{ kind: "duplicate-owner", router: "front", own: ip("192.0.2.11"), from: peer }],
  "addresses-differ": [
    { kind: "addresses-differ", router: "front", from: peer, theirs: [ip("192.0.2.101")] },
    { kind: "addresses-differ", router: "front", from: peer, theirs: [] },
  ],
  "address-lost": [{ kind: "address-lost", router: "front", address: ip("192.0.2.100"), interface: "eth0" }],
  "foreign-announcement": [
    { kind: "foreign-announcement", router: "front", address: ip("192.0.2.100"), mac },
  ],
  drop: [
    { kind: "drop", interface: "eth0", source: peer, reason: "bad-ttl", count: 12 },
    { kind: "drop", interface: "eth0", source: peer, reason: "unknown-vrid", count: 1 },
  ],
  stranger: [{ kind: "stranger", router: "front", from: peer, priority: 100 }],
  "checksum-differs": [{ kind: "checksum-differs", router: "front", from: peer, theirs: "plain" }],
  "own-address-elsewhere": [
    { kind: "own-address-elsewhere", interface: "eth0", address: ip("192.0.2.11"), mac },
  ],
  adopted: [{ kind: "adopted", added: ["front", "back"], removed: [] }],
  standby: [
    { kind: "standby", on: true },
    { kind: "standby", on: false },
  ],
  ready: [
    { kind: "ready", because: "balancer" },
    { kind: "ready", because: "deadline" },
  ],
  started: [{ kind: "started", version: "0.1.0", generation: 3 }],
  "realtime-refused": [{ kind: "realtime-refused", reason: "Operation not permitted (EPERM)" }],
  "monitor-overrun": [{ kind: "monitor-overrun" }],
  "balancer-died": [{ kind: "balancer-died", detail: "SIGKILL", restartIn: 100 }],
  "events-lost": [{ kind: "events-lost", count: 7 }],
  "stop-requested": [{ kind: "stop-requested", signal: "SIGTERM" }],
  "virtual-link-refused": [
    { kind: "virtual-link-refused", subject: "making vrrp.51 on eth0", refusal },
    {
      kind: "virtual-link-refused",
      subject: "writing 1 to /proc/sys/net/ipv4/conf/eth0/arp_ignore",
      refusal,
    },
  ],
  "leftover-removed": [{ kind: "leftover-removed", address: "192.0.2.101", interface: "eth0" }],
  configured: [
    { kind: "configured", services: 1, servers: 2, checksKept: 1, checksAdded: 1, checksRemoved: 0 },
  ],
  "server-up": [{ kind: "server-up", ...rs1, cause: "risen", latency: micros(1_250) }],
  "server-down": [
    { kind: "server-down", ...rs1, check: undefined, cause: "bad-status", detail: "503" },
    { kind: "server-down", ...rs1, check: "http :8080/healthz", cause: "timeout", detail: "" },
  ],
  "check-failed": [
    {
      kind: "check-failed",
      ...rs1,
      check: undefined,
      cause: "refused",
      detail: "ECONNREFUSED",
      failures: 1,
      fall: 3,
    },
  ],
  "check-passed": [
    { kind: "check-passed", ...rs1, check: "tcp :8080", cause: "risen", latency: micros(1_250) },
  ],
  "weight-change": [
    { kind: "weight-change", ...rs1, from: 3, to: 0, cause: "check-failed" },
    { kind: "weight-change", ...rs1, from: undefined, to: 3, cause: "check-passed" },
  ],
  "server-removed": [{ kind: "server-removed", ...rs1, cause: "idle" }],
  override: [
    { kind: "override", ...rs1, override: { kind: "weight", weight: 7, by: "anna", at: 0 }, by: "anna" },
    {
      kind: "override",
      ...rs1,
      override: { kind: "drain", connections: 2, by: "root", at: 0 },
      by: "root",
    },
    { kind: "override", ...rs1, override: undefined, by: "anna" },
  ],
  panic: [
    { kind: "panic", service: "web", news: "begins", healthy: 0, total: 3 },
    { kind: "panic", service: "web", news: "goes-on", healthy: 0, total: 3 },
    { kind: "panic", service: "web", news: "ends", healthy: 3, total: 3 },
  ],
  quorum: [
    { kind: "quorum", held: false, service: "web", of: "servers", have: 1, need: 2, sorry: true },
    { kind: "quorum", held: false, service: "web", of: "weight", have: 0, need: 7, sorry: false },
    { kind: "quorum", held: true, service: "web", of: "servers", have: 2, need: 2, sorry: true },
  ],
  "override-forgotten": [{ kind: "override-forgotten", service: "web", server: "rs9", cause: "not-in-file" }],
  "check-problem": [
    {
      kind: "check-problem",
      cause: "no-descriptor",
      detail: "EMFILE",
      target: { address: ip("10.0.0.11"), port: 8080 },
      count: 40,
    },
  ],
  "checks-ready": [
    { kind: "checks-ready", cause: "all-tried" },
    { kind: "checks-ready", cause: "deadline" },
  ],
  "file-accepted": [
    { kind: "file-accepted", file: "/etc/keelson/cluster.toml", changes: ["add server web/rs2"] },
    { kind: "file-accepted", file: "/etc/keelson/cluster.toml", changes: [] },
  ],
  "file-refused": [
    {
      kind: "file-refused",
      file: "/etc/keelson/cluster.toml",
      issues: ["cluster.toml:12:1: unknown key wieght, did you mean weight?"],
    },
  ],
  "accepted-file-used": [
    {
      kind: "accepted-file-used",
      file: "/var/lib/keelson/accepted.toml",
      reason: "/etc/keelson/cluster.toml has 1 error",
    },
  ],
  "table-changed": [{ kind: "table-changed", changes: ["tcp 192.0.2.100:80: add 10.0.0.11:8080 weight 3"] }],
  "table-adopted": [{ kind: "table-adopted", entries: ["tcp 192.0.2.100:80"] }],
  "table-strangers": [
    {
      kind: "table-strangers",
      strangers: Array.from({ length: 30 }, (_, one) => `tcp 192.0.2.200:${one + 1}`),
    },
    { kind: "table-strangers", strangers: [] },
  ],
  "table-would-change": [
    { kind: "table-would-change", changes: ["add tcp 192.0.2.100:80 (wlc)"] },
    { kind: "table-would-change", changes: [] },
  ],
  "sync-changed": [
    {
      kind: "sync-changed",
      changes: [
        "start sync master on eth1 (id 51, 224.0.0.81 port 8848)",
        "stop sync backup on eth1 (id 51, 224.0.0.81 port 8848)",
      ],
      cause: "role",
    },
    {
      kind: "sync-changed",
      changes: ["start sync master on eth1 (id 51, 224.0.0.81 port 8848)"],
      cause: "drift",
    },
  ],
  "sync-strangers": [
    { kind: "sync-strangers", daemons: ["sync master on eth1 (id 9, 224.0.0.81 port 8848)"] },
    { kind: "sync-strangers", daemons: [] },
  ],
  "namespace-renewed": [{ kind: "namespace-renewed", namespace: "/run/netns/lb" }],
  "sysctl-changed": [{ kind: "sysctl-changed", name: "net.ipv4.vs.conntrack", from: "0", to: "1" }],
  "sysctl-missing": [{ kind: "sysctl-missing", name: "net.ipv4.vs.conntrack" }],
  "sysctl-refused": [{ kind: "sysctl-refused", what: "net.ipv4.vs.conntrack", refusal }],
  "table-drift": [{ kind: "table-drift", changes: ["tcp 192.0.2.100:80: weight 0 → 3 of 10.0.0.11:8080"] }],
  "firewall-gone": [{ kind: "firewall-gone" }],
  "marks-changed": [{ kind: "marks-changed", changes: ["tcp 192.0.2.100:80 → mark 5 added"] }],
  "marks-drift": [{ kind: "marks-drift", changes: ["tcp 192.0.2.100:80 → mark 5 added"] }],
  "static-changed": [
    {
      kind: "static-changed",
      changes: ["rule fwmark 1 table 100 priority 5 removed", "address 10.9.0.1/24 dev eth1 added"],
    },
  ],
  "static-drift": [{ kind: "static-drift", changes: ["address 10.9.0.1/24 dev eth1"] }],
  "static-refused": [
    {
      kind: "static-refused",
      what: "address 10.9.0.1/24 dev eth1",
      refusal: { call: "RTM_NEWADDR", errno: 19, code: "ENODEV", text: "the interface does not exist" },
    },
    {
      kind: "static-refused",
      what: "route 198.51.100.0/24 via 192.0.2.1 table 254 scope global",
      refusal: { call: "RTM_NEWROUTE", errno: 17, code: "EEXIST", text: "exists already" },
    },
  ],
  "table-refused": [
    {
      kind: "table-refused",
      what: "add service tcp 192.0.2.100:80",
      refusal: { call: "IPVS_CMD_NEW_SERVICE", errno: 2, code: "ENOENT", text: "No such file or directory" },
    },
  ],
  notified: [
    { kind: "notified", notifier: "pager", router: "front", state: "Master", failures: 0 },
    { kind: "notified", notifier: "hook", router: "front", state: "Backup", failures: 3 },
    { kind: "notified", notifier: "pager", service: "web", server: "rs1", state: "down", failures: 0 },
    { kind: "notified", notifier: "pager", service: "web", state: "quorum-lost", failures: 0 },
    { kind: "notified", notifier: "pager", service: "web", state: "panic", failures: 0 },
    { kind: "notified", notifier: "pager", service: "web", state: "panic-over", failures: 0 },
  ],
  "notify-failed": [
    {
      kind: "notify-failed",
      notifier: "pager",
      router: "front",
      state: "Master",
      reason: "exit-status",
      detail: "exit status 3",
      output: "page: no such team",
      retryIn: undefined,
    },
    {
      kind: "notify-failed",
      notifier: "hook",
      router: "front",
      state: "Fault",
      reason: "bad-status",
      detail: "status 503",
      output: "",
      retryIn: millis(2_000),
    },
  ],
  "notify-left": [{ kind: "notify-left", notifier: "pager", count: 36_900 }],
  "recording-stopped": [
    { kind: "recording-stopped", file: "/tmp/front.jsonl", reason: "it would have more than 256 MiB" },
  ],
  "log-lines-lost": [{ kind: "log-lines-lost", count: 90 }],
};
