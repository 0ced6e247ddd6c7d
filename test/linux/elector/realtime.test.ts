/** What real-time scheduling costs a process that computes for too long. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "../../support/processes.ts";

const MODULE = join(import.meta.dirname, "../../../src/linux/elector/realtime.ts");

const BEGIN = `
  import { becomeRealtime } from ${JSON.stringify(MODULE)};
  const { kind } = becomeRealtime();
  const begun = performance.now();
  const busyFor = () => performance.now() - begun;
`;

async function node(script: string) {
  const flags = ["-C", "source", "--import", "tsx", "--input-type=module", "--eval"];
  return await run([process.execPath, ...flags, `${BEGIN}${script}`]);
}

for (const [what, script] of [
  // Longer than the kernel's warning, shorter than its patience.
  ["that computes for a while is warned", "while (busyFor() < 700); console.log(kind);"],
  // Longer than its patience.
  [
    "whose event loop never comes to rest is warned",
    "const turn = () => (busyFor() < 5_000 ? setImmediate(turn) : console.log(kind)); turn();",
  ],
] as const) {
  test(`a process ${what}, and lives on`, async (context) => {
    const { status, signal, stdout, stderr } = await node(script);
    assert.deepEqual([status, signal], [0, undefined], stderr);
    if (stdout.trim() === "refused") context.skip("needs root, or the right to real-time scheduling");
  });
}

test("a process that is lost in a computation is killed: the machine must not be lost with it", async (context) => {
  const { signal, stdout } = await node("console.log(kind); while (busyFor() < 20_000);");
  if (stdout.trim() === "refused") return context.skip("needs root, or the right to real-time scheduling");
  assert.equal(signal, "SIGKILL");
});
