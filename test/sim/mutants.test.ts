/**
 * Does the simulator see anything at all? Each mutant is a copy of the core with one small lie in it; the stories and
 * a few seeds run against the copy, and one of them must fail.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { MUTANTS } from "./mutants.ts";

const ROOT = join(import.meta.dirname, "../..");
const COPIED = ["src/net", "src/netlink", "src/vrrp", "src/elector", "src/sim", "test/sim"];
/** A mutant that runs longer hangs, which is found out too. */
const TIME_LIMIT_MS = 60_000;
const SEEDS = "1-8";
/** A copy that cannot even be loaded proves nothing. */
const BROKEN = /SyntaxError|TransformError|ERR_MODULE_NOT_FOUND/;

/** In the report of the tests, which is still being written. */
const FAILURE = /^\s*not ok .*$/m;

const home = mkdtempSync(join(tmpdir(), "kl-mutants-"));
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(home, { recursive: true });
});

describe("the simulator", { concurrency: 2 }, () => {
  it("has nothing to say about the unchanged core", async () => {
    const copy = copyTo("unchanged");
    assert.deepEqual(await verdictOn(copy), { caught: false, output: "" });
  });

  for (const [index, { intent, file, text, becomes }] of MUTANTS.entries()) {
    it(`catches: ${intent}`, async () => {
      const copy = copyTo(`mutant-${index}`);
      const path = join(copy, file);
      const source = readFileSync(path, "utf8");
      assert.equal(source.split(text).length - 1, 1, `${file} must contain exactly once: ${text}`);
      writeFileSync(
        path,
        source.replace(text, () => becomes),
      );
      const { caught, output } = await verdictOn(copy);
      assert.doesNotMatch(output, BROKEN);
      assert.ok(caught, "no story and no seed noticed");
    });
  }
});

function copyTo(name: string): string {
  const copy = join(home, name);
  for (const folder of COPIED) cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
  writeFileSync(join(copy, "package.json"), '{ "type": "module" }');
  return copy;
}

/** The first failure is enough. */
function verdictOn(copy: string): Promise<{ caught: boolean; output: string }> {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const tests = join(copy, "test/sim/everything.ts");
  const child = spawn(process.execPath, ["--import", "tsx", "--test-reporter=tap", tests], {
    cwd: ROOT,
    env: { ...environment, SEEDS },
    timeout: TIME_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      output += text;
      if (FAILURE.test(output)) child.kill("SIGKILL");
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      running.delete(child);
      const caught = code !== 0;
      resolve({ caught, output: caught ? output : "" });
    });
  });
}
