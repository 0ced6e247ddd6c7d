/**
 * One director with a very large IPVS table: Keelson beside keepalived, `ipvsadm -R`, and a floor. It needs a kernel with
 * IPVS: the host's own, or user-mode Linux. docs/bench.md explains the rows. It judges no number: it fails only when it
 * cannot measure.
 */
import { parseArgs } from "node:util";
import { ipvsKernel, runInIpvsKernel } from "../test/support/kernel.ts";
import { type Lab, openLab } from "../test/support/lab.ts";
import { PRODUCTS } from "./director.ts";
import { Results } from "./results.ts";
import { conditionOf, doubling } from "./tables/condition.ts";
import { timeOfCheck } from "./tables/director.ts";
import { type Size, site } from "./tables/files.ts";
import { measureFloor, measureIpvsadm, writePrepared } from "./tables/floor.ts";
import { measureDirector } from "./tables/round.ts";

const TIMEOUT_SECONDS = 3_000;
const MEMORY_MEGABYTES = 3_072;
const MODULES = ["ipv6", "ip_vs", "ip_vs_wrr", "veth", "bridge"];

const { values } = parseArgs({
  options: {
    trials: { type: "string", default: "1" },
    sizes: { type: "string", default: "100x1634,1138x18602,2277x37205" },
    products: { type: "string", default: PRODUCTS.join() },
    seconds: { type: "string", default: "30" },
    inside: { type: "boolean", default: false },
  },
});

const results = new Results();
if (values.inside) await measure();
else await measureChecks();
console.log(`\n${results.table()}`);
if (results.failures > 0) process.exitCode = 1;
if (!values.inside) await measureInGuest();

async function measureInGuest(): Promise<void> {
  const program = ["-C", "source", "--import", "tsx", "bench/tables.ts", "--inside"];
  const words = (["trials", "sizes", "products", "seconds"] as const).flatMap((name) => [
    `--${name}`,
    values[name],
  ]);
  const { status, stdout, stderr } = await runInIpvsKernel([process.execPath, ...program, ...words], {
    timeoutSeconds: TIMEOUT_SECONDS,
    memoryMegabytes: MEMORY_MEGABYTES,
    modules: MODULES,
  });
  console.log(`kernel with IPVS: ${ipvsKernel().kind}\n${stdout}${stderr}`);
  if (status !== 0) process.exitCode = status;
}

/** What needs no IPVS is measured on the host too: memory is very slow in user-mode Linux. */
async function measureChecks(): Promise<void> {
  for (const { product, size } of rounds()) {
    await inNewLab(async (lab) =>
      results.add("tableCheckHost", conditionOf(product, size), await timeOfCheck(lab, product, site(size))),
    );
  }
}

async function measure(): Promise<void> {
  for (const { product, size, isFirst } of rounds()) {
    if (isFirst) {
      // Who comes first pays for memory that the kernel has never used before.
      await inNewLab((lab) => writePrepared(lab, size));
      await inNewLab((lab) => measureFloor(lab, size, results));
      await inNewLab((lab) => measureIpvsadm(lab, size, results));
    }
    await inNewLab((lab) => measureDirector(lab, product, size, results, Number(values.seconds)));
  }
  for (const size of sizes()) for (const product of PRODUCTS) doubling(results, product, sizes(), size);
}

/** A kernel that has deleted servers looks for each new one among them for two minutes: each namespace on its own. */
async function inNewLab(trial: (lab: Lab) => unknown): Promise<void> {
  const undo: (() => void | Promise<void>)[] = [];
  const lab = await openLab({ after: (step) => undo.push(step) });
  await results.guard(async () => void (await trial(lab)));
  for (const step of undo) await step();
}

function rounds() {
  const products = PRODUCTS.filter((product) => values.products.split(",").includes(product));
  return Array.from({ length: Number(values.trials) }).flatMap(() =>
    sizes().flatMap((size) => products.map((product, place) => ({ product, size, isFirst: place === 0 }))),
  );
}

function sizes(): Size[] {
  return values.sizes.split(",").map((size) => {
    const [services = 0, servers = 0] = size.split("x").map(Number);
    return { services, servers };
  });
}
