/** The master reads its file again, which nobody has changed. */
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMicros } from "dgram-extras";
import type { SeenAdvert } from "../../test/support/capture.ts";
import { inTurn, KEELSON, KEEPALIVED, type Scenario } from "../bench.ts";
import { pairName, withPair } from "../pair.ts";
import { quantile } from "../statistics.ts";

const LAST_TRIALS = 5;
/** A second has few adverts at long intervals: then it is so many intervals. */
const LEAST_INTERVALS = 5;

export const reload: Scenario = {
  name: "reload",
  slow: false,
  run: (bench) =>
    inTurn(bench, [KEELSON, KEEPALIVED], async (products, intervalMillis, round) => {
      if (round >= LAST_TRIALS) return;
      const windowMillis = Math.max(1_000, LEAST_INTERVALS * intervalMillis);
      await withPair(bench.lab, products, { intervalMillis }, async ({ master, seen }) => {
        const lateness = async (begin: () => void) => {
          const since = monotonicMicros();
          begin();
          await pause(windowMillis);
          return p99LatenessMillis(seen.adverts("d1", since), intervalMillis);
        };
        const quiet = await lateness(() => {});
        const since = monotonicMicros();
        const reloading = await lateness(() => master.signal("SIGHUP"));
        const moves = seen.adverts("d2", since).length + seen.changes("d2", since).length;
        const condition = { intervalMillis, who: pairName(products) };
        bench.results.add("reloadMoves", condition, moves);
        bench.results.add("reloadLateness", condition, reloading - quiet);
      });
    }),
};

function p99LatenessMillis(adverts: readonly SeenAdvert[], intervalMillis: number): number {
  const gaps = adverts.slice(1).map((one, index) => one.stampMicros - (adverts[index]?.stampMicros ?? 0));
  return quantile(gaps, 0.99) / 1_000 - intervalMillis;
}
