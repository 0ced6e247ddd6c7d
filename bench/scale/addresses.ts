/** A backup becomes master of one router with hundreds of addresses: nothing may keep its adverts waiting. */
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMicros } from "dgram-extras";
import { RouteMonitor } from "../../src/linux/netlink/route-monitor.ts";
import { until } from "../../test/support/until.ts";
import type { Product } from "../director.ts";
import type { Results } from "../results.ts";
import type { Load } from "./director.ts";
import { withPair } from "./pair.ts";
import type { Site } from "./site.ts";

const PATIENCE_MS = 20_000;
/** For the later announcements of the claim, which must not make an advert late either. */
const AFTERMATH_MS = 6_000;

export async function measureAddresses(
  results: Results,
  product: Product,
  load: Load,
  build: string | undefined,
): Promise<void> {
  const { intervalMillis, addresses } = load;
  const condition = { intervalMillis, who: `${product} → ${product}` };
  await withPair(product, load, build, async ({ site, master, sniffer }) => {
    const arrivals = new Arrivals(site);
    try {
      await master.crash();
      const announced = () => sniffer.announcements("d2");
      await until(
        "all addresses and announcements",
        () => arrivals.count >= addresses && announced().size >= addresses,
        {
          deadlineMs: PATIENCE_MS,
          explain: () => `of ${addresses}: ${arrivals.count} are there, ${announced().size} announced`,
        },
      );
      await pause(AFTERMATH_MS);
      const adverts = [...sniffer.adverts("d2").values()].flat();
      const [first] = adverts;
      if (first === undefined) throw new Error("no advert was seen");
      const gaps = adverts.slice(1).map((one, index) => one.stampMicros - (adverts[index]?.stampMicros ?? 0));
      const lastAnnounced = Math.max(
        ...[...announced().values()].map(([first]) => first?.stampMicros ?? Number.NaN),
      );
      results.add("addressesLateness", condition, Math.max(...gaps) / 1_000 / intervalMillis - 1);
      results.add("addressesThere", condition, (arrivals.lastMicros - first.atMicros) / 1_000);
      results.add("addressesAnnounced", condition, (lastAnnounced - first.stampMicros) / 1_000);
    } finally {
      arrivals.close();
    }
  });
}

/** When the successor's kernel has said that it has an address. */
class Arrivals {
  readonly #monitor: RouteMonitor;
  readonly #there = new Set<string>();
  lastMicros = 0;

  constructor(site: Site) {
    this.#monitor = new RouteMonitor(() => this.#look(), site.namespacePathOf("d2"));
  }

  get count(): number {
    return this.#there.size;
  }

  close(): void {
    this.#monitor.close();
  }

  #look(): void {
    const now = monotonicMicros();
    const { changes, overrun } = this.#monitor.drain();
    if (overrun) throw new Error("lost notifications");
    for (const change of changes) {
      if (change.kind !== "address" || this.#there.has(change.address.address)) continue;
      this.#there.add(change.address.address);
      this.lastMicros = now;
    }
  }
}
