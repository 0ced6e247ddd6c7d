/** A user's own cluster for a while, with the faults that were asked for, or with some that the seed draws. */
import { after, type Duration, millis, times } from "../net/time.ts";
import { Cluster, type Layout } from "./cluster.ts";
import { type Fault, inflict } from "./fault.ts";
import type { Planned } from "./fault-text.ts";
import type { Random } from "./random.ts";
import { type Service, Serving } from "./serving.ts";
import type { Timeline } from "./timeline.ts";

interface Trial {
  readonly timeline: Timeline;
  readonly services: readonly Service[];
}

const DRAWN_FAULTS = 5;
/** Time for a first master, and for the last fault to be over. */
const [FIRST, LAST] = [0.15, 0.75];
const READY_AFTER = millis(1);
const KINDS = [
  "kill-everything",
  "kill-elector",
  "stop",
  "reboot",
  "stall",
  "pause",
  "drill",
  "partition",
] as const;

/** @param faults `undefined`: five that the seed draws */
export function runTrial(layout: Layout, faults: readonly Planned[] | undefined, length: Duration): Trial {
  const cluster = new Cluster(layout, () => []);
  const serving = new Serving(cluster);
  cluster.watch(serving);
  for (const { at, fault } of faults ?? [])
    cluster.clock.at(after(cluster.clock.now, at), () => inflict(cluster, fault));
  if (faults === undefined) drawFaults(cluster, length);
  cluster.startAll();
  cluster.run(length);
  cluster.finish();
  return { timeline: cluster.timeline, services: serving.services };
}

/** What it befalls is decided when it comes: mostly a master. */
function drawFaults(cluster: Cluster, length: Duration): void {
  const random = cluster.random.fork();
  for (let count = 0; count < DRAWN_FAULTS; count++) {
    const at = random.duration(times(length, FIRST), times(length, LAST));
    const lasts = random.duration(millis(200), times(length, 1 - LAST));
    cluster.clock.at(after(cluster.clock.now, at), () => inflict(cluster, drawFault(cluster, lasts, random)));
  }
}

function drawFault(cluster: Cluster, length: Duration, random: Random): Fault {
  const masters = cluster.routers.flatMap((router) => cluster.mastersOf(router));
  const node = random.pick(masters.length > 0 && random.chance(0.7) ? masters : cluster.nodes);
  const kind = random.pick(KINDS);
  switch (kind) {
    case "stall":
    case "pause":
      return { kind, node, length };
    case "drill":
      return { kind, node };
    case "partition":
      return { kind, island: [node], length };
    default:
      return { kind, node, length, readyAfter: READY_AFTER };
  }
}
