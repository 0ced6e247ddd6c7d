/** What can go wrong in a simulated cluster, as data: inflicted at once, and taken back after its time. */
import { unreachable } from "../net/bug.ts";
import type { Family, IpAddress } from "../net/ip.ts";
import { after, type Duration, formatDuration, millis, times } from "../net/time.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import type { Cluster } from "./cluster.ts";
import { FAIR, type Weather } from "./network.ts";
import type { Refusable } from "./node.ts";

/** The process is gone for a while; `readyAfter` counts from the new start. */
interface Restart {
  readonly node: string;
  readonly length: Duration;
  readonly readyAfter: Duration;
}

export type Fault =
  /** The process does nothing; or the whole machine, its clock included. */
  | { readonly kind: "stall" | "pause"; readonly node: string; readonly length: Duration }
  /** These processes stand still together, `count` times, from one beginning to the next `every` apart. */
  | {
      readonly kind: "stalls";
      readonly nodes: readonly string[];
      readonly length: Duration;
      readonly every: Duration;
      readonly count: number;
    }
  | ({ readonly kind: "kill-elector" | "kill-everything" | "reboot" | "stop" } & Restart)
  /** Everything is killed on every director; they come back one after another. */
  | { readonly kind: "outage"; readonly length: Duration; readonly readyAfter: Duration }
  | { readonly kind: "drill"; readonly node: string }
  | {
      readonly kind: "link-down";
      readonly node: string;
      readonly interface: string;
      readonly length: Duration;
    }
  /** An operator removes all virtual addresses. */
  | { readonly kind: "steal"; readonly node: string }
  | { readonly kind: "refuse"; readonly node: string; readonly what: Refusable; readonly length: Duration }
  /** One way only, and of everything, or of the adverts of one family. */
  | {
      readonly kind: "cut";
      readonly from: string;
      readonly to: string;
      readonly adverts?: Family | undefined;
      readonly length: Duration;
    }
  /** Nobody on the island is heard outside, nor hears. */
  | { readonly kind: "partition"; readonly island: readonly string[]; readonly length: Duration }
  | { readonly kind: "weather"; readonly weather: Weather; readonly length: Duration }
  /** Somebody else holds one of the addresses. */
  | {
      readonly kind: "conflict";
      readonly address: IpAddress;
      readonly network: string;
      readonly length: Duration;
    }
  | { readonly kind: "track-down"; readonly node: string; readonly track: string; readonly length: Duration }
  /** Another file for these directors; later the first one again. */
  | {
      readonly kind: "reload";
      readonly change: string;
      readonly files: ReadonlyMap<string, readonly RouterSettings[]>;
      readonly before: ReadonlyMap<string, readonly RouterSettings[]>;
      readonly length: Duration;
    };

const LARGEST_CLUSTER = 5;
/** A process that is still leaving is started again as soon as it is gone. */
const RESTART_RETRY = millis(50);

export function inflict(cluster: Cluster, fault: Fault): void {
  // Whoever would do it to a paused machine is paused too, but for its cables.
  if ("node" in fault && fault.kind !== "link-down" && cluster.director(fault.node).paused) return;
  cluster.note(`-- ${describeFault(fault)}`);
  switch (fault.kind) {
    case "stall":
    case "pause":
      cluster.director(fault.node)[fault.kind]();
      cluster.clock.in(fault.length, () => cluster.director(fault.node).awaken());
      return;
    case "stalls":
      for (let count = 0; count < fault.count; count++) {
        const at = after(cluster.clock.now, times(fault.every, count));
        cluster.clock.at(at, () => stallTogether(cluster, fault.nodes, fault.length));
      }
      return;
    case "kill-elector":
    case "kill-everything":
    case "reboot":
    case "stop":
      return endProcess(cluster, fault);
    case "outage":
      for (const [index, node] of cluster.nodes.entries()) {
        if (cluster.director(node).paused) continue;
        endProcess(cluster, {
          ...fault,
          kind: "kill-everything",
          node,
          length: times(fault.length, 1 + index),
        });
      }
      return;
    case "drill":
      return cluster.director(fault.node).ask("drill");
    case "link-down":
      cluster.director(fault.node).setLink(fault.interface, false);
      cluster.clock.in(fault.length, () => cluster.director(fault.node).setLink(fault.interface, true));
      return;
    case "steal":
      return steal(cluster, fault.node);
    case "refuse":
      cluster.director(fault.node).refuse(fault.what, true);
      cluster.clock.in(fault.length, () => cluster.director(fault.node).refuse(fault.what, false));
      return;
    case "cut":
      cluster.cut(fault.from, fault.to, fault.adverts);
      cluster.clock.in(fault.length, () => cluster.mend(fault.from, fault.to));
      return;
    case "partition":
      return partition(cluster, fault.island, fault.length);
    case "conflict":
      cluster.contest(fault.address, fault.network);
      cluster.clock.in(fault.length, () => cluster.endContests());
      return;
    case "track-down":
      cluster.director(fault.node).reports.set(fault.track, false);
      cluster.clock.in(fault.length, () => cluster.director(fault.node).reports.set(fault.track, true));
      return;
    case "reload":
      reload(cluster, fault.files);
      cluster.clock.in(fault.length, () => reload(cluster, fault.before));
      return;
    case "weather":
      cluster.setWeather(fault.weather);
      cluster.clock.in(fault.length, () => cluster.setWeather(FAIR));
      return;
    default:
      unreachable(fault);
  }
}

/** How long until nothing of it is left, as far as the fault itself decides. */
export function lengthOf(fault: Fault): Duration {
  if (fault.kind === "outage") return times(fault.length, LARGEST_CLUSTER);
  if (fault.kind === "stalls") return times(fault.every, fault.count);
  return fault.kind === "drill" || fault.kind === "steal" ? millis(0) : fault.length;
}

function endProcess(cluster: Cluster, fault: Restart & { kind: string }): void {
  const director = cluster.director(fault.node);
  if (fault.kind === "kill-elector") director.killElector();
  else if (fault.kind === "kill-everything") director.killEverything();
  else if (fault.kind === "reboot") director.reboot();
  else director.ask("stop");
  const restart = () => {
    if (director.process === undefined && !director.paused) director.start(fault.readyAfter);
    else if (fault.kind === "stop" || director.paused) cluster.clock.in(RESTART_RETRY, restart);
  };
  cluster.clock.in(fault.length, restart);
}

function stallTogether(cluster: Cluster, nodes: readonly string[], length: Duration): void {
  for (const node of nodes) cluster.director(node).stall();
  cluster.clock.in(length, () => {
    for (const node of nodes) if (!cluster.director(node).paused) cluster.director(node).awaken();
  });
}

function partition(cluster: Cluster, island: readonly string[], length: Duration): void {
  const others = cluster.nodes.filter((node) => !island.includes(node));
  const ways = island.flatMap((one) =>
    others.flatMap((other) => [[one, other] as const, [other, one] as const]),
  );
  for (const [from, to] of ways) cluster.cut(from, to);
  cluster.clock.in(length, () => {
    for (const [from, to] of ways) cluster.mend(from, to);
  });
}

/** Nobody edits a file on a machine that stands still. */
function reload(cluster: Cluster, files: ReadonlyMap<string, readonly RouterSettings[]>): void {
  for (const [node, routers] of files) if (!cluster.director(node).paused) cluster.reload(node, routers);
}

function steal(cluster: Cluster, node: string): void {
  const director = cluster.director(node);
  for (const { addresses } of director.settings) for (const { address } of addresses) director.steal(address);
}

function describeFault(fault: Fault): string {
  if (fault.kind === "reload") {
    return `reload of ${[...fault.files.keys()].join(" and ")} with ${fault.change}, for ${formatDuration(fault.length)}`;
  }
  const details = Object.entries(fault).filter(([key]) => key !== "kind" && key !== "weather");
  const words = details.map(([key, value]) => {
    const isTime = typeof value === "number" && key !== "count" && key !== "adverts";
    return isTime ? `${key} ${formatDuration(millis(value / 1_000))}` : `${key} ${value}`;
  });
  const weather = fault.kind === "weather" ? [JSON.stringify(fault.weather)] : [];
  return [fault.kind, ...words, ...weather].join(", ");
}
