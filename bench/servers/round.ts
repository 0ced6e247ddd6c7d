/** One round: the checker starts, its server is lost in two ways and comes back from both, the checker ends. */
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMicros } from "dgram-extras";
import { IpvsClient } from "../../src/linux/netlink/ipvs-client.ts";
import type { Lab } from "../../test/support/lab.ts";
import type { OwnedProcess } from "../../test/support/processes.ts";
import { portOf } from "../../test/support/topology.ts";
import { startWebServer } from "../../test/support/web.ts";
import type { Product } from "../director.ts";
import type { Results } from "../results.ts";
import { INTERVAL_MS, startChecker } from "./checker.ts";

const LOST = "r1";
const ADDRESS = portOf(LOST, "inner").address;
const LOOK_MS = 10;
const PATIENCE_MS = 60_000;

export async function measureServer(lab: Lab, product: Product, results: Results): Promise<void> {
  const table = new IpvsClient(lab.namespacePathOf("d1"));
  const condition = { intervalMillis: INTERVAL_MS, who: product };
  /** Milliseconds until the director sends to the server, or no more. */
  const until = async (wanted: boolean) => {
    const since = monotonicMicros();
    const balanced = () =>
      table
        .table()
        .services.flatMap(({ destinations }) => destinations)
        .some(({ address, weight }) => address === ADDRESS && weight > 0);
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await pause(LOOK_MS)) {
      if (balanced() === wanted) return (monotonicMicros() - since) / 1_000;
    }
    throw new Error(`${product} did not ${wanted ? "add" : "remove"} the server`);
  };

  const other = await startWebServer(lab, "r2");
  let server: OwnedProcess = await startWebServer(lab, LOST);
  const checker = await startChecker(lab, product);
  try {
    await until(true);
    await anyMoment();
    await server.stop();
    results.add("serverKilled", condition, await until(false));
    await anyMoment();
    server = await startWebServer(lab, LOST);
    results.add("serverBack", condition, await until(true));
    await anyMoment();
    await lab.unplug(LOST, "inner");
    results.add("serverSilent", condition, await until(false));
  } finally {
    await lab.plug(LOST, "inner");
    await checker.end();
    await Promise.all([server.stop(), other.stop()]);
    await lab.exec("d1", "ipvsadm", "-C");
    table.close();
  }
}

/** Of the time between two checks; and connections of the last change are over. */
function anyMoment(): Promise<void> {
  return pause((1 + Math.random()) * INTERVAL_MS);
}
