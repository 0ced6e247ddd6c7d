/** The master of a thousand routers dies, or its cables are pulled: how soon each of them has a new one. */
import { until } from "../../test/support/until.ts";
import type { Product } from "../director.ts";
import { masterDownMillis } from "../pair.ts";
import type { Results } from "../results.ts";
import { summarize } from "../statistics.ts";
import { offsetOf, type Pause, pausedMicros, Witness } from "../witness.ts";
import type { Load } from "./director.ts";
import { countRouters, type ScalePair, withPair } from "./pair.ts";

const PATIENCE_MS = 20_000;
const METRICS = {
  killed: ["scaleKilledMedian", "scaleKilledWorst", "scaleGrantedKilledMedian", "scaleGrantedKilledWorst"],
  unplugged: [
    "scaleUnpluggedMedian",
    "scaleUnpluggedWorst",
    "scaleGrantedUnpluggedMedian",
    "scaleGrantedUnpluggedWorst",
  ],
} as const;

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
    const witness = await Witness.start();
    if (death === "killed") await pair.master.crash();
    else await pair.site.unplug("d1");
    const claimed = () => pair.sniffer.adverts("d2").size;
    await until("successor of every router", () => claimed() === countRouters(load), {
      deadlineMs: PATIENCE_MS,
      explain: () => `of ${claimed()}`,
    });
    const pauses = await witness.stop();
    const { median, max } = summarize(delaysMillis(pair, intervalMillis, []));
    const granted = summarize(delaysMillis(pair, intervalMillis, pauses));
    const [ofMedian, ofWorst, ofGrantedMedian, ofGrantedWorst] = METRICS[death];
    results.add(ofMedian, condition, median);
    results.add(ofWorst, condition, max);
    results.add(ofGrantedMedian, condition, granted.median);
    results.add(ofGrantedWorst, condition, granted.max);
  });
}

/** Beyond the master-down interval, one for each router; without those pauses of the machine. */
function delaysMillis({ sniffer }: ScalePair, intervalMillis: number, pauses: readonly Pause[]): number[] {
  const [before, after] = [sniffer.adverts("d1"), sniffer.adverts("d2")];
  const offset = offsetOf([...before.values(), ...after.values()].flat());
  return [...after].map(([router, [first]]) => {
    const last = before.get(router)?.at(-1);
    if (first === undefined || last === undefined) throw new Error(`${router} had no master`);
    const due = last.stampMicros + masterDownMillis(intervalMillis) * 1_000;
    const paused = pausedMicros(pauses, due + offset, first.stampMicros + offset);
    return (first.stampMicros - due - paused) / 1_000;
  });
}
