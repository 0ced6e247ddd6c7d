/** An orderly stop with nobody to hand over to. */
import { monotonicMicros } from "dgram-extras";
import { inTurn, KEELSON, KEEPALIVED, type Scenario } from "../bench.ts";
import { allGone } from "../observation.ts";
import { pairName, patienceMillis, withMaster } from "../pair.ts";

export const alone: Scenario = {
  name: "alone",
  slow: false,
  run: (bench) =>
    inTurn(bench, [KEELSON, KEEPALIVED], (products, intervalMillis, round) => {
      // It is a deadline of the configuration: a few trials tell.
      if (round >= 3) return Promise.resolve();
      return withMaster(bench.lab, products.master, { intervalMillis }, async ({ master }) => {
        const { pids } = master;
        const since = monotonicMicros();
        master.signal("SIGTERM");
        const goneAt = await allGone(pids, patienceMillis(intervalMillis));
        const condition = { intervalMillis, who: pairName(products) };
        bench.results.add("stopAlone", condition, (goneAt - since) / 1_000);
      });
    }),
};
