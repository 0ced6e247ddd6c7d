import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { ProcessWatch } from "../../../src/checks/watch.ts";
import { watchProcess } from "../../../src/linux/watchers/process-watcher.ts";
import { Processes } from "../../../src/linux/watchers/processes.ts";
import { micros } from "../../../src/net/time.ts";
import { IS_ROOT, openFolder } from "../../delivery/support.ts";
import { until } from "../../support/until.ts";

/** Well below the two seconds of a slow look: the kernel told it. */
const HEARD = { deadlineMs: 1_500 };
/** Nobody else's processes have this name. */
const NAME = `kt-${process.pid}`;

function watching(context: TestContext, changes: Partial<ProcessWatch> = {}, processes = new Processes()) {
  const ending = new AbortController();
  context.after(() => ending.abort());
  let last: string | undefined;
  const delays = { upDelay: micros(0), downDelay: micros(0) };
  const settings = { kind: "process", name: "proxy", process: NAME, min: 1, ...delays, ...changes } as const;
  void watchProcess(settings, processes, ({ up, detail }) => (last = `${up}: ${detail}`), ending.signal);
  return () => last;
}

/** A program of that name, which does nothing for a minute; through a shell that becomes it. */
function starter(context: TestContext): (...parameters: string[]) => ChildProcess {
  const program = join(openFolder(context), NAME);
  copyFileSync("/bin/sleep", program);
  return (...parameters) => {
    const script = `exec ${program} "$@"`;
    const child = spawn("/bin/sh", ["-c", script, "sh", "60", ...parameters], { stdio: "ignore" });
    context.after(() => child.kill("SIGKILL"));
    return child;
  };
}

describe("a process that is tracked", {
  skip: IS_ROOT ? false : "needs root, for the kernel's events",
}, () => {
  it("is counted by what the kernel tells", async (context) => {
    const start = starter(context);
    const before = start();
    await until("the program", () => before.spawnfile !== "");
    const last = watching(context, { max: 2 });
    await until("the first", () => last() === `true: 1 process ${NAME}`, { explain: () => `${last()}` });
    const second = start();
    await until("two", () => last() === `true: 2 processes ${NAME}`, HEARD);
    const third = start();
    await until("too many", () => last() === `false: 3 processes ${NAME}, at most 2 wanted`, HEARD);
    for (const child of [before, second, third]) child.kill("SIGKILL");
    await until("none", () => last() === `false: 0 processes ${NAME}, at least 1 wanted`, HEARD);
  });

  it("may be one with certain parameters, and children of one are some too", async (context) => {
    const start = starter(context);
    const processes = new Processes();
    const with30 = watching(context, { parameters: ["60", "30"] }, processes);
    const without = watching(context, { parameters: ["60"] }, processes);
    await until("a first look", () => with30() !== undefined && without() !== undefined);
    start("30");
    await until("it", () => with30()?.startsWith("true: 1"), HEARD);
    assert.match(without() ?? "", /^false: 0/);
    start();
    await until("the other", () => without()?.startsWith("true: 1"), HEARD);
    assert.match(with30() ?? "", /^true: 1/);
  });

  it("may have to be absent", async (context) => {
    const last = watching(context, { min: 0, max: 0 });
    await until("its absence", () => last() === `true: 0 processes ${NAME}`, { explain: () => `${last()}` });
    starter(context)();
    await until("its presence", () => last() === `false: 1 process ${NAME}, at most 0 wanted`, HEARD);
  });

  it("that forks is several, and that renames itself another", async (context) => {
    const last = watching(context, { max: 9 });
    await until("a first look", () => last() !== undefined);
    const rename = (name: string) => `printf %s ${name} > /proc/$$/comm`;
    const children = "(sleep 60; :) & (sleep 60; :) &";
    const script = `${rename(NAME)}; read line; ${children} read line; ${rename("other")}; read line`;
    const shell = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    context.after(() => process.kill(-(shell.pid ?? 0), "SIGKILL"));
    await until("it", () => last()?.startsWith("true: 1"), HEARD);
    shell.stdin.write("\n");
    await until("it and its children", () => last()?.startsWith("true: 3"), {
      ...HEARD,
      explain: () => `${last()}`,
    });
    shell.stdin.write("\n");
    await until("its children", () => last()?.startsWith("true: 2"), HEARD);
  });
});
