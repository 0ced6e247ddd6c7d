/** All processes of the master are killed, and its address stays behind: who takes it away? */
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMicros } from "dgram-extras";
import type { Lab } from "../../test/support/lab.ts";
import { inTurn, KEELSON, KEEPALIVED, type Scenario } from "../bench.ts";
import { PRODUCTS, type Product } from "../director.ts";
import { pairName, patienceMillis, startMaster, withMaster, withPair } from "../pair.ts";
import type { Results } from "../results.ts";

/** Beyond Keelson's lifetime of an address. */
const LIFETIME_PATIENCE_MS = 70_000;
const LOOK_MS = 5;
const LAST_TRIALS = 3;

/** With a successor at work, the killed one is started again. */
export const leftover: Scenario = {
  name: "leftover",
  slow: false,
  run: (bench) =>
    inTurn(bench, [KEELSON, KEEPALIVED], async (products, intervalMillis, round) => {
      if (round >= LAST_TRIALS) return;
      const patience = patienceMillis(intervalMillis);
      await withPair(bench.lab, products, { intervalMillis }, async ({ master, backup, seen }) => {
        const died = monotonicMicros();
        await master.crash();
        await seen.claimed("d2", died, patience);
        const since = monotonicMicros();
        const again = await startMaster(bench.lab, products.master, { intervalMillis, keepState: true });
        const clear = await soleHolder(() => seen.holds("d1") !== seen.holds("d2"), patience);
        await again.crash();
        await backup.crash();
        const condition = { intervalMillis, who: pairName(products) };
        bench.results.add("leftover", condition, (clear - since) / 1_000);
      });
    }),
};

/** Nobody comes back. */
export const lifetime: Scenario = {
  name: "lifetime",
  slow: true,
  async run({ lab, results }) {
    for (const product of PRODUCTS) await results.guard(() => outlive(lab, results, product));
  },
};

async function outlive(lab: Lab, results: Results, product: Product): Promise<void> {
  const intervalMillis = 100;
  await withMaster(lab, product, { intervalMillis }, async ({ master, seen }) => {
    const since = monotonicMicros();
    await master.crash();
    const gone = await seen.released("d1", since, LIFETIME_PATIENCE_MS);
    const millis = gone === undefined ? Number.POSITIVE_INFINITY : (gone - since) / 1_000;
    results.add("lifetime", { intervalMillis, who: `${product} → nobody` }, millis);
  });
}

async function soleHolder(holds: () => boolean, patienceMs: number): Promise<number> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await pause(LOOK_MS)) {
    if (holds()) return monotonicMicros();
  }
  return Number.POSITIVE_INFINITY;
}
