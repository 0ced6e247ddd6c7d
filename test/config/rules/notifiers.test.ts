import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeChange, planChange } from "../../../src/config/change.ts";
import { loadCluster } from "../../../src/config/load.ts";
import { renderIssues } from "../../../src/config/render.ts";
import { settingsFor } from "../../../src/config/settings.ts";
import { settingsText } from "../../../src/control/settings-text.ts";
import { seconds } from "../../../src/net/time.ts";
import { checkIssues, clusterOf, DIRECTORS, ROUTER } from "../support.ts";

const PAIR = DIRECTORS + ROUTER;
const PAGER = '[notify.pager]\ntype = "script"\ncommand = ["/bin/page", "--team", "net"]\n';
const WEB =
  '[services.web]\nlisten = ["192.0.2.100:80"]\nquorum = 1\n[services.web.servers.rs1]\naddress = "10.0.0.11:80"\n';
const QUEUE = '[notify.queue]\ntype = "fifo"\npath = "/run/keelson/events.fifo"\n';
const HOOK = '[notify.hook]\ntype = "webhook"\nurl = "http://192.0.2.50:8080/keelson"\n';
const SECRET = '[notify.hook]\ntype = "webhook"\nurl = "https://me:p%40ss@hooks.example/a?b=c"\n';

describe("notifiers", () => {
  checkIssues([
    ["of all types", PAIR + PAGER + QUEUE + HOOK],
    [
      "for servers and services",
      `${PAIR}${WEB}${PAGER}services = ["web"]\nstates = ["down", "quorum-lost"]\n`,
    ],
    ["of servers of all services", `${PAIR}${WEB}${PAGER}states = ["up", "down"]\nstart_and_stop = true\n`],
    [
      "for services that are not there",
      `${PAIR}${WEB}${PAGER}services = ["web", ^"wep"]\nstates = ["down"]\n`,
      "unknown-service",
    ],
    ["for services, without states of theirs", `${PAIR}${WEB}${PAGER}services = ^["web"]\n`, "names-untold"],
    [
      "for routers, without states of theirs",
      `${PAIR}${WEB}${PAGER}routers = ^["front"]\nstates = ["down"]\n`,
      "names-untold",
    ],
    [
      "of start and stop, without states of services",
      `${PAIR}${PAGER}start_and_stop = ^true\n`,
      "names-untold",
    ],
    [
      "of a quorum that no service has",
      `${PAIR}${WEB.replace("quorum = 1\n", "")}${PAGER}states = ["down", ^"quorum-lost"]\n`,
      "warning state-never-told",
    ],
    [
      "of a panic that no service has",
      `${PAIR}${WEB}${PAGER}states = [^"panic"]\n`,
      "warning state-never-told",
    ],
    [
      "in a service, as in keepalived",
      `${PAIR}${WEB.replace("quorum = 1", '^quorum_up = "/bin/page"')}`,
      "unknown-key",
    ],
    ["for routers that are there", `${PAIR}${PAGER}routers = ["front"]\n`],
    ["for routers that are not", `${PAIR}${PAGER}routers = ["front", ^"fronk"]\n`, "unknown-router"],
    ["for no routers", `${PAIR}${PAGER}routers = ^[]\n`, "too-few"],
    ["for states", `${PAIR}${QUEUE}states = ["Leaving", "Initialize", "Master"]\n`],
    ["for states that are none", `${PAIR}${QUEUE}states = [^"master"]\n`, "unknown-value"],
    ["without a program", `${PAIR}^[notify.pager]\ntype = "script"\n`, "missing-key"],
    ["with an empty command", `${PAIR}[notify.pager]\ntype = "script"\ncommand = ^[]\n`, "too-few"],
    ["with a line for a shell", `${PAIR}[notify.pager]\ntype = "script"\ncommand = ^"page"\n`, "wrong-type"],
    [
      "with a program to search for",
      `${PAIR}[notify.pager]\ntype = "script"\ncommand = [^"page", "x"]\n`,
      "bad-path",
    ],
    ["with an argument that is none", `${PAIR}${PAGER.replace('"net"', '^"a\\u0000b"')}`, "bad-argument"],
    ["with a user and a group", `${PAIR}${PAGER}user = "nobody"\ngroup = "nogroup"\n`],
    ["with a user that is a number of words", `${PAIR}${PAGER}user = ^"no body"\n`, "bad-account"],
    ["with too short a timeout", `${PAIR}${PAGER}timeout = ^"10ms"\n`, "out-of-range"],
    ["with a key of another type", `${PAIR}${QUEUE}^timeout = "1s"\n`, "unknown-key"],
    ["of a type that comes later", `${PAIR}[notify.x]\ntype = ^"smtp"\n`, "not-supported-yet"],
    ["at a URL that is none", `${PAIR}${HOOK.replace('"http', '^"htp')}`, "bad-url"],
    [
      "at a place in a page",
      `${PAIR}${HOOK.replace('"http', '^"http').replace('son"', 'son#x"')}`,
      "bad-url",
    ],
    [
      "with a password that is half encoded",
      `${PAIR}${HOOK.replace('"http://', '^"http://me:100%@')}`,
      "bad-url",
    ],
    ["in a router, as in keepalived", `${PAIR}^notify_master = "/bin/page"\n`, "unknown-key"],
  ]);

  it("whose URL cannot be read do not show its password", () => {
    const text = `${PAIR}${SECRET.replace("hooks.example", "hooks.example:port")}`;
    const loaded = loadCluster(text, "cluster.toml");
    assert(loaded.kind === "bad");
    const shown = renderIssues(loaded.issues, text).join("\n");
    assert.ok(shown.includes('url = "https://*********@hooks.example:port/a?b=c"'), shown);
  });
});

describe("the settings of notifiers", () => {
  it("have every default, and keep the password apart", () => {
    const states = ["Master", "Backup", "Fault"];
    assert.deepEqual(settingsFor(clusterOf(PAIR + PAGER + QUEUE + SECRET), "lb1").notifiers, [
      {
        name: "pager",
        type: "script",
        states,
        command: ["/bin/page", "--team", "net"],
        timeout: seconds(10),
      },
      { name: "queue", type: "fifo", states, path: "/run/keelson/events.fifo" },
      {
        name: "hook",
        type: "webhook",
        states,
        timeout: seconds(5),
        url: "https://hooks.example/a?b=c",
        password: "me:p%40ss",
      },
    ]);
  });

  it("are said in short, without the password", () => {
    const services = '[notify.pager2]\ntype = "fifo"\npath = "/run/x"\nstates = ["Fault", "down"]\n';
    const text = settingsText(settingsFor(clusterOf(PAIR + services + PAGER + SECRET), "lb1"));
    assert.deepEqual(text.split("\n  ").slice(2), [
      "notifier pager2: Fault of every router and down of every service to fifo /run/x",
      "notifier pager: Master, Backup, Fault of every router to script /bin/page --team net",
      "notifier hook: Master, Backup, Fault of every router to webhook https://hooks.example/a?b=c",
    ]);
  });
});

describe("the plan says of notifiers", () => {
  const cases: [string, string, string, string[]][] = [
    ["nothing when they stay", PAGER + QUEUE + HOOK, PAGER + QUEUE + HOOK, []],
    [
      "which come and go",
      PAGER,
      QUEUE + SECRET,
      [
        "notifier pager removed (script /bin/page --team net)",
        "notifier queue added (fifo /run/keelson/events.fifo)",
        "notifier hook added (webhook https://hooks.example/a?b=c)",
      ],
    ],
    [
      "which run another program as somebody else",
      PAGER,
      `${PAGER.replace('"net"', '"web"')}user = "page"\nrouters = ["front"]\nstates = ["Fault"]\n`,
      [
        "notifier pager: command /bin/page --team net → /bin/page --team web",
        "notifier pager: user the default → page",
        "notifier pager: routers all → front",
        "notifier pager: states Master, Backup, Fault → Fault",
      ],
    ],
    [
      "which tell of servers",
      PAGER,
      `${PAGER}states = ["down"]\nstart_and_stop = true\n`,
      ["notifier pager: states Master, Backup, Fault → down", "notifier pager: start_and_stop false → true"],
    ],
    [
      "which have another password, but not which",
      SECRET,
      SECRET.replace("p%40ss", "other"),
      ["notifier hook: password (a secret) → (another secret)"],
    ],
    [
      "which are of another type",
      QUEUE,
      QUEUE.replace("fifo", "script").replace(/path.*/, 'command = ["/bin/page"]'),
      ["notifier queue: type fifo → script"],
    ],
  ];
  for (const [name, before, after, expected] of cases) {
    it(name, () => {
      const settings = [before, after].map((text) => settingsFor(clusterOf(PAIR + text), "lb1"));
      const [from, to] = settings;
      assert(from !== undefined && to !== undefined);
      assert.deepEqual(planChange(from, to).map(describeChange), expected);
    });
  }
});
