/**
 * A minute in which nothing happens but work: ten-millisecond adverts while four busy loops want every processor.
 * A take-over is an advert of the backup after one of its master, which lives. A witness tells what the machine took
 * from everybody, and is not what the director is judged by.
 */
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMicros } from "dgram-extras";
import type { SeenAdvert } from "../../test/support/capture.ts";
import { OwnedProcess } from "../../test/support/processes.ts";
import type { Bench, Scenario } from "../bench.ts";
import { PRODUCTS } from "../director.ts";
import { type Products, pairName, withPair } from "../pair.ts";
import { quantile } from "../statistics.ts";
import { type Pause, pausedMicros, Witness } from "../witness.ts";

const INTERVAL_MS = 10;
const BUSY_LOOPS = 4;

export const soak: Scenario = {
  name: "soak",
  slow: true,
  async run(bench) {
    for (const realTime of [true, false]) {
      for (const product of PRODUCTS)
        await bench.results.guard(() => soakOne(bench, { master: product, backup: product }, realTime));
    }
  },
};

/** The same with the other product as the backup that judges us. */
export const judged: Scenario = {
  name: "judged",
  slow: true,
  async run(bench) {
    await bench.results.guard(() => soakOne(bench, { master: "keelson", backup: "keepalived" }, true));
  },
};

async function soakOne(
  { lab, results, soakSeconds }: Bench,
  products: Products,
  realTime: boolean,
): Promise<void> {
  const condition = { intervalMillis: INTERVAL_MS, who: pairName(products) };
  await withPair(lab, products, { intervalMillis: INTERVAL_MS, realTime }, async ({ seen }) => {
    const hogs = Array.from(
      { length: BUSY_LOOPS },
      () => new OwnedProcess(["sh", "-c", "while :; do :; done"]),
    );
    const witness = await Witness.start();
    const since = monotonicMicros();
    for (let second = 0; second < soakSeconds; second++) {
      await pause(1_000);
      seen.read();
    }
    const pauses = await witness.stop();
    for (const hog of hogs) hog.signal("SIGKILL");
    await Promise.all(hogs.map((hog) => hog.ended));
    const [own, other] = [seen.adverts("d1", since), seen.adverts("d2", since)];
    const gaps = gapsMillis(own);
    const granted = gapsMillis(own, pauses);
    const takeovers = countTakeovers(own, other);
    results.add(realTime ? "takeovers" : "takeoversOrdinary", condition, takeovers);
    results.add(realTime ? "longestGap" : "longestGapOrdinary", condition, Math.max(...gaps));
    if (!realTime) return;
    results.add("longestGrantedGap", condition, Math.max(...granted));
    results.add("lateness", condition, quantile(gaps, 0.999) - INTERVAL_MS);
    results.add("grantedLateness", condition, quantile(granted, 0.999) - INTERVAL_MS);
    results.add("machinePause", condition, pausedMicros(pauses, 0, Number.POSITIVE_INFINITY) / 1_000);
    results.add("shortestGap", condition, Math.min(...gaps) / INTERVAL_MS);
  });
}

/**
 * Between adverts in turn, without the time after an advert was due in which the machine let nobody run. Whoever reads
 * the sniffer is kept from the processors too, which only ever makes its adverts look later than their stamps say.
 */
function gapsMillis(adverts: readonly SeenAdvert[], pauses: readonly Pause[] = []): number[] {
  const offset = adverts.reduce(
    (least, one) => Math.min(least, one.atMicros - one.stampMicros),
    Number.MAX_VALUE,
  );
  return adverts.slice(1).map(({ stampMicros }, index) => {
    const gap = stampMicros - (adverts[index]?.stampMicros ?? 0);
    const at = stampMicros + offset;
    return (gap - pausedMicros(pauses, at - gap + INTERVAL_MS * 1_000, at)) / 1_000;
  });
}

/** Runs of the backup's adverts between the master's. */
function countTakeovers(own: readonly SeenAdvert[], other: readonly SeenAdvert[]): number {
  const claims = other.filter((one) => one.advert.priority > 0);
  const runs = new Set(
    claims.map((claim) => own.filter((one) => one.stampMicros < claim.stampMicros).length),
  );
  return runs.size;
}
