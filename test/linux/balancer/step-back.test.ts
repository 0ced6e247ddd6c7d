import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { getPriority } from "node:os";
import { join } from "node:path";
import { it } from "node:test";

/** Prints the niceness of each of its threads (proc(5), the 19th field of stat). */
const PROGRAM = `
import { readdirSync, readFileSync } from "node:fs";
await import(process.argv[1]);
for (const thread of readdirSync("/proc/self/task")) {
  const stat = readFileSync("/proc/self/task/" + thread + "/stat", "utf8");
  console.log(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
}`;

it("every thread of the balancer stands back by five steps", () => {
  const module = join(import.meta.dirname, "../../../src/linux/balancer/step-back.ts");
  const words = ["-C", "source", "--import", "tsx", "--input-type=module", "-e", PROGRAM, module];
  // In a session of its own, as the balancer is: the niceness of a whole session changes, too.
  const { stdout, stderr } = spawnSync("setsid", ["--wait", process.execPath, ...words], {
    encoding: "utf8",
  });
  const found = stdout.trim().split("\n");
  assert.ok(found.length > 1, stderr);
  assert.deepEqual(new Set(found), new Set([String(getPriority() + 5)]));
});
