import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Change, describeChange, planChange } from "../../src/config/change.ts";
import { settingsFor } from "../../src/config/settings.ts";
import { ALL, but, clusterOf, DIRECTORS, ROUTER } from "./support.ts";

function plan(before: string, after: string): readonly Change[] {
  return planChange(settingsFor(clusterOf(before), "lb1"), settingsFor(clusterOf(after), "lb1"));
}

const SCRIPT = but(
  "[services.web]\n",
  '[services.web]\ncheck = { type = "script", command = ["/bin/true"] }\n',
);
const HTTP = but("[services.web]\n", '[services.web]\ncheck = { type = "http", path = "/a" }\n');
const SECOND = '[services.web.servers.rs2]\naddress = "10.0.0.12:80"\n';
const FILE_TRACK = `${but("vrid", 'track = [{ name = "strain", weight = 1 }]\nvrid')}
[tracks.strain]
type = "file"
path = "/run/a"
up_when = "zero"
`;
const GATEWAY_TRACK = `${ALL}
[tracks.out]
type = "gateway"
targets = ["198.51.100.1"]
rise = 1
`;
const PROCESS_TRACK = `${ALL}
[tracks.proxy]
type = "process"
process = "haproxy"
parameters = ["-D"]
max = 2
`;
const QUORUM_TRACK = `${but("vrid", 'track = ["enough"]\nvrid')}${SECOND}
[tracks.enough]
type = "quorum"
service = "web"
healthy = "100%"
`;
const OTHER = `${ALL}[routers.back]
vrid = 52
priority = { lb1 = 100, lb2 = 150 }
addresses = ["192.0.2.101"]
[services.api]
listen = ["192.0.2.101:80", "192.0.2.101:81"]
servers.a.address = "10.0.0.21:80"
`;
const STATIC = `${ALL}
[static]
rules = [{ fwmark = 1, table = 100, priority = 5 }]
[directors.lb1.static]
addresses = [{ address = "10.9.0.1/24", label = "a" }]
routes = [{ destination = "10.8.0.0/16", via = "10.9.0.9" }]
`;

const MARKED = (match: string) => but('["192.0.2.100:80"]', `[{ mark = 5, family = 4, match = ${match} }]`);

describe("the plan says in one line each", () => {
  const cases: [string, string, string, string[]][] = [
    ["nothing for a comment", ALL, `# hello\n${ALL}`, []],
    ["nothing for another spelling", ALL, but('"100ms"', '"0.1s"'), []],
    ["nothing for another director's values", ALL, but("lb2 = 100", "lb2 = 90"), []],
    [
      "packets that get a mark, and others that get it no more",
      MARKED('{ tcp = ["192.0.2.100:80,443"] }'),
      MARKED('{ tcp = ["192.0.2.100:80"], udp = ["192.0.2.100-101:1-9"] }'),
      [
        "marked packets tcp 192.0.2.100:443 → mark 5 removed",
        "marked packets udp 192.0.2.100-192.0.2.101:1-9 → mark 5 added",
      ],
    ],
    ["a priority", ALL, but("150", "120"), ["router front: priority 150 → 120"]],
    [
      "a VRID and an interval",
      ALL,
      but('51\ninterval = "100ms"', '53\ninterval = "1s"\ndown_timer_adverts = 5'),
      [
        "router front: vrid 51 → 53",
        "router front: interval 100ms → 1s",
        "router front: down_timer_adverts 3 → 5",
      ],
    ],
    [
      "a mode, on the director that has it",
      ALL,
      but("vrid", 'mode = { lb1 = "observe" }\nvrid'),
      ["router front: mode active → observe"],
    ],
    ["nothing for another director's mode", ALL, but("vrid", 'mode = { lb2 = "observe" }\nvrid'), []],
    ["preemption", ALL, but("vrid", "preempt = false\nvrid"), ["router front: preempt true → false"]],
    [
      "routes and rules",
      ALL,
      but(
        "vrid",
        'routes = [{ destination = "default", via = "192.0.2.1" }, { destination = "10.9.0.0/16", type = "blackhole" }]\n' +
          'rules = [{ from = "192.0.2.100", table = 100, priority = 5 }]\nvrid',
      ),
      [
        "router front: routes none → default via 192.0.2.1 table 254 scope global, blackhole 10.9.0.0/16 table 254 scope global",
        "router front: rules none → from 192.0.2.100/32 table 100 priority 5",
      ],
    ],
    [
      "what is static, another one whatever of it is changed",
      STATIC,
      STATIC.replace('label = "a"', 'scope = "link", prefix_route = false').replace(
        "fwmark = 1",
        "family = 6, fwmark = 1",
      ),
      [
        "static address 10.9.0.1/24 dev eth0 label a removed",
        "static rule fwmark 1 table 100 priority 5 removed",
        "static address 10.9.0.1/24 dev eth0 scope link noprefixroute added",
        "static rule family 6 fwmark 1 table 100 priority 5 added",
      ],
    ],
    [
      "nothing of what is static on another director",
      ALL,
      `${ALL}[directors.lb2.static]\naddresses = ["10.9.0.1/24"]\n`,
      [],
    ],
    [
      "announcements, said for all or for one",
      ALL,
      `${ALL}[announce]\nburst = []\nrepeat = 3\n[routers.front.announce]\nrepeat = 2\npace = "1ms"\n`,
      [
        "router front: announce.burst 100ms, 1.1s, 5s → at once only",
        "router front: announce.repeat 1 → 2",
        "router front: announce.pace 0us → 1ms",
      ],
    ],
    [
      "an interface, also of the addresses that go along",
      ALL,
      but('interface = "eth0"', 'interface = "eth5"'),
      ["router front: interface eth0 → eth5", "router front: address 192.0.2.100: interface eth0 → eth5"],
    ],
    [
      "addresses",
      ALL,
      but('"192.0.2.100", {', '"192.0.2.100/24", "192.0.2.9", {').replace(', interface = "eth1"', ""),
      [
        "router front: address 192.0.2.100: prefix /32 → /24",
        "router front: address 192.0.2.9 added (/32 on eth0)",
        "router front: address 10.0.0.1: interface eth1 → eth0",
      ],
    ],
    [
      "what is written beside an address",
      ALL,
      but(
        '{ address = "10.0.0.1/24"',
        '{ address = "10.0.0.1/24", label = "in", scope = "link", broadcast = true',
      ),
      [
        "router front: address 10.0.0.1: label none → in",
        "router front: address 10.0.0.1: scope global → link",
        "router front: address 10.0.0.1: broadcast none → 10.0.0.255",
      ],
    ],
    [
      "routers and services that come",
      ALL,
      OTHER,
      [
        "router back added (VRID 52 on eth0, priority 100, 1 address)",
        "service api added (tcp 192.0.2.101:80, 192.0.2.101:81, 1 server)",
      ],
    ],
    [
      "and go",
      OTHER,
      ALL,
      [
        "router back removed (VRID 52 on eth0, priority 100, 1 address)",
        "service api removed (tcp 192.0.2.101:80, 192.0.2.101:81, 1 server)",
      ],
    ],
    [
      "servers",
      ALL + SECOND,
      but('"10.0.0.11:8080"', '"10.0.0.11:81"\nweight = 3') + SECOND.replace("rs2", "rs3"),
      [
        "service web: server rs2 removed (10.0.0.12:80, nat, weight 1)",
        "service web: server rs1: address 10.0.0.11:8080 → 10.0.0.11:81",
        "service web: server rs1: weight 1 → 3",
        "service web: server rs3 added (10.0.0.12:80, nat, weight 1)",
      ],
    ],
    [
      "what is tracked",
      FILE_TRACK,
      FILE_TRACK.replace('path = "/run/a"', 'path = "/run/b"\ndown_delay = "1s"').replace(
        "weight = 1",
        "weight = 2",
      ),
      [
        "router front: track strain (1) → strain (2)",
        "track strain: path /run/a → /run/b",
        "track strain: down_delay 0us → 1s",
      ],
    ],
    [
      "who is asked, and where",
      GATEWAY_TRACK,
      GATEWAY_TRACK.replace("198.51.100.1", "198.51.100.2").replace("rise = 1", 'interface = "eth1"'),
      [
        "track out: targets 198.51.100.1 → 198.51.100.2",
        "track out: interface eth0 → eth1",
        "track out: rise 1 → 2",
      ],
    ],
    [
      "which processes",
      PROCESS_TRACK,
      PROCESS_TRACK.replace('"-D"', '"-W"').replace("max = 2", 'up_delay = "1s"'),
      [
        'track proxy: parameters ["-D"] → ["-W"]',
        "track proxy: max 2 → none",
        "track proxy: up_delay 0us → 1s",
      ],
    ],
    [
      "how many servers have to be healthy, as a weight unless it is a fault",
      QUORUM_TRACK,
      QUORUM_TRACK.replace("100%", "50%").replace('"enough"', '{ name = "enough", weight = "fault" }'),
      ["router front: track enough (-51) → enough (fault)", "track enough: healthy 2 → 1"],
    ],
    [
      "that it is tracked",
      ALL,
      FILE_TRACK,
      ["router front: track nothing → strain (1)", "track strain added (file /run/a)"],
    ],
    [
      "a service's settings",
      ALL,
      but("[services.web]", '[services.web]\nscheduler = "rr"\non_failure = "drain"\nremove_after = "5s"'),
      [
        "service web: scheduler wlc → rr",
        "service web: on_failure remove → drain",
        "service web: remove_after 60s → 5s",
      ],
    ],
    [
      "how connections are spread",
      ALL,
      but(
        "[services.web]",
        '[services.web]\nscheduler_flags = ["flag-1"]\npersistence = { timeout = "1m", prefix = 24 }',
      ),
      [
        "service web: scheduler_flags none → flag-1",
        "service web: persistence none → 60s",
        "service web: persistence.prefix none → 24",
      ],
    ],
    [
      "how they are sent on",
      but('"10.0.0.11:8080"', '"10.0.0.11"'),
      but(
        '"10.0.0.11:8080"',
        '"10.0.0.11"\nupper_threshold = 9\nforward = "tunnel"\ntunnel = { type = "gue", port = 6080, checksum = "full" }',
      ),
      [
        "service web: server rs1: forward nat → tunnel (gue port 6080 checksum full)",
        "service web: server rs1: upper_threshold none → 9",
      ],
    ],
    [
      "listen addresses",
      ALL,
      but('["192.0.2.100:80"]', '["192.0.2.100:443"]'),
      ["service web: listen 192.0.2.100:80 removed", "service web: listen 192.0.2.100:443 added"],
    ],
    [
      "marks, and a server that gives its port up",
      ALL,
      but('["192.0.2.100:80"]', '["192.0.2.100:80", { mark = 5, family = 4 }]', but(":8080", "")),
      [
        "service web: listen mark 5 (IPv4) added",
        "service web: server rs1: address 10.0.0.11:8080 → 10.0.0.11",
      ],
    ],
    [
      "another check beside the first, which changes, too",
      HTTP,
      HTTP.replace(
        'check = { type = "http", path = "/a" }',
        `check = [
  { type = "http", path = "/b" },
  { type = "tcp" },
]`,
      ),
      ["service web: check.type http → http, tcp", "service web: check.path /a → /b"],
    ],
    [
      "the second of two checks",
      HTTP.replace("check = { ", 'check = [{ type = "tcp" }, { ').replace('"/a" }', '"/a" }]'),
      HTTP.replace("check = { ", 'check = [{ type = "tcp" }, { ').replace('"/a" }', '"/b" }]'),
      ["service web: check.2.path /a → /b"],
    ],
    [
      "a server with a check of its own",
      ALL,
      but('address = "10.0.0.11:8080"', 'address = "10.0.0.11:8080"\ncheck = { type = "tcp", port = 81 }'),
      [
        "service web: server rs1: check the service's → tcp (interval 2s, timeout 1s, rise 2, fall 3, port 81)",
      ],
    ],
    ["a check of another type", ALL, HTTP, ["service web: check.type tcp → http"]],
    [
      "a check's settings",
      HTTP,
      HTTP.replace('"/a"', '"/b", status = [204, "300-399"], host = "h", interval = "1s", port = 81'),
      [
        "service web: check.interval 2s → 1s",
        "service web: check.port the server's own → 81",
        "service web: check.path /a → /b",
        "service web: check.host the server's own → h",
        "service web: check.status 200-299 → 204, 300-399",
      ],
    ],
    [
      "a script's settings",
      SCRIPT,
      SCRIPT.replace('"/bin/true"]', '"/bin/true", "-v"], dynamic_weight = true, user = "www"'),
      [
        "service web: check.command /bin/true → /bin/true -v",
        "service web: check.user the default → www",
        "service web: check.dynamic_weight false → true",
      ],
    ],
    [
      "where a weight is read",
      HTTP,
      HTTP.replace('path = "/a"', 'path = "/a", weight_header = "X-Weight"'),
      ["service web: check.weight_header none → X-Weight"],
    ],
    [
      "the end of all checks",
      ALL,
      but("[services.web]", '[services.web]\ncheck.type = "none"'),
      ["service web: check.type tcp → none"],
    ],
    ["the time for a stop", ALL, `${ALL}[stop]\ntimeout = "5s"`, ["cluster: stop.timeout 10s → 5s"]],
    ["the cluster's name", ALL, but("shop", "store"), ["cluster: name shop → store"]],
  ];
  for (const [name, before, after, expected] of cases) {
    it(name, () => assert.deepEqual(plan(before, after).map(describeChange), expected));
  }

  it("that all is new, the first time", () => {
    const changes = planChange(undefined, settingsFor(clusterOf(ALL), "lb1"));
    assert.deepEqual(changes.map(describeChange), [
      "router front added (VRID 51 on eth0, priority 150, 2 addresses)",
      "service web added (tcp 192.0.2.100:80, 1 server)",
    ]);
  });

  it("nothing for a director that does nothing", () => {
    const empty = settingsFor(clusterOf(DIRECTORS), "lb1");
    assert.deepEqual(planChange(undefined, empty), []);
    assert.equal(planChange(empty, settingsFor(clusterOf(DIRECTORS + ROUTER), "lb1")).length, 1);
  });
});
