/**
 * A real server dies and comes back: how long the table is wrong, Keelson's beside keepalived's. It needs a kernel with
 * IPVS: the host's own, or user-mode Linux, where system calls are slow, but what counts are the checks' own waits.
 * docs/bench.md explains the rows.
 */
import { parseArgs } from "node:util";
import { ipvsKernel, runInIpvsKernel } from "../test/support/kernel.ts";
import { openLab } from "../test/support/lab.ts";
import { PRODUCTS } from "./director.ts";
import { Results } from "./results.ts";
import { measureServer } from "./servers/round.ts";

const TIMEOUT_SECONDS = 1_800;

const { values } = parseArgs({
  options: { trials: { type: "string", default: "10" }, inside: { type: "boolean", default: false } },
});

if (values.inside) await measure(Number(values.trials));
else {
  const program = ["-C", "source", "--import", "tsx", "bench/servers.ts", "--inside"];
  const command = [process.execPath, ...program, "--trials", values.trials];
  const { status, stdout, stderr } = await runInIpvsKernel(command, { timeoutSeconds: TIMEOUT_SECONDS });
  console.log(`kernel with IPVS: ${ipvsKernel().kind}\n${stdout}${stderr}`);
  process.exitCode = status;
}

async function measure(trials: number): Promise<void> {
  const undo: (() => void | Promise<void>)[] = [];
  const lab = await openLab({ after: (step) => undo.push(step) });
  const results = new Results();
  for (let round = 0; round < trials; round++) {
    for (const product of PRODUCTS) await results.guard(() => measureServer(lab, product, results));
  }
  for (const step of undo) await step();
  console.log(`\n${results.table()}`);
  if (results.failures > 0) process.exitCode = 1;
}
