/** What real-time scheduling costs a process that computes for too long. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "../support/processes.ts";

const MODULE = join(import.meta.dirname, "../../src/linux/realtime.ts");
/** Longer than the kernel's warning, shorter than its patience. */
const BUSY_MS = 700;

const SCRIPT = `
  import { becomeRealtime } from ${JSON.stringify(MODULE)};
  const { kind } = becomeRealtime();
  const end = performance.now() + ${BUSY_MS};
  while (performance.now() < end);
  console.log(kind);
`;

test("a process that computes for a while is warned, and lives on", async (context) => {
  const command = [
    process.execPath,
    "-C",
    "source",
    "--import",
    "tsx",
    "--input-type=module",
    "--eval",
    SCRIPT,
  ];
  const { status, signal, stdout, stderr } = await run(command);
  assert.deepEqual([status, signal], [0, undefined], stderr);
  if (stdout.trim() === "refused") context.skip("needs root, or the right to real-time scheduling");
});
