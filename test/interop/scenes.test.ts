/**
 * Keelson beside keepalived and FRR's vrrpd, two and three directors, in every order and in every way that VRRP is spoken: who is
 * master after whatever happens, in which order the packets went, how long two were master, and what a client lost.
 *
 * keepalived lets go of its address before a successor has it, so a client loses nothing for sure only when Keelson is the one
 * that gives way. `docs/interop.md` has the cases with what was measured in one run.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { monotonicMicros } from "dgram-extras";
import { OVERLAP_LIMIT } from "../../src/vrrp/handover.ts";
import type { StreamReport } from "../support/agents/reports.ts";
import { frrSkip } from "../support/frr.ts";
import { interopSkip } from "../support/keelson.ts";
import { type Lab, openLab } from "../support/lab.ts";
import { assertPrinted, table } from "../support/printed-page.ts";
import { DIRECTORS } from "../support/topology.ts";
import { startResponders, startStream } from "../support/traffic.ts";
import { EVENTS, type EventName, SCENES, type Scene, type Step, serviceOf, titleOf } from "./scenes.ts";
import { type Outcome, Stage } from "./stage.ts";

const PAGE = "docs/interop.md";
const ROOT = join(import.meta.dirname, "../..");
const PACE_MICROS = 1_000;
/** Events that give the one who is master the time to hand over. */
const PLANNED: readonly EventName[] = [
  "stops",
  "starts",
  "is killed",
  "has its link back",
  "falls to 30",
  "rises",
  "is heard again",
];
/** The machine that runs the tests is busy. */
const SLACK_MS = 100;

/** Scenes mostly wait for timers: so many happen at a time, each in a lab of its own. */
const LABS = 3;

interface Row extends Omit<Outcome, "unserved"> {
  readonly scene: Scene;
  readonly step: Step;
  readonly lost: number;
  /** Of them, by the successor's kernel. */
  readonly unserved: number | undefined;
  /** The one that gave way was Keelson, it could have known, and its successor claimed first and announced in time. */
  readonly lossless: boolean;
  readonly timeline: string;
}

describe("Keelson beside keepalived and FRR", { skip: interopSkip() }, () => {
  const labs: Lab[] = [];
  const closings: (() => void | Promise<void>)[] = [];
  const rows = new Map<Scene, readonly Row[]>();

  before(async () => {
    const scope = { after: (close: () => void | Promise<void>) => closings.push(close) };
    const open = async () => {
      const lab = await openLab(scope);
      await startResponders(lab, DIRECTORS);
      return lab;
    };
    labs.push(...(await Promise.all(Array.from({ length: LABS }, open))));
  });
  after(async () => {
    for (const close of closings) await close();
  });

  describe("every case", { concurrency: LABS }, () => {
    for (const scene of SCENES) {
      const needsFrr = scene.directors.some(([, product]) => product === "frr");
      it(titleOf(scene), { skip: needsFrr && frrSkip() }, async (context) => {
        const lab = labs.pop();
        assert.ok(lab !== undefined);
        try {
          const seen = await perform(scene, lab, context);
          rows.set(scene, seen);
          for (const row of seen) judge(row);
        } finally {
          labs.push(lab);
        }
      });
    }
  });

  if (process.env["UPDATE_DOCS"] === "1")
    it(`are printed to ${PAGE}`, () =>
      assertPrinted(PAGE, page(SCENES.flatMap((one) => rows.get(one) ?? []))));
});

async function perform(scene: Scene, lab: Lab, context: TestContext): Promise<readonly Row[]> {
  const stage = new Stage(lab, scene, context);
  const outcomes: Omit<Row, "lost">[] = [];
  try {
    const client = { destination: serviceOf(scene), paceMicros: PACE_MICROS };
    const [stream] = await Promise.all([startStream(lab, client), stage.open()]);
    await stream.answeredBy("d1", monotonicMicros());
    for (const step of scene.steps) {
      const outcome = await stage.play(step);
      const [master, other] = step.masters;
      // What is lost in this step has been lost by now.
      if (master !== undefined && other === undefined) await stream.answeredBy(master, outcome.toMicros);
      else await stream.answeredSince(outcome.toMicros);
      const giver = outcome.giver === undefined ? undefined : stage.productOf(outcome.giver);
      const { announcedMicros: announced = 0 } = outcome;
      const prompt = announced >= 0 && announced <= OVERLAP_LIMIT;
      if (!prompt) context.diagnostic(`${step.event}: announced ${announced} µs after the claim`);
      const lossless = giver === "keelson" && PLANNED.includes(step.event) && prompt;
      const unserved = await outcome.unserved();
      const timeline = stage.timeline(outcome.fromMicros);
      outcomes.push({ ...outcome, toMicros: monotonicMicros(), unserved, scene, step, lossless, timeline });
    }
    const report = await stream.stop();
    return outcomes.map((outcome, index) => {
      const sinceMicros = outcomes[index - 1]?.toMicros ?? outcome.fromMicros;
      return { ...outcome, lost: lostBetween(report, sinceMicros, outcome.toMicros) };
    });
  } finally {
    await stage.close();
  }
}

function judge({ scene, step, lossless, lost, unserved = 0, overlapMicros = 0, timeline }: Row): void {
  const what = caseOf(scene, step).join();
  const losses = `${what}: ${lost} lost, of them ${unserved} not yet known\n${timeline}`;
  const inTurning = scene.sharedMac === true ? OVERLAP_LIMIT / PACE_MICROS : 0;
  if (lossless) assert.ok(lost <= Math.max(unserved, inTurning), losses);
  const most = ((scene.intervalMillis ?? 100) + SLACK_MS) * 1_000;
  assert.ok(overlapMicros <= most, `${what}: two masters for ${overlapMicros} µs`);
}

it(`${PAGE} lists exactly these cases`, () => {
  const cases = SCENES.flatMap((scene) => scene.steps.map((step) => caseOf(scene, step).join()));
  assert.deepEqual(written(), cases, "run this test as root with UPDATE_DOCS=1");
});

/** Numbered datagrams that nobody answered, until one was that was sent in this time. */
function lostBetween({ gaps }: StreamReport, sinceMicros: number, untilMicros: number): number {
  const ended = gaps.filter((gap) => gap.toMicros > sinceMicros && gap.toMicros <= untilMicros);
  return ended.reduce((sum, gap) => sum + gap.lost, 0);
}

/** What does not change from run to run. */
function caseOf(scene: Scene, { node, event, masters }: Step): string[] {
  return [titleOf(scene), `${node} ${event}`, masters.join(" and ")];
}

function page(rows: readonly Row[]): string {
  const heads = ["Directors", "What happens", "Master then", "Two masters, ms", "Lost", "Not yet known"];
  const cells = rows.map((row) => {
    const overlap = row.overlapMicros === undefined ? "–" : (row.overlapMicros / 1_000).toFixed(1);
    return [...caseOf(row.scene, row.step), overlap, `${row.lost}`, `${row.unserved ?? "–"}`];
  });
  return `# Keelson beside keepalived and FRR

Printed by \`test/interop/scenes.test.ts\` with UPDATE_DOCS=1; do not edit. Every row is a case with real processes in network
namespaces, and every run asserts who is master, the order of the packets, how long two are masters, and that a client loses
nothing whenever Keelson is the one that hands over. The numbers are those of one run, Keelson ${version()}, keepalived
${keepalivedVersion()} with real-time priority and FRR's vrrpd, ${LABS} cases at a time on a busy machine.

* **Two masters**: from the successor's first advert to the last advert of another one. Unknown (–) while two are meant to be
  masters.
* **Lost**: of the datagrams that a client sends every ${PACE_MICROS / 1_000} ms to the address, those without an answer until the step was over.
  keepalived lets go of the address before its successor has it: what is lost when it gives way is its own.
* **Not yet known**: of them, those that the successor's kernel dropped because it did not know its own address yet. The kernel says
  yes to a new IPv6 address some time before it takes what is sent there; Keelson announces the address after that, keepalived
  before. What is lost so is keepalived's, also when two keepalived directors hand over. IPv4 has no such time.
* With a virtual MAC address a switch follows whoever spoke with it last. Keelson's last advert in giving way to a better master turns
  it back until that one answers: at most ${OVERLAP_LIMIT / 1_000} ms are allowed to be lost here.
* FRR, over IPv6, announces an address up to an interval before its first advert. A master that has heard of no better one defends
  the address meanwhile, and FRR does not announce again: what is lost then, until clients ask anew, is FRR's.
* Sync groups of both products move together in \`test/interop/sync-groups.test.ts\`.

${table(heads, cells)}

## What happens

${table(
  ["Event", "Meaning"],
  Object.entries(EVENTS).map(([name, meaning]) => [name, meaning]),
)}
`;
}

/** The cases that the page lists. */
function written(): string[] {
  const lines = readFileSync(join(ROOT, PAGE), "utf8").split("\n");
  const cells = lines.map((line) => line.split("|").map((cell) => cell.trim()));
  return cells
    .filter((row) => row.length === 8)
    .slice(2)
    .map((row) => row.slice(1, 4).join());
}

function version(): string {
  const text = readFileSync(join(ROOT, "package.json"), "utf8");
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? "";
}

function keepalivedVersion(): string {
  const { stderr } = spawnSync("keepalived", ["--version"], { encoding: "utf8" });
  return /v([\d.]+)/.exec(stderr)?.[1] ?? "";
}
