/** Writes the routes and rules of routers to the kernel, and takes them out again: only those that carry our protocol. */
import { EEXIST, ENODEV, ENOENT, ESRCH } from "../../netlink/errno.ts";
import type { Request } from "../../netlink/message.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { addRoute, deleteRoute, type Route } from "../../netlink/route.ts";
import { addRule, deleteRule } from "../../netlink/rule.ts";
import type { RouterAction } from "../../vrrp/action.ts";
import type { Steering } from "../../vrrp/steering.ts";
import { noDevice, refusalOf } from "../refusal.ts";
import type { RouteClient } from "./route-client.ts";

type Refusal = KernelRefusal | undefined;
type SteerAction = Extract<RouterAction, { kind: "steer" }>;
type IndexOf = (interfaceName: string) => number | undefined;

/** Of a deletion: it is gone already. */
const GONE: ReadonlySet<number> = new Set([ESRCH, ENOENT, ENODEV]);

export interface Requests {
  readonly add: Request;
  readonly delete: Request;
}

/** What goes, then what comes; the first refusal. */
export function steer(
  client: Pick<RouteClient, "ask">,
  indexOf: IndexOf,
  { gone, wanted, anew }: Pick<SteerAction, "gone" | "wanted" | "anew">,
): Refusal {
  let refusal: Refusal;
  const failed = refusalOf(() => {
    const left = client
      .ask(deletions(gone, indexOf))
      .find((one) => one !== undefined && !GONE.has(one.errno));
    const { requests, missing } = requestsFor(wanted, indexOf);
    refusal = left ?? add(client, requests, anew) ?? missing;
  });
  return failed ?? refusal;
}

/** Of rules, then of the routes that they ask for. */
export function deletions(steering: Steering, indexOf: IndexOf): Request[] {
  return requestsFor(steering, indexOf)
    .requests.map((one) => one.delete)
    .toReversed();
}

/** What exists is ours, or it is a stranger's, which is never touched: when that is not known, ours goes to be told. */
function add(client: Pick<RouteClient, "ask">, requests: readonly Requests[], anew: boolean): Refusal {
  const outcomes = client.ask(requests.map((one) => one.add));
  const refusal = outcomes.find((one) => one !== undefined && one.errno !== EEXIST);
  const taken = requests.filter((_, index) => outcomes[index]?.errno === EEXIST);
  if (!anew || taken.length === 0) return refusal;
  client.ask(taken.map((one) => one.delete));
  const again = client.ask(taken.map((one) => one.add));
  return refusal ?? again.find((one) => one !== undefined);
}

/** `missing`: there are routes over an interface that does not exist. */
export function requestsFor(
  { routes, rules }: Steering,
  indexOf: IndexOf,
): { readonly requests: readonly Requests[]; readonly missing: Refusal } {
  const written: Route[] = [];
  for (const { interface: name, ...route } of routes) {
    const interfaceIndex = name === undefined ? undefined : indexOf(name);
    if (interfaceIndex !== undefined) written.push({ ...route, interfaceIndex });
    else if (name === undefined) written.push(route);
  }
  const requests = [
    ...written.map((route) => ({ add: addRoute(route), delete: deleteRoute(route) })),
    ...rules.map((rule) => ({ add: addRule(rule), delete: deleteRule(rule) })),
  ];
  return { requests, missing: written.length < routes.length ? noDevice("RTM_NEWROUTE") : undefined };
}
