/** A machine dies: in turn all its processes in one instant, or its cable. From the last advert to the successor's first. */
import { inTurn, KEELSON, KEEPALIVED, KEEPALIVED_SUCCEEDS, type Scenario } from "../bench.ts";
import { masterDownMillis, pairName, patienceMillis, withPair } from "../pair.ts";

export const crash: Scenario = {
  name: "crash",
  slow: false,
  run: (bench) =>
    inTurn(bench, [KEELSON, KEEPALIVED, KEEPALIVED_SUCCEEDS], (products, intervalMillis, round) =>
      withPair(bench.lab, products, { intervalMillis }, async ({ master, seen }) => {
        const byCable = round % 2 === 1;
        if (byCable) await bench.lab.unplug("d1");
        else await master.crash();
        const { advert, announcement } = await seen.claimed("d2", 0, patienceMillis(intervalMillis));
        const last = seen.adverts("d1").at(-1);
        if (byCable) await bench.lab.plug("d1");
        if (last === undefined) throw new Error("the master never spoke");
        const condition = { intervalMillis, who: pairName(products) };
        const silence = (advert.stampMicros - last.stampMicros) / 1_000;
        bench.results.add("detection", condition, silence - masterDownMillis(intervalMillis));
        bench.results.add("announcement", condition, (announcement.stampMicros - advert.stampMicros) / 1_000);
      }),
    ),
};
