import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CheckResult } from "../../src/checks/result.ts";
import type { CheckSettings, HttpCheck, ScriptCheck, TcpCheck } from "../../src/checks/settings.ts";
import type { CheckTarget } from "../../src/checks/target.ts";
import { ScriptBook } from "../../src/delivery/script-book.ts";
import { ip } from "../../src/net/ip.ts";
import { millis, seconds } from "../../src/net/time.ts";
import { Prober } from "../../src/probes/prober.ts";
import { openFolder, program } from "../delivery/support.ts";
import { until } from "../support/until.ts";
import { deafServer } from "./deaf.ts";
import { answering, closedPort, serve, type TestServer } from "./servers.ts";

/** So many at once take a while on a busy machine. */
const PATIENCE_SECONDS = 60;
const TIMING = { interval: seconds(2), timeout: seconds(PATIENCE_SECONDS), rise: 2, fall: 3 };
const TCP: TcpCheck = { ...TIMING, type: "tcp" };
const HTTP: HttpCheck = {
  ...TIMING,
  type: "http",
  method: "GET",
  path: "/",
  headers: {},
  status: [{ from: 200, to: 299 }],
  maxBody: 100,
};
const BRIEF = { timeout: millis(50) };
const PROBES = 200;
/** src/probes/prober.ts */
const MOST_SCRIPTS = 64;
const BOOK = new ScriptBook("/dev/null");

describe("Prober", () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  before(() => process.on("warning", note));
  after(() => process.off("warning", note));

  const habits: [string, () => Promise<TestServer>, CheckSettings, string][] = [
    ["accepting", () => serve({}), TCP, "passed"],
    ["a good answer", () => answering("HTTP/1.1 200 OK\r\n\r\nhello"), HTTP, "passed"],
    [
      "a bad status",
      () => answering("HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\nnot today"),
      HTTP,
      "bad-status",
    ],
    [
      "a body too large",
      () => answering(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(5_000)}`),
      HTTP,
      "body-too-large",
    ],
    ["garbage", () => answering("garbage\r\n\r\n"), HTTP, "protocol-error"],
    ["a broken answer", () => answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), HTTP, "closed"],
    ["RST", () => serve({ request: (socket) => socket.resetAndDestroy() }), HTTP, "reset"],
    ["silence", () => serve({}), { ...HTTP, ...BRIEF }, "timeout"],
  ];
  for (const [name, start, settings, outcome] of habits) {
    it(`holds nothing after ${PROBES} probes at once that meet ${name}`, async () => {
      await using server = await start();
      await probeMany(server.target, settings, outcome);
    });
  }

  it(`holds nothing after ${PROBES} probes of a closed port`, async () => {
    const target = await closedPort();
    await probeMany(target, TCP, "refused");
    await probeMany(target, HTTP, "refused");
  });

  it(`holds nothing after ${PROBES} probes that nobody answers`, async () => {
    await using server = await deafServer();
    await probeMany(server.target, { ...TCP, ...BRIEF }, "timeout");
    await probeMany(server.target, { ...HTTP, ...BRIEF }, "timeout");
  });

  it("reports nothing after it was closed, and destroys its sockets", async () => {
    await using server = await serve({});
    const idle = openDescriptors();
    const prober = new Prober(() => assert.fail("reported"), BOOK);
    for (let count = 0; count < 10; count++) prober.start(`${count}`, server.target, HTTP);
    assert.equal(prober.running, 10);
    await until("requests", () => server.requests.length === 10);
    prober.close();
    assert.equal(prober.running, 0);
    await until("end of all sockets", () => openDescriptors() <= idle);
  });

  it("runs 64 scripts at a time, and the others after them", async (context) => {
    const began: number[] = [];
    const ended: number[] = [];
    let most = 0;
    const book = new ScriptBook("/dev/null");
    context.mock.method(book, "began", (pid: number) => {
      began.push(pid);
      most = Math.max(most, began.length - ended.length);
    });
    context.mock.method(book, "ended", (pid: number) => void ended.push(pid));
    const folder = openFolder(context);
    const gate = join(folder, "gate");
    const path = program(openFolder(context), `until test -e ${gate}; do sleep 0.1; done`);
    const script: ScriptCheck = { ...TIMING, type: "script", command: [path], dynamicWeight: false };
    const results: string[] = [];
    const prober = new Prober((_, { kind }) => results.push(kind), book);
    const target = { address: ip("10.0.0.1"), port: 80 };
    for (let count = 0; count < MOST_SCRIPTS + 6; count++) prober.start(`${count}`, target, script);
    await until("as many as may run", () => began.length === MOST_SCRIPTS);
    writeFileSync(gate, "");
    await until("results", () => results.length === MOST_SCRIPTS + 6, {
      deadlineMs: 1_000 * PATIENCE_SECONDS,
    });
    assert.deepEqual([most, new Set(results)], [MOST_SCRIPTS, new Set(["passed"])]);
  });

  it("makes Node warn of nothing", () => {
    assert.deepEqual(warnings, []);
  });
});

async function probeMany(target: CheckTarget, settings: CheckSettings, outcome: string): Promise<void> {
  const idle = openDescriptors();
  const results = new Map<string, CheckResult>();
  const prober = new Prober((id, result) => {
    assert.ok(!results.has(id), `${id} was reported twice`);
    results.set(id, result);
  }, BOOK);
  for (let count = 0; count < PROBES; count++) prober.start(`${count}`, target, settings);
  await until("results", () => results.size === PROBES, { deadlineMs: 1_000 * PATIENCE_SECONDS });
  assert.equal(prober.running, 0);
  assert.deepEqual([...new Set([...results.values()].map(outcomeOf))], [outcome]);
  await until("end of all sockets", () => openDescriptors() <= idle, {
    explain: () =>
      `${idle} descriptors before, ${openDescriptors()} now; ${process.getActiveResourcesInfo()}`,
  });
}

function outcomeOf(result: CheckResult): string {
  if (result.kind === "failed") return result.reason;
  return result.kind === "not-run" ? result.problem : result.kind;
}

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
