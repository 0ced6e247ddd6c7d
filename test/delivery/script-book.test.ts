import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { ScriptBook } from "../../src/delivery/script-book.ts";
import { until } from "../support/until.ts";
import { openFolder } from "./support.ts";

/** Leads a group of its own. */
function sleeper(context: TestContext): { readonly child: ChildProcess; readonly pid: number } {
  const child = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
  context.after(() => child.kill("SIGKILL"));
  return { child, pid: child.pid ?? 0 };
}

describe("the book of running scripts", () => {
  it("lets a successor end what its predecessor left, and nothing that has ended", async (context) => {
    const file = join(openFolder(context), "scripts");
    const [left, done] = [sleeper(context), sleeper(context)];
    const book = new ScriptBook(file);
    book.began(left.pid);
    book.began(done.pid);
    book.ended(done.pid);
    new ScriptBook(file).endLeftovers();
    await until("the end of what was left", () => left.child.signalCode === "SIGKILL");
    assert.equal(done.child.signalCode, null);
    process.kill(done.pid, 0);
  });

  it("spares another process that has the same id by now", async (context) => {
    const file = join(openFolder(context), "scripts");
    const { child, pid } = sleeper(context);
    new ScriptBook(file).began(pid);
    const [, started] = readFileSync(file, "utf8").trim().split(" ");
    writeFileSync(file, `${pid} ${Number(started) - 1}\n`);
    new ScriptBook(file).endLeftovers();
    const other = sleeper(context);
    other.child.kill("SIGTERM");
    await until("the end of one that was begun later", () => other.child.signalCode !== null);
    assert.equal(child.signalCode, null);
  });

  it("is not needed, and may be nonsense", (context) => {
    const folder = openFolder(context);
    new ScriptBook(join(folder, "none")).endLeftovers();
    writeFileSync(join(folder, "scripts"), "x y\n0\n\n1 undefined\n-1 1\n");
    new ScriptBook(join(folder, "scripts")).endLeftovers();
    const book = new ScriptBook(join(folder, "none", "scripts"));
    book.began(process.pid);
    book.ended(process.pid);
  });
});
