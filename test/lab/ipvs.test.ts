/** Runs every test that needs IPVS (`ipvs/*.kernel.ts`) in one boot of a kernel that has it. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ipvsKernel, runInIpvsKernel } from "../support/kernel.ts";

const FOLDER = "test/lab/ipvs";
/** Three minutes on a machine that has nothing else to do; for a guest that hangs, not for one that is slow. */
const TIMEOUT_SECONDS = 840;
const kernel = ipvsKernel();

test("the tests that need IPVS pass in a kernel that has it", {
  skip: kernel.kind === "none" ? kernel.reason : false,
}, async (context) => {
  const files = readdirSync(join(import.meta.dirname, "ipvs")).filter((file) => file.endsWith(".kernel.ts"));
  const command = testCommand(files.sort().map((file) => `./${FOLDER}/${file}`));
  const result = await runInIpvsKernel(command, { timeoutSeconds: TIMEOUT_SECONDS });
  const summary = result.stdout.split("\n").filter((line) => /^# (tests|pass|fail|skipped) /.test(line));
  context.diagnostic(`${kernel.kind}: ${summary.join(", ")}`);
  assert.equal(result.status, 0, `\n${result.stdout}\n${result.stderr}`);
});

/** All files in one process without the test runner: in user-mode Linux each start of tsx takes seconds. */
function testCommand(files: readonly string[]): string[] {
  const imports = files.map((file) => `import ${JSON.stringify(file)};`);
  const node = [process.execPath, "-C", "source", "--import", "tsx"];
  return [...node, "--input-type=module", "--eval", imports.join("")];
}
