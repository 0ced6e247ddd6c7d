/**
 * A run from one number: a cluster, a schedule of faults, and a quiet end in which everything must be well again.
 *
 * First the faults try to break safety; then all is healed and progress is demanded. The seed alone reproduces a run.
 */
import { after, type Duration, formatDuration, micros, millis, seconds } from "../net/time.ts";
import { Cluster } from "./cluster.ts";
import { drawFault, drawPlan, drawReady, LONGEST_READY } from "./draw.ts";
import { type Fault, inflict, lengthOf } from "./fault.ts";
import { FAIR } from "./network.ts";
import type { Violation } from "./observation.ts";
import { layoutOf, type Plan, ROUTER, TRACK } from "./plan.ts";
import { Random } from "./random.ts";

interface Outcome {
  readonly violations: readonly Violation[];
  readonly timeline: string;
}

const FAULT_PHASE = seconds(60);
/** Time to elect somebody before the first fault, beside that for the adverts that must be missing. */
const CALM_START_INTERVALS = 5;
/** Likewise, when all is healed. */
const ELECTION_INTERVALS = 3;
const FEWEST_FAULTS = 6;
const MOST_FAULTS = 15;
/** The last announcement after a claim comes after 5 s. */
const ANNOUNCED = seconds(6);
/** Beside the intervals: processes wake up late, and several have to. */
const LATENESS = millis(5);
/** A fault that nothing explains is retried after a minute at the latest. */
const LONGEST_FAULT = seconds(61);
/** A dead machine answers for its addresses until their lifetime is over; a refresh repairs the rest. */
const DEAD_ANSWERS = seconds(125);
const REFRESHED = seconds(61);

/** Everything that follows from the seed. */
export function runScenario(seed: number): Outcome {
  const random = new Random(seed);
  const plan = drawPlan(seed, random);
  const cluster = new Cluster(layoutOf(plan));
  cluster.note(`seed ${seed}: ${describePlan(plan)}`);
  for (const director of cluster.directors) {
    const { delay, readyAfter } = {
      delay: random.duration(millis(0), seconds(1)),
      readyAfter: drawReady(random),
    };
    cluster.clock.in(delay, () => director.start(readyAfter));
  }
  const calm = cluster.missingAdverts(ROUTER).most + CALM_START_INTERVALS;
  cluster.run(micros(seconds(1) + calm * plan.interval));
  runFaults(cluster, plan, random);
  heal(cluster, random);
  settle(cluster, cluster.intervals(ROUTER).longest);
  return { violations: cluster.finish(), timeline: cluster.timeline.text };
}

/** Runs on until all must be well, and some more: whoever may serve now is served. */
export function settle(cluster: Cluster, interval: Duration): void {
  const intervals = cluster.missingAdverts(ROUTER).most + ELECTION_INTERVALS;
  const elected = micros(intervals * interval + LATENESS);
  cluster.run(elected);
  const limit = after(cluster.clock.now, LONGEST_FAULT);
  while (!cluster.nodes.some((node) => canServe(cluster, node)) && cluster.clock.now < limit)
    cluster.run(elected);
  cluster.run(elected);
  cluster.observe({ kind: "settled" });
  cluster.run(micros(LONGEST_READY + elected + ANNOUNCED));
  if (!isMisled(cluster)) return;
  if (someDeadDirectorAnswers(cluster)) cluster.run(DEAD_ANSWERS);
  // An announcement may be lost; the next comes with the refresh.
  else if (cluster.framesLost) cluster.run(REFRESHED);
}

function describePlan({
  interval,
  downTimerAdverts,
  preempt,
  preemptDelay,
  damping,
  unheard,
  grouped,
  election,
  priorities,
  track,
}: Plan): string {
  const directors = Object.entries(priorities).map(([name, priority]) => `${name} ${priority}`);
  const delay = preemptDelay === undefined ? "" : ` after ${formatDuration(preemptDelay)}`;
  const togetherText = grouped ? ", grouped" : election ? `, elections ${election}` : "";
  const preemption = `preempt ${preempt}${delay}${damping ? ", damped" : ""}, unheard ${unheard}${togetherText}`;
  const tracked = track === undefined || track === "nothing" ? "" : `, ${TRACK} tracked: ${track}`;
  const pace = `interval ${formatDuration(interval)}, ${downTimerAdverts} adverts missing`;
  return `${pace}, ${preemption}, ${directors.join(", ")}${tracked}`;
}

function runFaults(cluster: Cluster, plan: Plan, random: Random): void {
  const start = cluster.clock.now;
  let last = after(start, FAULT_PHASE);
  for (let count = random.whole(FEWEST_FAULTS, MOST_FAULTS); count > 0; count--) {
    const at = after(start, random.duration(millis(0), FAULT_PHASE));
    const fault = drawFault(cluster, plan, random);
    const over = after(at, lengthOf(fault));
    if (over > last) last = over;
    cluster.clock.at(at, () => inflict(cluster, aimed(cluster, fault, random)));
  }
  cluster.clock.runUntil(last);
}

/** Most trouble is worth having at the master. */
function aimed(cluster: Cluster, fault: Fault, random: Random): Fault {
  const [master] = cluster.masters;
  if (master === undefined || !("node" in fault) || !random.chance(0.6)) return fault;
  return { ...fault, node: master };
}

/** All faults end; most of the dead come back. */
function heal(cluster: Cluster, random: Random): void {
  cluster.note("-- all faults end");
  cluster.setWeather(FAIR);
  for (const director of cluster.directors) {
    for (const other of cluster.nodes) if (other !== director.name) cluster.mend(director.name, other);
    for (const { name, up } of director.kernel.interfaces.values()) if (!up) director.setLink(name, true);
    for (const what of ["advert", "hold"] as const) director.refuse(what, false);
    director.awaken();
    director.reports.set(TRACK, true);
    cluster.reload(director.name, director.part.first);
  }
  cluster.endContests();
  for (const director of cluster.directors) {
    const alone = cluster.directors.every((other) => other.process === undefined);
    if (director.process === undefined && (alone || random.chance(0.7))) director.start(drawReady(random));
  }
}

function canServe(cluster: Cluster, node: string): boolean {
  const state = cluster.state(node, ROUTER);
  return state === "Backup" || state === "Master" || state === "Leaving";
}

function isMisled(cluster: Cluster): boolean {
  return cluster.routers.some((router) =>
    cluster.mastersOf(router).some((node) => cluster.misled(node, router).length > 0),
  );
}

function someDeadDirectorAnswers(cluster: Cluster): boolean {
  return cluster.nodes.some((node) =>
    cluster.routers.some((router) => {
      return cluster.state(node, router) === undefined && cluster.held(node, router).length > 0;
    }),
  );
}
