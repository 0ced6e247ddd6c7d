/** Cluster files for tests. A caret in a text marks where an issue is expected; it is taken out before the text is read. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { type Cluster, loadCluster } from "../../src/config/load.ts";

export const DIRECTORS = `
[cluster]
name = "shop"
[directors.lb1]
address = "192.0.2.11"
interface = "eth0"
[directors.lb2]
address = "192.0.2.12"
interface = "eth0"
`;

export const ROUTER = `
[routers.front]
vrid = 51
interval = "100ms"
priority = { lb1 = 150, lb2 = 100 }
addresses = ["192.0.2.100", { address = "10.0.0.1/24", interface = "eth1" }]
`;

export const SERVICE = `
[services.web]
listen = ["192.0.2.100:80"]
[services.web.servers.rs1]
address = "10.0.0.11:8080"
`;

export const ALL = DIRECTORS + ROUTER + SERVICE;

/** A good file with one place changed. */
export function but(from: string, to: string, file = ALL): string {
  assert(file.includes(from), `"${from}" is not in the file`);
  return file.replace(from, () => to);
}

/** A valid cluster; anything else fails the test. */
export function clusterOf(text: string): Cluster {
  const result = loadCluster(text, "cluster.toml");
  assert(result.kind === "ok", JSON.stringify(result));
  return result.cluster;
}

/** The issues of a text, each where a caret is, in the order of the carets. An error unless it says warning. */
type IssueCase = readonly [name: string, marked: string, ...issues: string[]];

export function checkIssues(cases: readonly IssueCase[]): void {
  for (const [name, marked, ...issues] of cases) {
    it(name, () => {
      const { text, places } = unmark(marked);
      const expected = issues.map((issue, index) => {
        return `${issue.includes(" ") ? issue : `error ${issue}`} ${places[index] ?? "0:0"}`;
      });
      assert.deepEqual(issuesOf(text), expected);
    });
  }
}

/** Severity and code of every issue, with its place. */
function issuesOf(text: string): string[] {
  const result = loadCluster(text, "cluster.toml");
  const issues = result.kind === "ok" ? result.warnings : result.issues;
  return issues.map(({ severity, code, line, column }) => `${severity} ${code} ${line}:${column}`);
}

/** The text without its carets, and their places in order. */
function unmark(marked: string): { readonly text: string; readonly places: string[] } {
  const places: string[] = [];
  const lines = marked.split("\n").map((line, index) => {
    let clean = "";
    for (const character of line) {
      if (character === "^") places.push(`${index + 1}:${clean.length + 1}`);
      else clean += character;
    }
    return clean;
  });
  return { text: lines.join("\n"), places };
}
