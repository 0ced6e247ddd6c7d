/** What every scenario is given. */
import type { Lab } from "../test/support/lab.ts";
import type { Products } from "./pair.ts";
import type { Results } from "./results.ts";

export interface Plan {
  readonly intervalMillis: number;
  readonly trials: number;
}

export interface Bench {
  readonly lab: Lab;
  readonly results: Results;
  readonly plans: readonly Plan[];
  /** How long adverts are watched under load. */
  readonly soakSeconds: number;
}

export interface Scenario {
  readonly name: string;
  /** Left out of a quick run. */
  readonly slow: boolean;
  readonly run: (bench: Bench) => Promise<void>;
}

export const KEELSON = { master: "keelson", backup: "keelson" } as const;
export const KEEPALIVED = { master: "keepalived", backup: "keepalived" } as const;
export const KEEPALIVED_SUCCEEDS = { master: "keelson", backup: "keepalived" } as const;

/** All trials, the products in turn, so that a noisy minute of the machine is shared. */
export async function inTurn(
  { plans, results }: Bench,
  pairs: readonly Products[],
  trial: (products: Products, intervalMillis: number, round: number) => Promise<void>,
): Promise<void> {
  for (const { intervalMillis, trials } of plans) {
    for (let round = 0; round < trials; round++) {
      for (const products of pairs) await results.guard(() => trial(products, intervalMillis, round));
    }
  }
}
