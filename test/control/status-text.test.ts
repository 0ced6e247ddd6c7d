import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type StatusReport, statusShape } from "../../src/control/shapes.ts";
import { statusText } from "../../src/control/status-text.ts";
import { columns, formatAge } from "../../src/control/table.ts";
import { STATUS } from "./target.ts";

function report(): StatusReport {
  return statusShape.parse(JSON.parse(JSON.stringify(STATUS)));
}

describe("the status for people", () => {
  it("has routers, services and servers in columns", () => {
    assert.equal(
      statusText(report()),
      [
        "lb1: keelson 0.1.0, /etc/keelson/cluster.toml",
        "",
        "router  state               since  why            priority  master          addresses",
        "front   Master              3m12s  master-silent  150       here            192.0.2.100, 10.0.0.1 on eth1 (MISSING)",
        "back    Backup (held back)  2h05m  drill          100       10.0.0.12 (90)  10.0.0.2",
        "datagrams ignored: bad-ttl 3, unknown-vrid 1",
        "no real-time scheduling: Operation not permitted (EPERM)",
        "",
        "track   state       since  why",
        "uplink  up          3m12s  eth2 is up",
        "strain  down (-20)  1m01s  /run/strain holds -20",
        "probe   unknown     3s     nobody has looked yet",
        "",
        "static: 1 of 2 in place",
        "  route default via 10.9.0.9 table 100: exists already (EEXIST)",
        "",
        "service web: tcp 192.0.2.100:80, [2001:db8::100]:80, wrr",
        "server  address         state    since  weight  why              last check",
        "rs1     10.0.0.11:8080  up       3m10s  3       check-passed     passed in 1.25ms, 2s ago",
        "rs2     10.0.0.12:8080  down     42s    –       idle             bad-status (503 \\x1b[31mBusy), 1s ago",
        "rs3     10.0.0.13:8080  unknown  0s     –       not-yet-checked  –",
      ].join("\n"),
    );
  });

  it("says what operators have said of servers, and when", () => {
    const { services, ...rest } = report();
    const [web] = services;
    const [rs1, rs2, rs3] = web?.servers ?? [];
    assert.ok(web !== undefined && rs1 !== undefined && rs2 !== undefined && rs3 !== undefined);
    const said = { by: "anna", at: rest.at - 60_000 };
    const servers = [
      { ...rs1, weight: 7, cause: "override", override: { kind: "weight", weight: 7, ...said } as const },
      { ...rs2, override: { kind: "drain", connections: 2, ...said } as const },
      {
        ...rs3,
        override: { kind: "drain", connections: 0, deadline: rest.now + 90_000_000, ...said } as const,
      },
    ];
    const lines = statusText({ ...rest, services: [{ ...web, servers }] }).split("\n");
    assert.deepEqual(lines.slice(-3), [
      "override: rs1 has weight 7 (anna, 1m00s ago)",
      "override: rs2 drains until 2 active connections are left (anna, 1m00s ago)",
      "override: rs3 drains until 0 active connections are left, in 1m30s at the latest (anna, 1m00s ago)",
    ]);
  });

  it("says whether a service has its quorum, and who stands in", () => {
    const { services, ...rest } = report();
    const [web] = services;
    const [rs1] = web?.servers ?? [];
    assert.ok(web !== undefined && rs1 !== undefined);
    const sorry = { ...rs1, name: "(sorry)", weight: 1, cause: "sorry-serves" };
    const linesWith = (held: boolean | undefined) => {
      const quorum = { of: "servers", have: 1, need: 2, held };
      return statusText({ ...rest, services: [{ ...web, sorry, quorum }] })
        .split("\n")
        .slice(-2);
    };
    const [row, lost] = linesWith(false);
    assert.match(row ?? "", /^\(sorry\) .* 1 +sorry-serves/);
    assert.equal(lost, "quorum: LOST, 1 of 2 servers");
    assert.equal(linesWith(true)[1], "quorum: held, 1 of 2 servers");
    assert.equal(linesWith(undefined)[1], "quorum: nobody knows yet, 1 of 2 servers");
  });

  it("says what else there is to say of the kernel's table, and nothing when there is nothing", () => {
    const table = {
      mode: "active",
      onStop: "keep",
      writes: 3,
      refused: [],
      pending: [],
      strangers: [],
      sysctls: {},
      timeouts: {},
    };
    assert.equal(statusText({ ...report(), table }), statusText(report()));
    const busy = {
      ...table,
      namespace: "/run/netns/lb",
      mode: "observe",
      pending: ["add tcp 192.0.2.100:80 (wlc)"],
      refused: ['add tcp 192.0.2.100:81 (wlx): this kernel has no scheduler "wlx" (module ip_vs_wlx)'],
      strangers: ["tcp 192.0.2.200:80"],
      sysctls: { conntrack: "1" },
      timeouts: { udp: "31" },
      sync: {
        daemons: ["sync backup on eth1 (id 51, 224.0.0.81 port 8848)"],
        strangers: ["sync master on eth1 (id 9, 224.0.0.81 port 8848)"],
        refused: ["start sync master on eth9 (id 51, 224.0.0.81 port 8848): no such device"],
        pending: [],
      },
    };
    assert.deepEqual(
      statusText({ ...report(), table: busy })
        .split("\n")
        .slice(-11),
      [
        "",
        "IPVS of the network namespace /run/netns/lb",
        "IPVS is only observed: nothing of the above is written",
        "  would add tcp 192.0.2.100:80 (wlc)",
        "IPVS is NOT as the file says, and it is tried again:",
        '  refused: add tcp 192.0.2.100:81 (wlx): this kernel has no scheduler "wlx" (module ip_vs_wlx)',
        "somebody else's, and left alone: tcp 192.0.2.200:80",
        "net.ipv4.vs.conntrack = 1, IPVS timeout udp = 31s",
        "sync backup on eth1 (id 51, 224.0.0.81 port 8848)",
        "  refused: start sync master on eth9 (id 51, 224.0.0.81 port 8848): no such device",
        "  somebody else's, and left alone: sync master on eth1 (id 9, 224.0.0.81 port 8848)",
      ],
    );
  });

  it("shows which packets get marks, and why they do not", () => {
    const rules = Array.from({ length: 22 }, (_, index) => `tcp 192.0.2.100:${index + 1} → mark 5`);
    const linesOf = (problem: { readonly problem?: string }) =>
      statusText({ ...report(), marks: { rules, writes: 1, ...problem } }).split("\n");
    const lines = linesOf({});
    const head = lines.indexOf("marks, set by nftables: in place");
    assert.equal(lines[head + 1], "  tcp 192.0.2.100:1 → mark 5");
    assert.deepEqual(lines.slice(head + 20, head + 22), ["  tcp 192.0.2.100:20 → mark 5", "  and 2 more"]);
    assert.ok(
      linesOf({ problem: "no (EPERM)" }).includes("marks, set by nftables: NOT in place: no (EPERM)"),
    );
  });

  it("says that the elector has not reported yet", () => {
    const { elector: _, ...rest } = report();
    assert.match(
      statusText({ ...rest, services: [], statics: [] }),
      /\n\nThe elector has not reported yet\.$/,
    );
  });

  it("says what shifted a priority, and what a preemption waits for", () => {
    const { elector, ...rest } = report();
    assert.ok(elector);
    const textOf = (why: string) => {
      const holdDown = { until: elector.now + 20_000_000, why };
      const routers = elector.routers.map((router) => {
        return { ...router, heldBack: false, basePriority: 120, holdDown };
      });
      return statusText({ ...rest, elector: { ...elector, routers } });
    };
    assert.match(textOf("damping"), /Backup \(lost its place too often: 20s more\) .* 100 \(of 120\)/);
    assert.match(textOf("delay"), /Backup \(preempts later: 20s more\)/);
  });

  it("says that a director is on standby", () => {
    const { elector, ...rest } = report();
    assert.ok(elector);
    const routers = elector.routers.map((router) => ({ ...router, priority: 1, standby: true }));
    const text = statusText({ ...rest, elector: { ...elector, routers } });
    assert.match(text, /^front {3}Master \(standby\) .* 1 \(of 150\)/m);
    assert.match(text, /^back {4}Backup \(standby\)/m);
  });

  it("says of a router that only observes what it would be", () => {
    const { elector, ...rest } = report();
    assert.ok(elector);
    const routers = elector.routers.map((router) => ({ ...router, mode: "observe", held: [] }));
    const text = statusText({ ...rest, elector: { ...elector, routers } });
    assert.match(
      text,
      /front {3}observing \(would be Master\) .* 150 +– +192\.0\.2\.100, 10\.0\.0\.1 on eth1$/m,
    );
    assert.doesNotMatch(text, /MISSING|here/);
  });

  it("names an address that is still here on a backup", () => {
    const { elector, ...rest } = report();
    assert.ok(elector);
    const routers = elector.routers.map((router) => ({ ...router, state: "Leaving" }));
    assert.match(statusText({ ...rest, elector: { ...elector, routers } }), /192\.0\.2\.100 \(still here\)/);
  });
});

describe("a length of time", () => {
  const cases: [number, string][] = [
    [-5, "0s"],
    [0, "0s"],
    [59.9, "59s"],
    [60, "1m00s"],
    [3_599, "59m59s"],
    [3_600, "1h00m"],
    [86_399, "23h59m"],
    [86_400, "1d00h"],
    [100 * 86_400 + 3_600, "100d01h"],
  ];
  for (const [seconds, text] of cases) {
    it(`of ${seconds} s reads ${text}`, () => assert.equal(formatAge(seconds * 1_000_000), text));
  }
});

it("columns are as wide as their widest cell, without trailing space", () => {
  assert.equal(columns([["a", "bb"], ["ccc", ""], ["d"]]), "a    bb\nccc\nd");
});
