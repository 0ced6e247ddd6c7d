/**
 * The process that sends adverts is killed and nothing else: Keelson's balancer sees to the hand-over, also when it has no
 * time to listen. keepalived has no such half: all of it dies.
 */
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMicros } from "dgram-extras";
import { until } from "../../test/support/until.ts";
import { type Bench, inTurn, KEELSON, KEEPALIVED, KEEPALIVED_SUCCEEDS, type Scenario } from "../bench.ts";
import { startClients } from "../clients.ts";
import {
  masterDownMillis,
  type Products,
  pairName,
  patienceMillis,
  startMaster,
  withMaster,
  withPair,
} from "../pair.ts";

/** An address that is still there now stays. */
const RELEASE_MS = 2_000;
const DOWN_MS = 500;

export const electorDeath: Scenario = {
  name: "elector",
  slow: false,
  run: (bench) =>
    inTurn(bench, [KEELSON, KEEPALIVED, KEEPALIVED_SUCCEEDS], (products, intervalMillis, round) =>
      kill(bench, products, intervalMillis, round % 3 === 2),
    ),
};

async function kill(
  { lab, results }: Bench,
  products: Products,
  intervalMillis: number,
  spinning: boolean,
): Promise<void> {
  const condition = { intervalMillis, who: pairName(products) };
  await withPair(lab, products, { intervalMillis, spinning }, async ({ master, seen }) => {
    const endClients = await startClients(lab);
    const since = monotonicMicros();
    master.killSpeaker();
    const { advert } = await seen.claimed("d2", since, patienceMillis(intervalMillis));
    const releasedAt = await seen.released("d1", since, RELEASE_MS);
    const { lost } = await endClients();
    const goodbye = seen.adverts("d1", since).find((one) => one.advert.priority === 0);
    const speaks = goodbye === undefined ? Number.POSITIVE_INFINITY : (goodbye.atMicros - since) / 1_000;
    const gone = releasedAt === undefined ? Number.POSITIVE_INFINITY : (releasedAt - advert.atMicros) / 1_000;
    results.add("speakerLost", condition, lost);
    results.add(spinning ? "goodbyeSpinning" : "goodbye", condition, speaks);
    results.add("oldAddress", condition, gone);
  });
}

export const electorRestart: Scenario = {
  name: "restart",
  slow: false,
  run: (bench) =>
    inTurn(bench, [KEELSON, KEEPALIVED], async (products, intervalMillis, round) => {
      if (round >= 5) return;
      const condition = { intervalMillis, who: pairName(products) };
      await withMaster(bench.lab, products.master, { intervalMillis }, async ({ master, seen, started }) => {
        const endClients = await startClients(bench.lab);
        const since = monotonicMicros();
        master.killSpeaker();
        await pause(DOWN_MS);
        started.push(await startMaster(bench.lab, products.master, { intervalMillis, keepState: true }));
        const back = monotonicMicros();
        await until("the restarted one as master", () => seen.announcements("d1", back).length > 0, {
          deadlineMs: patienceMillis(intervalMillis),
        });
        await pause(masterDownMillis(intervalMillis));
        const { lost } = await endClients();
        const kept = seen.changes("d1", since).every((change) => change.present) && seen.holds("d1");
        bench.results.add("adoptedLost", condition, lost);
        bench.results.add("adopted", condition, kept ? 1 : 0);
      });
    }),
};
