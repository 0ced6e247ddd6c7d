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
import { longestPause, offsetOf, type Pause, pausedMicros, Witness } from "../witness.ts";

const INTERVAL_MS = 10;
const BUSY_LOOPS = 4;
/** So many intervals of silence, and its skew time, are a backup's reason to claim (RFC 9568 §6.1). */
const ADVERTS_MISSED = 3;

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
    const takeovers = takeoversOf(own, other, pauses);
    const excused = takeovers.filter((takeover) => !isUnexplained(takeover));
    const gaps = gapsMillis(own);
    const granted = gapsMillis(own, pauses, excused);
    results.add(realTime ? "takeovers" : "takeoversOrdinary", condition, takeovers.length);
    results.add(realTime ? "longestGap" : "longestGapOrdinary", condition, Math.max(...gaps));
    if (!realTime) return;
    results.add("takeoversGranted", condition, takeovers.length - excused.length);
    results.add("longestGrantedGap", condition, Math.max(...granted));
    results.add("lateness", condition, quantile(gaps, 0.999) - INTERVAL_MS);
    results.add("grantedLateness", condition, quantile(granted, 0.999) - INTERVAL_MS);
    results.add("machinePause", condition, longestPause(pauses) / 1_000);
    results.add("shortestGap", condition, Math.min(...gapsMillis(own, [], excused)) / INTERVAL_MS);
  });
}

/**
 * Between adverts in turn, without the time after an advert was due in which a processor stood still, and without what
 * belongs to a take-over that the machine is to blame for: its master was none, and had to answer another one.
 */
function gapsMillis(
  adverts: readonly SeenAdvert[],
  pauses: readonly Pause[] = [],
  excused: readonly Takeover[] = [],
): number[] {
  const offset = offsetOf(adverts);
  return adverts.slice(1).flatMap(({ stampMicros }, index) => {
    const before = adverts[index]?.stampMicros ?? 0;
    if (excused.some((one) => before < one.untilMicros && stampMicros > one.sinceMicros)) return [];
    const [due, at] = [before + INTERVAL_MS * 1_000 + offset, stampMicros + offset];
    const paused = pausedMicros(pauses, due, at);
    // So long that somebody may have claimed: a master that wakes then ought to listen first.
    if (paused > ADVERTS_MISSED * INTERVAL_MS * 1_000) return [];
    return [(stampMicros - before - paused) / 1_000];
  });
}

/** A backup's adverts while its master lives, until both agree again. */
interface Takeover {
  /** The master's last advert before; on the sniffer's clock, as all three. */
  readonly sinceMicros: number;
  readonly claimedMicros: number;
  /** The backup's last advert, and the master's answer to it. */
  untilMicros: number;
  /** Between those first two a processor stood still for so long. */
  readonly pausedMicros: number;
}

/** Adverts of the backup that follow each other faster than it could have claimed anew are one take-over. */
function takeoversOf(
  own: readonly SeenAdvert[],
  other: readonly SeenAdvert[],
  pauses: readonly Pause[],
): readonly Takeover[] {
  const takeovers: Takeover[] = [];
  for (const { stampMicros: claimedMicros } of other.filter((one) => one.advert.priority > 0)) {
    const last = takeovers.at(-1);
    const untilMicros = own.find((one) => one.stampMicros > claimedMicros)?.stampMicros ?? claimedMicros;
    if (last !== undefined && claimedMicros - last.untilMicros < ADVERTS_MISSED * INTERVAL_MS * 1_000) {
      last.untilMicros = untilMicros;
      continue;
    }
    const sinceMicros = own.findLast((one) => one.stampMicros < claimedMicros)?.stampMicros ?? 0;
    const [from, to] = [sinceMicros + INTERVAL_MS * 1_000 + offsetOf(own), claimedMicros + offsetOf(own)];
    const paused = pausedMicros(pauses, from, to);
    takeovers.push({ sinceMicros, claimedMicros, untilMicros, pausedMicros: paused });
  }
  return takeovers;
}

/** Without the machine's pauses the master would have been heard in time; or it was, and the claim has no reason. */
function isUnexplained({ sinceMicros, claimedMicros, pausedMicros: paused }: Takeover): boolean {
  const silence = claimedMicros - sinceMicros;
  const limit = ADVERTS_MISSED * INTERVAL_MS * 1_000;
  return silence < limit || silence - paused >= limit;
}
