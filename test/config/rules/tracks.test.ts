import { describe } from "node:test";
import { but, checkIssues, DIRECTORS, ROUTER } from "../support.ts";

const PAIR = DIRECTORS + ROUTER;
const UPLINK = '[tracks.uplink]\ntype = "interface"\ninterface = "eth2"\ndown_delay = "1s"\n';
const WEB =
  "[services.web]\nlisten = ['192.0.2.100:80']\nservers.a.address = '10.0.0.11:80'\nservers.b.address = '10.0.0.12:80'\n";
const QUORUM = `${PAIR}track = ["enough"]\n${WEB}[tracks.enough]\ntype = "quorum"\nservice = "web"\nhealthy = 2\n`;
const OWNED = but("lb1 = 150", "lb1 = 255", PAIR);

describe("tracks", () => {
  checkIssues([
    ["as a fault", `${PAIR}track = ["uplink"]\n${UPLINK}`],
    ["with a weight", `${PAIR}track = [{ name = "uplink", weight = -30 }]\n${UPLINK}`],
    ["that are not there", `${PAIR}track = ["uplink", ^"uplonk"]\n${UPLINK}`, "unknown-track"],
    ["twice", `${PAIR}track = ["uplink", ^{ name = "uplink", weight = 3 }]\n${UPLINK}`, "track-taken"],
    ["that nobody looks at", `${PAIR}^${UPLINK}`, "warning unused-track"],
    [
      "with a weight of nothing",
      `${PAIR}track = [{ name = "uplink", weight = ^0 }]\n${UPLINK}`,
      "bad-weight",
    ],
    [
      "with too much weight",
      `${PAIR}track = [{ name = "uplink", weight = ^254 }]\n${UPLINK}`,
      "out-of-range",
    ],
    [
      "with a weight for an owner",
      `${OWNED}track = [^{ name = "uplink", weight = 3 }]\n${UPLINK}`,
      "warning weight-of-owner",
    ],
    ["of a kind that comes later", `${PAIR}track = ["x"]\n[tracks.x]\ntype = ^"ping"\n`, "not-supported-yet"],
    [
      "by a script",
      `${PAIR}track = ["x"]\n[tracks.x]\ntype = "script"\ncommand = ["/usr/bin/test", "-e", "/run/ok"]\nfall = 1\n`,
    ],
    [
      "by a script somewhere",
      `${PAIR}track = ["x"]\n[tracks.x]\ntype = "script"\ncommand = [^"test"]\n`,
      "bad-path",
    ],
    ["by echoes", `${PAIR}track = ["x"]\n[tracks.x]\ntype = "gateway"\ntargets = ["192.0.2.1", "fe80::1"]\n`],
    ["by asking nobody", `${PAIR}track = ["x"]\n[tracks.x]\ntype = "gateway"\ntargets = ^[]\n`, "too-few"],
    [
      "by asking itself",
      `${PAIR}track = ["x"]\n[tracks.x]\ntype = "gateway"\ntargets = ["192.0.2.1", ^"192.0.2.100"]\n`,
      "target-floats",
    ],
    [
      "by processes",
      `${PAIR}track = ["x"]\n[tracks.x]\ntype = "process"\nprocess = "haproxy"\nparameters = ["-f", "/etc/h.cfg"]\nmax = 3\n`,
    ],
    [
      "by processes that must not run",
      `${PAIR}track = ["x"]\n[tracks.x]\ntype = "process"\nprocess = "haproxy"\nmin = 0\nmax = 0\n`,
    ],
    [
      "by an impossible number of processes",
      `${PAIR}track = ["x"]\n[tracks.x]\ntype = "process"\nprocess = "haproxy"\nmax = ^0\n`,
      "process-bounds",
    ],
    [
      "by any number of processes",
      `${PAIR}track = ["x"]\n[tracks.x]\ntype = "process"\nprocess = "haproxy"\nmin = ^0\n`,
      "process-bounds",
    ],
    [
      "by a process of a long name",
      `${PAIR}track = ["x"]\n[tracks.x]\ntype = "process"\nprocess = ^"haproxy-external"\n`,
      "bad-process",
    ],
    ["by a quorum", QUORUM],
    ["by a share", QUORUM.replace("healthy = 2", 'healthy = "50%"')],
    ["by a quorum of nothing", QUORUM.replace("healthy = 2", "healthy = ^0"), "out-of-range"],
    ["by a share of too many", QUORUM.replace("healthy = 2", 'healthy = ^"101%"'), "bad-percentage"],
    ["by a quorum of too many", QUORUM.replace("healthy = 2", "healthy = ^3"), "quorum-too-large"],
    [
      "by a quorum of a service that is not there",
      QUORUM.replace('service = "web"', 'service = ^"wep"'),
      "unknown-service",
    ],
    [
      "by a quorum of a service that nobody checks",
      QUORUM.replace('service = "web"', 'service = ^"web"').replace("listen", 'check.type = "none"\nlisten'),
      "warning quorum-unchecked",
    ],
    [
      "by a quorum of a service that is checked only where it is served",
      QUORUM.replace('service = "web"', 'service = ^"web"').replace(
        "listen",
        'check_while = "serving"\nlisten',
      ),
      "quorum-while-serving",
    ],
    ["by a quorum as a fault", QUORUM.replace('"enough"', '{ name = "enough", weight = "fault" }')],
    [
      "by a quorum as something else",
      QUORUM.replace('"enough"', '{ name = "enough", weight = ^"error" }'),
      "unknown-value",
    ],
    ["by a file", `${PAIR}track = ["x"]\n[tracks.x]\ntype = "file"\npath = "/run/flag"\ndown_delay = "1s"\n`],
    [
      "by a number in a file",
      `${PAIR}track = [{ name = "x", weight = 1 }]\n[tracks.x]\ntype = "file"\npath = "/run/strain"\nup_when = "zero"\n`,
    ],
    ["by a file somewhere", `${PAIR}track = ["x"]\n[tracks.x]\ntype = "file"\npath = ^"flag"\n`, "bad-path"],
    [
      "by a file that is neither here nor there",
      `${PAIR}track = ["x"]\n[tracks.x]\ntype = "file"\npath = "/run/flag"\nup_when = ^"gone"\n`,
      "unknown-value",
    ],
  ]);
});

describe("preemption", () => {
  checkIssues([
    ["after a delay", `${PAIR}preempt = { delay = "30s" }\n`],
    ["undamped", `${PAIR}preempt = { damping = false }\n`],
    ["after a year", `${PAIR}preempt = { delay = ^"8760h" }\n`, "out-of-range"],
    ["perhaps", `${PAIR}preempt = ^"perhaps"\n`, "wrong-type"],
  ]);
});
