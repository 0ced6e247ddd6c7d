/**
 * Does the simulator see anything at all? Each mutant is a copy of the core with one small lie in it; the stories and
 * a few seeds run against the copy, and one of them must fail: first the one that the mutant names, then all.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { MUTANTS } from "./mutants.ts";

const ROOT = join(import.meta.dirname, "../..");
const COPIED = ["src/net", "src/netlink", "src/vrrp", "src/elector", "src/sim", "test/sim"];
/** A mutant that runs longer hangs, which is found out too. */
const TIME_LIMIT_MS = 60_000;
const SEEDS = "1-8";
/** A copy that cannot even be loaded proves nothing. */
const BROKEN = /SyntaxError|ERR_MODULE_NOT_FOUND/;

/** In the report of the tests, which is still being written; stories come before what they are part of. */
const FAILURE = /^\s*not ok \d+ - (.*)$/m;
const EVERYTHING = "";

const home = mkdtempSync(join(tmpdir(), "kl-mutants-"));
const running = new Set<ChildProcess>();
before(compile);
after(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(home, { recursive: true });
});

describe("the simulator", { concurrency: 2 }, () => {
  it("has nothing to say about the unchanged core", async () => {
    assert.deepEqual(await verdictOn(join(home, "js/unchanged"), EVERYTHING), { caught: false, output: "" });
  });

  for (const [index, { intent, caughtBy }] of MUTANTS.entries()) {
    it(`catches: ${intent}`, async (context) => {
      const copy = join(home, `mutant-${index}`);
      for (const part of ["unchanged", `mutant-${index}`])
        cpSync(join(home, "js", part), copy, { recursive: true });
      const first = await verdictOn(copy, caughtBy);
      const { caught, output } = first.caught ? first : await verdictOn(copy, EVERYTHING);
      assert.doesNotMatch(output, BROKEN);
      assert.ok(caught, "no story and no seed noticed");
      if (!first.caught)
        context.diagnostic(`not caught by "${caughtBy}", but by "${FAILURE.exec(output)?.[1]}"`);
    });
  }
});

/** The core and its stories, and of each mutant the file that lies; in JavaScript, which loads in no time. */
function compile(): void {
  for (const folder of COPIED)
    cpSync(join(ROOT, folder), join(home, "ts/unchanged", folder), { recursive: true });
  const lies = MUTANTS.map(({ file, text, becomes }, index) => {
    const source = readFileSync(join(ROOT, file), "utf8");
    assert.equal(source.split(text).length - 1, 1, `${file} must contain exactly once: ${text}`);
    const path = join(`ts/mutant-${index}`, file);
    mkdirSync(join(home, dirname(path)), { recursive: true });
    writeFileSync(
      join(home, path),
      source.replace(text, () => becomes),
    );
    return path;
  });
  writeFileSync(join(home, "package.json"), '{ "type": "module" }');
  const compilerOptions = { rootDir: "ts", outDir: "js", noCheck: true, types: [] };
  const files = ["ts/unchanged/test/sim/everything.ts", ...lies];
  const project = { extends: join(ROOT, "tsconfig.base.json"), compilerOptions, files };
  writeFileSync(join(home, "tsconfig.json"), JSON.stringify(project));
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", home], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
}

/** The first failure is enough. @param story the title of the only one to run, or EVERYTHING */
function verdictOn(copy: string, story: string): Promise<{ caught: boolean; output: string }> {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const pattern = story === EVERYTHING ? [] : [`--test-name-pattern=${exactly(story)}`];
  const tests = join(copy, "test/sim/everything.js");
  const child = spawn(process.execPath, ["--test-reporter=tap", ...pattern, tests], {
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

function exactly(title: string): string {
  return `^${title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`;
}
