/** The master of a thousand routers dies, or its cables are pulled: how soon each of them has a new one. */
import { until } from "../../test/support/until.ts";
import type { Product } from "../director.ts";
import { masterDownMillis } from "../pair.ts";
import type { Results } from "../results.ts";
import { summarize } from "../statistics.ts";
import type { Load } from "./director.ts";
import { countRouters, type ScalePair, withPair } from "./pair.ts";

const PATIENCE_MS = 20_000;

export async function measureTakeOver(
  results: Results,
  product: Product,
  load: Load,
  death: "killed" | "unplugged",
  build: string | undefined,
): Promise<void> {
  const { intervalMillis } = load;
  const condition = { intervalMillis, who: `${product} → ${product}` };
  await withPair(product, load, build, async (pair) => {
    if (death === "killed") await pair.master.crash();
    else await pair.site.unplug("d1");
    const claimed = () => pair.sniffer.adverts("d2").size;
    await until("successor of every router", () => claimed() === countRouters(load), {
      deadlineMs: PATIENCE_MS,
      explain: () => `of ${claimed()}`,
    });
    const { median, max } = summarize(delaysMillis(pair, intervalMillis));
    results.add(death === "killed" ? "scaleKilledMedian" : "scaleUnpluggedMedian", condition, median);
    results.add(death === "killed" ? "scaleKilledWorst" : "scaleUnpluggedWorst", condition, max);
  });
}

/** Beyond the master-down interval, one for each router. */
function delaysMillis({ sniffer }: ScalePair, intervalMillis: number): number[] {
  const before = sniffer.adverts("d1");
  return [...sniffer.adverts("d2")].map(([router, [first]]) => {
    const last = before.get(router)?.at(-1);
    if (first === undefined || last === undefined) throw new Error(`${router} had no master`);
    return (first.stampMicros - last.stampMicros) / 1_000 - masterDownMillis(intervalMillis);
  });
}
