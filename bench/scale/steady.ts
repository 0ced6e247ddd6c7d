/** Nothing happens: what a thousand routers cost, and whether their adverts are punctual. */
import type { Product } from "../director.ts";
import type { Results } from "../results.ts";
import { longestPause, offsetOf, pausedMicros, Witness } from "../witness.ts";
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
    const witness = await Witness.start();
    const [ofMaster, ofBackup] = await measureUsage([master, backup], windowSeconds * 1_000);
    const pauses = await witness.stop();
    const routers = [...sniffer.adverts("d1").values()];
    const offset = offsetOf(routers.flat());
    const late = routers.flatMap((adverts) =>
      adverts.slice(1).map(({ stampMicros }, index) => {
        const due = (adverts[index]?.stampMicros ?? 0) + intervalMillis * 1_000;
        return {
          raw: stampMicros - due,
          granted: stampMicros - due - pausedMicros(pauses, due + offset, stampMicros + offset),
        };
      }),
    );
    if (ofMaster === undefined || ofBackup === undefined || late.length === 0)
      throw new Error("nothing was seen");
    results.add("scaleMasterCpu", condition, ofMaster.cpuPercent);
    results.add("scaleBackupCpu", condition, ofBackup.cpuPercent);
    results.add("scaleMasterMemory", condition, ofMaster.residentMb);
    results.add("scaleBackupMemory", condition, ofBackup.residentMb);
    results.add("scaleLateness", condition, most(late.map(({ raw }) => raw)) / 1_000);
    results.add("scaleGrantedLateness", condition, most(late.map(({ granted }) => granted)) / 1_000);
    results.add("scalePause", condition, longestPause(pauses) / 1_000);
    results.add("scaleTakeovers", condition, sniffer.adverts("d2").size);
  });
}

function most(values: readonly number[]): number {
  return values.reduce((highest, value) => Math.max(highest, value), Number.NEGATIVE_INFINITY);
}
