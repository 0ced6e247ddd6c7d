/** One director from its first start to its end, with a table of one size. */
import { setTimeout as pause } from "node:timers/promises";
import { Capture } from "../../test/support/capture.ts";
import type { Lab } from "../../test/support/lab.ts";
import { portOf } from "../../test/support/topology.ts";
import type { Product } from "../director.ts";
import type { MetricName } from "../metrics.ts";
import type { Results } from "../results.ts";
import { measureUsage } from "../scale/usage.ts";
import { quantile } from "../statistics.ts";
import { conditionOf } from "./condition.ts";
import { startTableDirector, type TableDirector, timeOfCheck } from "./director.ts";
import { INTERVAL_MS, type Site, type Size, site, withOtherWeight } from "./files.ts";
import { TableWatch } from "./watch.ts";

const LOOK_MS = 20;
/** After a deed; long enough for some adverts, and for whatever follows a start. */
const REST_MS = 2_000;
const LATENESS_SHARE = 0.99;
const PATIENCE_MS = 300_000;

interface Round {
  readonly lab: Lab;
  readonly services: Site;
  readonly watch: TableWatch;
  readonly capture: Capture;
  readonly add: (name: MetricName, value: number) => void;
  readonly median: (name: MetricName) => number | undefined;
}

export async function measureDirector(
  lab: Lab,
  product: Product,
  size: Size,
  results: Results,
  windowSeconds: number,
): Promise<void> {
  const condition = conditionOf(product, size);
  const watch = new TableWatch(lab.namespacePathOf("d1"));
  const capture = new Capture(lab.namespacePathOf("s"));
  const round: Round = {
    lab,
    services: site(size),
    watch,
    capture,
    add: (name, value) => results.add(name, condition, value),
    median: (name) => results.median(name, name === "tableFloor" ? conditionOf("floor", size) : condition),
  };
  let director: TableDirector | undefined;
  try {
    director = await fill(round, product);
    await usage(round, director, windowSeconds);
    await reload(round, director);
    await readOnly(round, director);
    if (product === "keelson") director = await startAgain(round, director);
  } finally {
    await director?.stop();
    capture.close();
    watch.close();
  }
}

async function fill(round: Round, product: Product): Promise<TableDirector> {
  const { lab, services, watch, add } = round;
  const begun = performance.now();
  const director = startTableDirector(lab, product, services);
  const late = latenessOf(round);
  await watch.reached(services, () => director.ill());
  add("tableFilled", performance.now() - begun);
  await isReady(director);
  await pause(REST_MS);
  add("tableFillingLateness", late());
  watch.verify(services);
  return director;
}

async function usage({ add }: Round, director: TableDirector, windowSeconds: number): Promise<void> {
  const [all] = await measureUsage([director], windowSeconds * 1_000);
  const [elector] = await measureUsage([{ pids: [director.elector] }], 0);
  add("tableIdle", all?.cpuPercent ?? Number.NaN);
  add("tableMemory", all?.residentMb ?? Number.NaN);
  add("tableElectorMemory", elector?.residentMb ?? Number.NaN);
}

async function reload(round: Round, director: TableDirector): Promise<void> {
  const { services, watch, add } = round;
  const changed = withOtherWeight(services);
  const before = await director.writes();
  const late = latenessOf(round);
  const begun = performance.now();
  const inKernel = watch.reached(changed, () => director.ill());
  const timed = inKernel.then(() => add("tableOneServer", performance.now() - begun));
  await Promise.all([director.reload(changed), timed]);
  const between = await director.writes();
  const again = performance.now();
  await director.reload(changed, "# a comment\n");
  // keepalived does not say when it has done so.
  if (before !== undefined) add("tableComment", performance.now() - again);
  await pause(REST_MS);
  add("tableReloadLateness", late());
  const after = await director.writes();
  if (before === undefined || between === undefined || after === undefined) return;
  add("tableOneWrites", between - before);
  add("tableCommentWrites", after - between);
}

async function readOnly({ lab, services, add, median }: Round, director: TableDirector): Promise<void> {
  const checked = await timeOfCheck(lab, director.product, services);
  add("tableCheck", checked);
  const begun = performance.now();
  if (await director.plan(services)) add("tablePlan", performance.now() - begun);
  const [filled, floor] = [median("tableFilled"), median("tableFloor")];
  if (filled !== undefined && floor !== undefined) add("tableOverFloor", filled / (floor + checked));
}

/** The table stays when Keelson stops; keepalived takes it along. */
async function startAgain(round: Round, director: TableDirector): Promise<TableDirector> {
  const { lab, services, add } = round;
  const changed = withOtherWeight(services);
  await director.stop();
  const begun = performance.now();
  const next = startTableDirector(lab, "keelson", changed, { keepState: true });
  await isReady(next);
  add("tableAgain", performance.now() - begun);
  add("tableAgainWrites", (await next.writes()) ?? Number.NaN);
  return next;
}

async function isReady(director: TableDirector): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!director.ready) {
    const ill = director.ill();
    if (ill !== undefined) throw new Error(ill);
    if (performance.now() > end) throw new Error("it does not become ready");
    await pause(LOOK_MS);
  }
}

/** Of the adverts from now on: gap minus interval, by the kernel's stamps. After the very first all addresses are claimed. */
function latenessOf({ capture }: Round): () => number {
  const { mac } = portOf("d1", "outer");
  const adverts = () => capture.adverts.filter((seen) => seen.mac === mac && seen.advert.priority > 0);
  const earlier = Math.max(1, adverts().length - 1);
  return () => {
    const stamps = adverts()
      .slice(earlier)
      .map(({ stampMicros }) => stampMicros / 1_000);
    const late = stamps.slice(1).map((stamp, index) => stamp - (stamps[index] ?? stamp) - INTERVAL_MS);
    return late.length === 0 ? Number.POSITIVE_INFINITY : quantile(late, LATENESS_SHARE);
  };
}
