/** What a seed draws: a cluster, and the faults that befall it. */
import { unreachable } from "../net/bug.ts";
import { type Duration, micros, millis, seconds, times } from "../net/time.ts";
import type { Cluster, Plan } from "./cluster.ts";
import type { Fault } from "./fault.ts";
import type { Random } from "./random.ts";

/** The shortest costs the most time to simulate. */
const INTERVALS = [10, 100, 100, 100, 1_000, 1_000].map((count) => millis(count));
const NAMES = ["a", "b", "c"];
export const LONGEST_READY = seconds(5);
const LONGEST_FAULT = seconds(15);
/** In intervals, more or less: everything between a hiccup and an outage, above all where decisions are made. */
const LENGTHS = [0.5, 2, 3, 4, 6, 12, 40];
const ENDS = ["kill-elector", "kill-everything", "reboot", "stop"] as const;
/** A kind that stands twice is drawn twice as often. */
const KINDS = [
  ...(["stall", "stall", "pause", "end", "end", "end", "outage", "drill", "drill"] as const),
  ...(["link-down", "steal", "refuse", "cut", "weather"] as const),
] as const;

export function drawPlan(seed: number, random: Random): Plan {
  const nodes = NAMES.slice(0, random.whole(2, 3));
  const equal = random.chance(0.1);
  const priorities = nodes.map(
    (name, index) => [name, equal ? 100 : 200 - 50 * index + random.whole(0, 40)] as const,
  );
  const owner = random.chance(0.15) ? [["a", 255] as const] : [];
  return {
    seed,
    interval: random.pick(INTERVALS),
    preempt: random.chance(0.6),
    priorities: Object.fromEntries([...priorities, ...owner]),
    stopTimeout: random.pick([millis(300), seconds(10)]),
    preemptDelay: random.pick([micros(0), micros(0), seconds(3)]),
    damping: random.chance(0.3),
    grouped: random.chance(0.3),
  };
}

export function drawFault(cluster: Cluster, plan: Plan, random: Random): Fault {
  const node = random.pick(cluster.nodes);
  const length = drawLength(plan.interval, random);
  const restart = { node, length, readyAfter: drawReady(random) };
  const kind = random.pick(KINDS);
  switch (kind) {
    case "stall":
    case "pause":
      return { kind, node, length };
    case "end":
      return { kind: random.pick(ENDS), ...restart };
    case "outage":
      return { kind, length, readyAfter: restart.readyAfter };
    case "drill":
      return { kind, node };
    case "link-down":
      return { kind, node, interface: random.pick(["eth0", "eth1"]), length };
    case "steal":
      return { kind, node };
    case "refuse":
      return { kind, node, what: random.pick(["advert", "hold"] as const), length };
    case "cut":
      return { kind, from: node, to: random.pick(cluster.nodes.filter((other) => other !== node)), length };
    case "weather": {
      const loss = random.pick([0, 0.05, 0.2, 0.5]);
      const duplicates = random.pick([0, 0, 0.3]);
      return { kind, weather: { loss, duplicates, shortestDelayUs: 50, longestDelayUs: 3_000 }, length };
    }
    default:
      return unreachable(kind);
  }
}

function drawLength(interval: Duration, random: Random): Duration {
  const intervals = random.pick(LENGTHS) * (0.7 + 0.6 * random.fraction());
  return micros(Math.min(times(interval, intervals), LONGEST_FAULT));
}

export function drawReady(random: Random): Duration {
  return random.chance(0.5) ? millis(1) : random.duration(millis(1), LONGEST_READY);
}
