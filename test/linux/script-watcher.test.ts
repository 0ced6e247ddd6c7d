import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { ScriptWatch } from "../../src/checks/watch.ts";
import { ScriptBook } from "../../src/delivery/script-book.ts";
import { ScriptWatcher } from "../../src/linux/script-watcher.ts";
import { millis, seconds } from "../../src/net/time.ts";
import { openFolder, program } from "../delivery/support.ts";
import { until } from "../support/until.ts";

const BOOK = new ScriptBook("/dev/null");

function watching(context: TestContext) {
  const reports: string[] = [];
  const watcher = new ScriptWatcher(BOOK, (name, up, detail) => reports.push(`${name} ${up}: ${detail}`));
  context.after(() => watcher.close());
  return { reports, watcher };
}

function script(path: string, changes: Partial<ScriptWatch> = {}): ScriptWatch {
  const timing = { interval: millis(100), timeout: seconds(5), rise: 1, fall: 1 };
  return { name: "gateway", command: [path], ...timing, ...changes };
}

describe("a script that is tracked", () => {
  it("is run again and again, and what it says is reported each time", async (context) => {
    const folder = openFolder(context);
    const flag = join(folder, "flag");
    writeFileSync(flag, "");
    const path = program(folder, `echo "$KEELSON_TRACK looks"; test -e ${flag}`);
    const { reports, watcher } = watching(context);
    watcher.configure([script(path)]);
    await until("two successes", () => reports.length >= 2);
    assert.deepEqual([...new Set(reports)], ["gateway true: exit status 0"]);
    rmSync(flag);
    await until("a failure", () => reports.at(-1) === "gateway false: exit status 1: gateway looks");
  });

  it("that is not there, or hangs, has failed", async (context) => {
    const { reports, watcher } = watching(context);
    const hanging = program(openFolder(context), "sleep 60");
    watcher.configure([
      script("/nonexistent/program", { name: "missing" }),
      script(hanging, { name: "hanging", timeout: millis(100) }),
    ]);
    await until("both", () => {
      return ["missing", "hanging"].every((name) => reports.some((one) => one.startsWith(`${name} false`)));
    });
    assert.ok(
      reports.some((one) => one.includes("longer than 100ms")),
      reports.join("\n"),
    );
  });

  it("goes on undisturbed when the file says the same again, and ends when it is gone", async (context) => {
    const { reports, watcher } = watching(context);
    const path = program(openFolder(context), "exit 3");
    const settings = script(path, { fall: 3 });
    watcher.configure([settings]);
    await until("a first result", () => reports.length === 1);
    watcher.configure([{ ...settings }]);
    await until("the third one in a row", () => reports.includes("gateway false: exit status 3"));
    assert.deepEqual(reports.slice(0, 2), [
      "gateway undefined: exit status 3",
      "gateway undefined: exit status 3",
    ]);
    watcher.configure([]);
    const known = reports.length;
    watcher.configure([script(path, { name: "other" })]);
    await until("the other", () => reports.some((one) => one.startsWith("other")));
    assert.ok(reports.slice(known).every((one) => one.startsWith("other")));
  });
});
