/** Routes and routing rules that come with a router's addresses and go with them. */
import type { Route } from "../netlink/route.ts";
import type { Rule } from "../netlink/rule.ts";

/** Its interface is named: it may come and go. */
export type VirtualRoute = Omit<Route, "interfaceIndex"> & { readonly interface?: string };

export interface Steering {
  readonly routes: readonly VirtualRoute[];
  readonly rules: readonly Rule[];
}

export const NO_STEERING: Steering = { routes: [], rules: [] };

export function isEmpty({ routes, rules }: Steering): boolean {
  return routes.length === 0 && rules.length === 0;
}

/** What is in the first only. */
export function without(all: Steering, others: Steering): Steering {
  return {
    routes: difference(all.routes, others.routes),
    rules: difference(all.rules, others.rules),
  };
}

/** Settings are written by one hand: what is the same has its keys in the same order. */
function difference<One>(all: readonly One[], others: readonly One[]): readonly One[] {
  if (all.length === 0 || others.length === 0) return all;
  const known = new Set(others.map((one) => JSON.stringify(one)));
  return all.filter((one) => !known.has(JSON.stringify(one)));
}
