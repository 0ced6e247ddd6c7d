/** Under which name a value of this bench stands in the table, and what is said of twice the size. */
import type { Product } from "../director.ts";
import type { Condition, Results } from "../results.ts";
import { INTERVAL_MS, type Size } from "./files.ts";

const ADDENDS = [
  ["tableFilled", "tableFilledDouble"],
  ["tableOneServer", "tableOneServerDouble"],
  ["tableComment", "tableCommentDouble"],
] as const;
/** 18,602 servers are half of 37,205. */
const ROUNDING = 1;

export function conditionOf(who: Product | "ipvsadm -R" | "floor", { servers }: Size): Condition {
  return { intervalMillis: INTERVAL_MS, who: `${who}, ${servers.toLocaleString("en")} servers` };
}

/** How much longer this size takes than half of it, when that was measured too. */
export function doubling(results: Results, product: Product, sizes: readonly Size[], size: Size): void {
  const half = sizes.find(({ servers }) => Math.abs(2 * servers - size.servers) <= ROUNDING);
  if (half === undefined) return;
  for (const [name, ratio] of ADDENDS) {
    const [one, two] = [half, size].map((each) => results.median(name, conditionOf(product, each)));
    if (one !== undefined && two !== undefined) results.add(ratio, conditionOf(product, size), two / one);
  }
}
