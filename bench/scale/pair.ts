/** Two directors of one product that share all routers: d1 is master of every one, d2 its backup. */
import { setTimeout as pause } from "node:timers/promises";
import { until } from "../../test/support/until.ts";
import type { Product } from "../director.ts";
import { type Load, type ScaleDirector, startDirector } from "./director.ts";
import { type Site, withSite } from "./site.ts";
import { Sniffer } from "./sniffer.ts";

const PATIENCE_MS = 60_000;
/** The last of the announcements that follow a claim come after five seconds, of both products. */
const SETTLING_MS = 6_000;

export interface ScalePair {
  readonly site: Site;
  readonly master: ScaleDirector;
  readonly backup: ScaleDirector;
  readonly sniffer: Sniffer;
}

export function countRouters({ links, routersPerLink }: Load): number {
  return links * routersPerLink;
}

export async function withPair(
  product: Product,
  load: Load,
  build: string | undefined,
  trial: (pair: ScalePair) => Promise<void>,
): Promise<void> {
  await withSite(load.links, async (site) => {
    const sniffer = new Sniffer(site);
    const count = countRouters(load);
    try {
      const master = await startDirector(site, product, "d1", load, build);
      const allHeard = () =>
        until(`${product} as master of all`, () => sniffer.adverts("d1").size === count, {
          deadlineMs: PATIENCE_MS,
          explain: () => `of ${count}: ${sniffer.adverts("d1").size}`,
        });
      await allHeard();
      const backup = await startDirector(site, product, "d2", load, build);
      await pause(SETTLING_MS);
      sniffer.forget();
      await allHeard();
      await trial({ site, master, backup, sniffer });
    } finally {
      sniffer.close();
    }
  });
}
