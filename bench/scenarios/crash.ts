/** A machine dies: in turn all its processes in one instant, or its cable. From the last advert to the successor's first. */
import type { Lab } from "../../test/support/lab.ts";
import { inTurn, KEELSON, KEEPALIVED, KEEPALIVED_SUCCEEDS, type Scenario } from "../bench.ts";
import type { Director } from "../director.ts";
import { masterDownMillis, pairName, patienceMillis, withPair } from "../pair.ts";

export const crash: Scenario = {
  name: "crash",
  slow: false,
  run: (bench) =>
    inTurn(bench, [KEELSON, KEEPALIVED, KEEPALIVED_SUCCEEDS], (products, intervalMillis, round) =>
      withPair(bench.lab, products, { intervalMillis }, async ({ master, seen }) => {
        const revive = await die(bench.lab, master, round);
        try {
          const { advert, announcement } = await seen.claimed("d2", 0, patienceMillis(intervalMillis));
          const last = seen.adverts("d1").at(-1);
          if (last === undefined) throw new Error("the master never spoke");
          const condition = { intervalMillis, who: pairName(products) };
          const silence = (advert.stampMicros - last.stampMicros) / 1_000;
          const announced = (announcement.stampMicros - advert.stampMicros) / 1_000;
          bench.results.add("detection", condition, silence - masterDownMillis(intervalMillis));
          bench.results.add("announcement", condition, announced);
        } finally {
          await revive();
        }
      }),
    ),
};

async function die(lab: Lab, master: Director, round: number): Promise<() => Promise<void>> {
  if (round % 2 === 0) {
    await master.crash();
    return async () => {};
  }
  await lab.unplug("d1");
  return () => lab.plug("d1");
}
