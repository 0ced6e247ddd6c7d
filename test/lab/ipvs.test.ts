/** Runs every test that needs IPVS (`ipvs/*.kernel.ts`) in one boot of a kernel that has it. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ipvsKernel, runInIpvsKernel } from "../support/kernel.ts";

const FOLDER = "test/lab/ipvs";
const kernel = ipvsKernel();

test("the tests that need IPVS pass in a kernel that has it", {
  skip: kernel.kind === "none" ? kernel.reason : false,
}, async (context) => {
  const files = readdirSync(join(import.meta.dirname, "ipvs")).filter((file) => file.endsWith(".kernel.ts"));
  const node = [process.execPath, "-C", "source", "--import", "tsx", "--test", "--test-concurrency=1"];
  const result = await runInIpvsKernel([...node, ...files.sort().map((file) => `${FOLDER}/${file}`)]);
  const summary = result.stdout.split("\n").filter((line) => /^# (tests|pass|fail|skipped) /.test(line));
  context.diagnostic(`${kernel.kind}: ${summary.join(", ")}`);
  assert.equal(result.status, 0, `\n${result.stdout}\n${result.stderr}`);
});
