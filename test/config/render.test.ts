import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConfigIssue } from "../../src/config/issue.ts";
import { loadCluster } from "../../src/config/load.ts";
import { renderIssues } from "../../src/config/render.ts";
import { ALL, but } from "./support.ts";

/** As an operator sees it: every issue of a text. */
function rendered(text: string): string {
  const result = loadCluster(text, "cluster.toml");
  const issues = result.kind === "ok" ? result.warnings : result.issues;
  return renderIssues(issues, text).join("\n");
}

const ISSUE: ConfigIssue = { severity: "error", code: "x", message: "m", file: "f", line: 1, column: 3 };

describe("an issue is shown with its line, its place and its way out", () => {
  const cases: [string, string, string][] = [
    [
      "a mistyped key",
      but("8080", '8080"\nwieght = "3'),
      `
cluster.toml:21:1: error: \`wieght\` is no key of [services.web.servers.rs1] [unknown-key]
    21 | wieght = "3"
       | ^
       = did you mean \`weight\`?`,
    ],
    [
      "an unknown key",
      but("vrid", "colour = 1\nvrid"),
      `
cluster.toml:12:1: error: \`colour\` is no key of [routers.front] [unknown-key]
    12 | colour = 1
       | ^
       = known are: vrid, interface, interval, down_timer_adverts, priority, mode, preempt, unheard, track, addresses, election, mac, routes, rules, accept, announce, version, password, authentication, checksum, group, unicast, min_ttl, source`,
    ],
    [
      "keepalived's word",
      but("vrid", "virtual_router_id"),
      `
cluster.toml:12:1: error: \`virtual_router_id\` is no key of [routers.front] [unknown-key]
    12 | virtual_router_id = 51
       | ^
       = write \`vrid\``,
    ],
    [
      "what comes later",
      but("vrid", "unicast_peers = []\nvrid"),
      `
cluster.toml:12:1: error: \`unicast_peers\` is not supported yet [not-supported-yet]
    12 | unicast_peers = []
       | ^
       = \`unicast = true\` sends to the \`address\` of every other director`,
    ],
    [
      "a duration without quotes",
      but('"100ms"', "100ms"),
      `
cluster.toml:13:15: error: unexpected 'm' [invalid-toml]
    13 | interval = 100ms
       |               ^
       = text needs quotes: "100ms"`,
    ],
    [
      "a duration without unit",
      but('"100ms"', "100"),
      `
cluster.toml:13:12: error: \`interval\` must be text in quotes, not 100 [wrong-type]
    13 | interval = 100
       |            ^
       = a duration has a unit: interval = "100ms" or "100s"`,
    ],
    [
      "an interval out of range",
      but('"100ms"', '"5ms"'),
      `
cluster.toml:13:12: error: \`interval\` must be 10ms … 255s, not 5ms [out-of-range]
    13 | interval = "5ms"
       |            ^`,
    ],
    [
      "a key twice",
      but("vrid = 51", "vrid = 51\nvrid = 52"),
      `
cluster.toml:13:1: error: \`routers.front.vrid\` is defined twice [duplicate-key]
    13 | vrid = 52
       | ^
       = it is there already, in line 12`,
    ],
    [
      "text for a list",
      but('["192.0.2.100:80"]', '"192.0.2.100:80"'),
      `
cluster.toml:18:10: error: \`listen\` must be a list, not text [wrong-type]
    18 | listen = "192.0.2.100:80"
       |          ^
       = write listen = ["192.0.2.100:80"]`,
    ],
    [
      "a warning",
      but("lb2 = 100", "lb2 = 149"),
      `
cluster.toml:14:31: warning: priorities so close that their directors would claim within 2ms of each other [priorities-close]
    14 | priority = { lb1 = 150, lb2 = 149 }
       |                               ^
       = at this interval they should be 6 apart or more`,
    ],
    [
      "a file as a whole",
      ALL.replace(/\[cluster\]\n.*\n/, ""),
      `
cluster.toml: error: the file has no \`cluster\` [missing-key]`,
    ],
  ];
  for (const [name, text, expected] of cases) {
    it(name, () => assert.equal(`\n${rendered(text)}`, expected));
  }
});

describe("the caret stands under its place", () => {
  const cases: [string, string, number, string][] = [
    ["after tabs", "\t\tx = 1", 3, "\t\tx = 1\n       | \t\t^"],
    [
      "in the middle of a long line",
      `${"a".repeat(500)}!${"b".repeat(500)}`,
      501,
      `${"a".repeat(49)}!${"b".repeat(50)}\n       | ${" ".repeat(49)}^`,
    ],
    ["after what would move a terminal's cursor", "a\u001b[2J = 1", 8, "a?[2J = 1\n       |        ^"],
    ["behind the end of the line", "a =", 4, "a =\n       |    ^"],
  ];
  for (const [name, text, column, expected] of cases) {
    it(name, () => {
      const [, ...lines] = renderIssues([{ ...ISSUE, column }], text)
        .join()
        .split("\n");
      assert.equal(lines.join("\n"), `     1 | ${expected}`);
    });
  }
});
