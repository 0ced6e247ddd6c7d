/**
 * Many routers on one director, and many addresses in one router: Keelson beside keepalived. docs/bench.md explains the
 * rows. It judges no number: it fails only when it cannot measure.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { interopSkip } from "../test/support/keelson.ts";
import { PRODUCTS, type Product } from "./director.ts";
import { Results } from "./results.ts";
import { measureAddresses } from "./scale/addresses.ts";
import type { Load } from "./scale/director.ts";
import { measureSteady } from "./scale/steady.ts";
import { measureTakeOver } from "./scale/take-over.ts";

/** VRIDs are one byte for each interface. */
const LINKS = 8;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    products: { type: "string" },
    routers: { type: "string", default: "1000" },
    addresses: { type: "string", default: "500" },
    seconds: { type: "string", default: "20" },
    trials: { type: "string", default: "3" },
    build: { type: "string" },
  },
});

const unmeasurable = interopSkip();
if (unmeasurable !== false) throw new Error(unmeasurable);
const build = values.build === undefined ? undefined : resolve(values.build);
const results = new Results();
const manyRouters: Load = {
  links: LINKS,
  routersPerLink: Math.ceil(Number(values.routers) / LINKS),
  addresses: 1,
  intervalMillis: 100,
};
const manyAddresses: Load = {
  links: 1,
  routersPerLink: 1,
  addresses: Number(values.addresses),
  intervalMillis: 10,
};
const SCENARIOS: Readonly<Record<string, (product: Product) => Promise<void>>> = {
  steady: (product) => measureSteady(results, product, manyRouters, Number(values.seconds), build),
  killed: (product) => measureTakeOver(results, product, manyRouters, "killed", build),
  unplugged: (product) => measureTakeOver(results, product, manyRouters, "unplugged", build),
  addresses: (product) => measureAddresses(results, product, manyAddresses, build),
};
const [wanted, products] = [values.only?.split(","), values.products?.split(",")];
for (const [name, measure] of Object.entries(SCENARIOS)) {
  if (wanted !== undefined && !wanted.includes(name)) continue;
  console.log(`${name}:`);
  for (let round = 0; round < Number(values.trials); round++) {
    for (const product of PRODUCTS) {
      if (products?.includes(product) ?? true) await results.guard(() => measure(product));
    }
  }
}
console.log(`\n${results.table()}`);
if (results.failures > 0) {
  console.log(`\n${results.failures} trials could not be measured.`);
  process.exitCode = 1;
}
