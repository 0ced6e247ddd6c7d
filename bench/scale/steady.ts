/** Nothing happens: what a thousand routers cost, and whether their adverts are punctual. */
import type { Product } from "../director.ts";
import type { Results } from "../results.ts";
import type { Load } from "./director.ts";
import { withPair } from "./pair.ts";
import { measureUsage } from "./usage.ts";

export async function measureSteady(
  results: Results,
  product: Product,
  load: Load,
  windowSeconds: number,
  build: string | undefined,
): Promise<void> {
  const { intervalMillis } = load;
  const condition = { intervalMillis, who: `${product} → ${product}` };
  await withPair(product, load, build, async ({ master, backup, sniffer }) => {
    const [ofMaster, ofBackup] = await measureUsage([master, backup], windowSeconds * 1_000);
    const gaps = [...sniffer.adverts("d1").values()].flatMap((adverts) =>
      adverts.slice(1).map((one, index) => one.stampMicros - (adverts[index]?.stampMicros ?? 0)),
    );
    if (ofMaster === undefined || ofBackup === undefined || gaps.length === 0)
      throw new Error("nothing was seen");
    const longest = gaps.reduce((most, gap) => Math.max(most, gap), 0);
    results.add("scaleMasterCpu", condition, ofMaster.cpuPercent);
    results.add("scaleBackupCpu", condition, ofBackup.cpuPercent);
    results.add("scaleMasterMemory", condition, ofMaster.residentMb);
    results.add("scaleBackupMemory", condition, ofBackup.residentMb);
    results.add("scaleLateness", condition, longest / 1_000 - intervalMillis);
    results.add("scaleTakeovers", condition, sniffer.adverts("d2").size);
  });
}
