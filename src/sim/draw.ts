/** What a seed draws: a cluster, and the faults that befall it. */
import { unreachable } from "../net/bug.ts";
import { type Duration, formatDuration, micros, millis, seconds, times } from "../net/time.ts";
import type { Cluster } from "./cluster.ts";
import type { Fault } from "./fault.ts";
import type { Weather } from "./network.ts";
import { CONTESTED, type FilePlan, type Plan, routersOf, TRACK } from "./plan.ts";
import type { Random } from "./random.ts";

/** The shortest costs the most time to simulate. */
const INTERVALS = [10, 100, 100, 100, 1_000, 1_000].map((count) => millis(count));
const NAMES = ["a", "b", "c", "d", "e"];
/** How many adverts must be missing: three is the common case. */
const MISSING_ADVERTS = [3, 3, 3, 2, 4, 5];
const OWNER = 255;
/** Two are the common case; more cost more time to simulate. */
const SIZES = [2, 2, 2, 3, 3, 4, 5];
/** An ordinary quartz. */
const LARGEST_DRIFT_PPM = 100;
/** What may be tracked, and how: as a fault, or with a weight that changes who is best. */
const TRACKS = ["nothing", "nothing", "fault", -60, 30] as const;
export const LONGEST_READY = seconds(5);
const LONGEST_FAULT = seconds(15);
/** In intervals, more or less: everything between a hiccup and an outage, above all where decisions are made. */
const LENGTHS = [0.5, 2, 3, 4, 6, 12, 40];
const ENDS = ["kill-elector", "kill-everything", "reboot", "stop"] as const;
/** A kind that stands twice is drawn twice as often. */
const KINDS = [
  ...(["stall", "stall", "pause", "end", "end", "end", "outage", "drill", "drill"] as const),
  ...(["link-down", "steal", "refuse", "cut", "partition", "weather", "conflict"] as const),
  ...(["common-stall", "periodic-stall", "reload", "reload", "reload", "track-down"] as const),
] as const;

export function drawPlan(seed: number, random: Random): Plan {
  const nodes = NAMES.slice(0, random.pick(SIZES));
  const equal = random.chance(0.1);
  const priorities = nodes.map(
    (name, index) => [name, equal ? 100 : 200 - 40 * index + random.whole(0, 39)] as const,
  );
  const owners = random.chance(0.15) ? drawOwners(random) : [];
  return {
    seed,
    interval: random.pick(INTERVALS),
    preempt: random.chance(0.6),
    priorities: Object.fromEntries([...priorities, ...owners]),
    stopTimeout: random.pick([millis(300), seconds(10)]),
    preemptDelay: random.pick([micros(0), micros(0), seconds(3)]),
    damping: random.chance(0.3),
    unheard: random.pick(["give-way", "stay"] as const),
    ...drawTogether(random),
    track: random.pick(TRACKS),
    driftPpm: Object.fromEntries(
      nodes.map((name) => [name, random.whole(-LARGEST_DRIFT_PPM, LARGEST_DRIFT_PPM)]),
    ),
    downTimerAdverts: random.pick(MISSING_ADVERTS),
  };
}

/** Nothing, a sync group of two routers, or one with an election for each family. */
function drawTogether(random: Random): Pick<Plan, "grouped" | "election"> {
  const drawn = random.fraction();
  return { grouped: drawn < 0.2, ...(drawn > 0.85 ? { election: "per-family" } : {}) };
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
    case "cut": {
      const to = random.pick(cluster.nodes.filter((other) => other !== node));
      const [adverts] = plan.election === "per-family" ? random.pick([[], [4], [6]] as const) : [];
      return { kind, from: node, to, adverts, length };
    }
    case "partition":
      return { kind, island: draw(cluster.nodes, random), length };
    case "conflict":
      return { kind, ...CONTESTED, length };
    case "track-down":
      return { kind, node, track: TRACK, length };
    case "common-stall":
      return { kind: "stalls", nodes: cluster.nodes, length, every: length, count: 1 };
    case "periodic-stall": {
      const count = random.whole(2, 6);
      const one = micros(length / count);
      const every = micros(one * (1.2 + random.fraction()));
      return {
        kind: "stalls",
        nodes: random.chance(0.5) ? [node] : cluster.nodes,
        length: one,
        every,
        count,
      };
    }
    case "reload":
      return drawReload(cluster, plan, random, length);
    case "weather":
      return { kind, weather: drawWeather(random), length };
    default:
      return unreachable(kind);
  }
}

function drawWeather(random: Random): Weather {
  const loss = random.pick([0, 0.05, 0.2, 0.5]);
  const duplicates = random.pick([0, 0, 0.3]);
  const reordered = random.pick([0, 0, 0.2]);
  return { loss, duplicates, reordered, shortestDelayUs: 50, longestDelayUs: reordered > 0 ? 30_000 : 3_000 };
}

/** On one director first, as an operator would who tries it out, or on several. */
function drawReload(cluster: Cluster, plan: Plan, random: Random, length: Duration): Fault {
  const [change, file] = drawFile(plan, random);
  const nodes = random.chance(0.5) ? cluster.nodes : draw(cluster.nodes, random);
  const files = new Map(nodes.map((node) => [node, routersOf(file, node)]));
  const before = new Map(nodes.map((node) => [node, cluster.director(node).part.first]));
  return { kind: "reload", change, files, before, length };
}

function drawFile(plan: Plan, random: Random): readonly [string, FilePlan] {
  const change = random.pick(["interval", "preempt", "priorities", "address", "nothing"] as const);
  switch (change) {
    case "interval": {
      const interval = times(plan.interval, random.pick([2, 3]));
      return [`an interval of ${formatDuration(interval)}`, { ...plan, interval }];
    }
    case "preempt":
      return [`preempt ${!plan.preempt}`, { ...plan, preempt: !plan.preempt }];
    case "priorities": {
      const entries = Object.keys(plan.priorities).map((name) => [name, random.whole(1, 254)] as const);
      const priorities = Object.fromEntries(entries);
      return [`priorities ${Object.values(priorities).join(", ")}`, { ...plan, priorities }];
    }
    case "address":
      return ["one more address", { ...plan, extraAddress: true }];
    case "nothing":
      return ["the same in other words", { ...plan }];
    default:
      return unreachable(change);
  }
}

/** Two of them are a mistake that a file cannot make, but two files can. */
function drawOwners(random: Random): readonly (readonly [string, number])[] {
  return (random.chance(0.3) ? ["a", "b"] : ["a"]).map((name) => [name, OWNER] as const);
}

/** Some of them, but not all. */
function draw(nodes: readonly string[], random: Random): readonly string[] {
  const chosen = nodes.filter(() => random.chance(0.5));
  return chosen.length === 0 || chosen.length === nodes.length ? [random.pick(nodes)] : chosen;
}

function drawLength(interval: Duration, random: Random): Duration {
  const intervals = random.pick(LENGTHS) * (0.7 + 0.6 * random.fraction());
  return micros(Math.min(times(interval, intervals), LONGEST_FAULT));
}

export function drawReady(random: Random): Duration {
  return random.chance(0.5) ? millis(1) : random.duration(millis(1), LONGEST_READY);
}
