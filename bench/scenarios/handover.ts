/** A planned move: an orderly stop, and Keelson's drill. What it costs clients, and when the stopped one is gone. */
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMicros } from "dgram-extras";
import { type Bench, inTurn, KEELSON, KEEPALIVED, KEEPALIVED_SUCCEEDS, type Scenario } from "../bench.ts";
import { startClients } from "../clients.ts";
import { allGone } from "../observation.ts";
import { type Pair, type Products, pairName, patienceMillis, withPair } from "../pair.ts";

/** For the visits that the move has cut off. */
const AFTERMATH_MS = 1_500;

export const stop: Scenario = {
  name: "stop",
  slow: false,
  run: (bench) =>
    inTurn(bench, [KEELSON, KEEPALIVED, KEEPALIVED_SUCCEEDS], (products, intervalMillis) =>
      move(bench, products, intervalMillis, "stop", ({ master }) => master.signal("SIGTERM")),
    ),
};

export const drill: Scenario = {
  name: "drill",
  slow: false,
  run: (bench) =>
    inTurn(bench, [KEELSON, KEEPALIVED_SUCCEEDS], (products, intervalMillis) =>
      move(bench, products, intervalMillis, "drill", ({ master }) => master.drill?.()),
    ),
};

async function move(
  bench: Bench,
  products: Products,
  intervalMillis: number,
  kind: "stop" | "drill",
  begin: (pair: Pair) => void,
): Promise<void> {
  const condition = { intervalMillis, who: pairName(products) };
  const patience = patienceMillis(intervalMillis);
  await withPair(bench.lab, products, { intervalMillis }, async (pair) => {
    const endClients = await startClients(bench.lab);
    const { pids } = pair.master;
    const since = monotonicMicros();
    begin(pair);
    const { announcement } = await pair.seen.claimed("d2", since, patience);
    if (kind === "stop") {
      const goneAt = await allGone(pids, patience);
      bench.results.add("stopGone", condition, (goneAt - announcement.atMicros) / 1_000);
    }
    await pause(AFTERMATH_MS);
    const { lost, longestCutOffMillis } = await endClients();
    const byPeer = products.master === "keelson" && products.backup === "keepalived";
    bench.results.add(`${kind}Lost`, condition, lost);
    bench.results.add(`${kind}Cold${byPeer ? "Peer" : ""}`, condition, longestCutOffMillis);
  });
}
