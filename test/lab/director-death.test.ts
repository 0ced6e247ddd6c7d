/** What happens when one of a director's two processes dies, stops, or both do. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { openCapture } from "../support/capture.ts";
import {
  type DirectorProcess,
  isRunning,
  pairFile,
  startDirector,
  startPair,
} from "../support/director-process.ts";
import { labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { portOf, VIP, VIP6 } from "../support/topology.ts";
import { startStream, startVisits } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const DONE = 0;
const REFUSED = 1;
const ABSENT = 3;
/** Adverts enough to see that they go on. */
const MANY = 5;
/** The elector waits 5 s for a word of its balancer. */
const SILENCE_MS = 20_000;

const INTERVAL_MICROS = 100_000;

describe("a director whose processes die", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("hands over without a loss when its elector is killed", async (context) => {
    const [first, second] = await startPair(context, lab());
    const capture = openCapture(context, lab());
    const stream = await startStream(lab());
    const visits = await startVisits(lab());
    await stream.answeredBy("d1");
    await visits.answeredBy("d1");
    first.signal("SIGKILL");
    await stream.answeredBy("d2");
    await visits.answeredBy("d2");
    await first.holds(false);
    assert.equal((await second.state("Master")).cause, "master-left");
    const goodbye = capture.adverts.find(({ advert }) => advert.priority === 0);
    assert.equal(goodbye?.source, portOf("d1", "outer").address);
    const cold = await visits.stop();
    const report = await stream.stop();
    context.diagnostic(`longest cold visit ${cold.longestCutOffMillis} ms`);
    assert.equal(report.lost, 0, JSON.stringify(report.gaps));
    await until("end of the orphan", () => first.balancer === undefined);
  });

  it("hands over both families when its elector is killed, each after an election of its own", async (context) => {
    const file = pairFile({ addresses: [`"${VIP}"`, `"${VIP6}"`], router: 'election = "per-family"' });
    const [first, second] = await startPair(context, lab(), file);
    const streams = await Promise.all([VIP, VIP6].map((destination) => startStream(lab(), { destination })));
    for (const stream of streams) await stream.answeredBy("d1");
    await second.router("both followed", ({ master }) => master?.priority === 150, "front/6");
    first.signal("SIGKILL");
    for (const stream of streams) await stream.answeredBy("d2");
    await Promise.all([VIP, VIP6].map((address) => first.holds(false, address)));
    for (const stream of streams) {
      const { gaps } = await stream.stop();
      // The kernel makes an IPv6 address usable in its own time.
      const long = gaps.filter(({ fromMicros, toMicros }) => toMicros - fromMicros > INTERVAL_MICROS);
      assert.deepEqual(long, []);
    }
    const claims = ["front", "front/6"].map((name) => second.transitions(name).at(-1));
    assert.deepEqual(
      claims.map((claim) => `${claim?.to} ${claim?.cause}`),
      ["Master master-left", "Master master-left"],
    );
    second.signal("SIGTERM");
    await second.holds(false, VIP6);
  });

  it("keeps serving without a peer when its elector is killed, and adopts what it finds", async (context) => {
    const first = startDirector(context, lab(), "d1", pairFile());
    await first.state("Master");
    await first.holds(true);
    const stream = await startStream(lab());
    await stream.answeredBy("d1");
    const orphan = first.balancer;
    first.signal("SIGKILL");
    await until("death of the elector", () => !first.electorAlive);
    const again = startDirector(context, lab(), "d1", pairFile(), { successorOf: first });
    await again.state("Master");
    const causes = again.transitions().map(({ to, cause }) => `${to} ${cause}`);
    assert.deepEqual(causes, ["Leaving leftover-addresses", "Master leftovers-adopted"]);
    const report = await stream.stop();
    assert.equal(report.lost, 0, JSON.stringify(report.gaps));
    assert.notEqual(again.balancer, orphan);
    await until("end of the orphan", () => orphan !== undefined && !isRunning(orphan));
    assert.equal((await again.event("started")).generation, 2);
  });

  it("leaves leftovers to the master that it hears when it comes back", async (context) => {
    const [first, second] = await startPair(context, lab());
    const before = second.transitions().length;
    await first.crash();
    await second.state("Master");
    assert.equal(await lab().holds("d1", VIP), true);
    const again = startDirector(context, lab(), "d1", pairFile({ router: "preempt = false" }), {
      successorOf: first,
    });
    assert.equal((await again.state("Backup")).cause, "leftovers-claimed");
    await again.holds(false);
    const after = second.transitions().slice(before);
    assert.deepEqual(
      after.map(({ to }) => to),
      ["Master"],
    );
  });

  it("goes on advertising when its balancer is killed, and starts another", async (context) => {
    const [first, second] = await startPair(context, lab());
    const capture = openCapture(context, lab());
    const before = history(first, second);
    const { balancer } = first;
    first.signalBalancer("SIGKILL");
    await first.event("balancer-died", ({ detail }) => detail === "SIGKILL");
    const status = await until("answer of the new balancer", () => first.status(), {
      deadlineMs: SILENCE_MS,
    });
    assert.notEqual(status.pid, balancer);
    assert.equal(status.pid, first.balancer);
    assert.equal(status.elector?.routers[0]?.state, "Master");
    await advertsGoOn(capture);
    assert.deepEqual(history(first, second), before);
  });

  it("goes on advertising while its balancer is stopped, and replaces it", async (context) => {
    const [first, second] = await startPair(context, lab());
    const capture = openCapture(context, lab());
    const before = history(first, second);
    const { balancer } = first;
    first.signalBalancer("SIGSTOP");
    const words = ["status", "--run-dir", first.runDir];
    const status = await first.command(...words);
    assert.equal(status.status, DONE, status.stderr);
    assert.match(status.stdout, /^The balancer is away: .+\nThe elector \(process \d+\) lives\./);
    assert.match(status.stdout, /^front +Master /m);
    await until("replaced balancer", () => first.balancer !== undefined && first.balancer !== balancer, {
      deadlineMs: SILENCE_MS,
    });
    const answer = await until("answer of the new balancer", () => first.status(), {
      deadlineMs: SILENCE_MS,
    });
    assert.equal(answer.elector?.routers[0]?.state, "Master");
    await first.event("balancer-died", ({ detail }) => detail === "it did not answer");
    await advertsGoOn(capture);
    assert.deepEqual(history(first, second), before);
  });

  it("refuses to run twice in one run directory", async (context) => {
    const first = startDirector(context, lab(), "d1", pairFile());
    await first.state("Master");
    const second = await first.command("run", ...first.arguments);
    assert.equal(second.status, REFUSED);
    assert.match(second.stderr, /^keelson run: another keelson \(process \d+\) runs in .+\n$/);
    assert.equal(first.transitions().at(-1)?.to, "Master");
    assert.notEqual(first.balancer, undefined);
  });

  it("is not there to be asked before it is started and after it has ended", async (context) => {
    const first = startDirector(context, lab(), "d1", pairFile());
    await first.state("Master");
    const ask = async () => (await first.command("status", "--json", "--run-dir", first.runDir)).status;
    await until("answer", () => first.status());
    assert.equal(await ask(), DONE);
    first.signal("SIGTERM");
    assert.equal((await first.ended).status, DONE);
    assert.equal(await ask(), ABSENT);
    assert.equal(existsSync(first.clusterFile), true);
    const elsewhere = await first.command("status", "--run-dir", `${first.runDir}-elsewhere`);
    assert.equal(elsewhere.status, ABSENT);
    assert.match(elsewhere.stderr, /no daemon/);
  });
});

async function advertsGoOn(capture: ReturnType<typeof openCapture>): Promise<void> {
  const before = capture.adverts.length;
  await until("adverts", () => capture.adverts.length >= before + MANY);
  const { address } = portOf("d1", "outer");
  for (const { source, advert } of capture.adverts)
    assert.deepEqual([source, advert.priority], [address, 150]);
}

/** All transitions of both so far. */
function history(...directors: readonly DirectorProcess[]) {
  return directors.map((director) => director.transitions());
}
