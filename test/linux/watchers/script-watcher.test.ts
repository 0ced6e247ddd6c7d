import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { ScriptBook } from "../../../src/delivery/script-book.ts";
import { watchScript } from "../../../src/linux/watchers/script-watcher.ts";
import { millis, seconds } from "../../../src/net/time.ts";
import { openFolder, program } from "../../delivery/support.ts";
import { until } from "../../support/until.ts";

const BOOK = new ScriptBook("/dev/null");

function watching(context: TestContext, path: string, timeout = seconds(5)): string[] {
  const reports: string[] = [];
  const ending = new AbortController();
  context.after(() => ending.abort());
  const settings = { interval: millis(100), timeout, rise: 1, fall: 1 };
  void watchScript(
    { kind: "script", name: "gateway", command: [path], ...settings },
    BOOK,
    ({ up, detail }) => reports.push(`${up}: ${detail}`),
    ending.signal,
  );
  return reports;
}

describe("a script that is tracked", () => {
  it("is run again and again, and what it says is reported each time", async (context) => {
    const folder = openFolder(context);
    const flag = join(folder, "flag");
    writeFileSync(flag, "");
    const path = program(folder, `echo "$KEELSON_TRACK looks"; test -e ${flag}`);
    const reports = watching(context, path);
    await until("two successes", () => reports.length >= 2);
    assert.deepEqual([...new Set(reports)], ["true: exit status 0"]);
    rmSync(flag);
    await until("a failure", () => reports.at(-1) === "false: exit status 1: gateway looks");
  });

  it("that is not there, or hangs, has failed", async (context) => {
    const missing = watching(context, "/nonexistent/program");
    const hanging = watching(context, program(openFolder(context), "sleep 60"), millis(100));
    await until("both", () => missing.length > 0 && hanging.length > 0);
    assert.match(missing[0] ?? "", /^false: /);
    assert.match(hanging[0] ?? "", /^false: .*longer than 100ms/);
  });
});
