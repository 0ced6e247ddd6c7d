/** The lab's clients notice what is done to them: a moved address, a pulled cable, a forgotten neighbour. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { monotonicMicros } from "dgram-extras";
import { labSkip, openLab } from "../support/lab.ts";
import { linkOf } from "../support/link.ts";
import { portOf, VIP } from "../support/topology.ts";
import { startResponders, startStream, startVisits } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const skip = labSkip();

test("a stream sees the address move and accounts for every datagram", { skip }, async (context) => {
  const lab = await openLab(context);
  await startResponders(lab);
  await lab.exec("d1", "ip", "address", "add", `${VIP}/32`, "dev", "eth0");
  const stream = await startStream(lab);
  await stream.answeredBy("d1");
  await lab.exec("d1", "ip", "address", "delete", `${VIP}/32`, "dev", "eth0");
  await lab.exec("d2", "ip", "address", "add", `${VIP}/32`, "dev", "eth0");
  await lab.exec("c", "ip", "neighbour", "replace", VIP, "lladdr", portOf("d2", "outer").mac, "dev", "eth0");
  await stream.answeredBy("d2");
  const report = await stream.stop();
  const { spans, gaps, ...counts } = report;
  context.diagnostic(`${JSON.stringify(counts)}, ${gaps.length} gaps`);
  const responders = spans.map((span) => span.responder);
  assert.deepEqual(responders, ["d1", "d2"]);
  assert.equal(report.sent, report.received + report.lost);
  const lost = gaps.reduce((sum, gap) => sum + gap.lost, 0);
  assert.ok(lost > 0 && lost <= report.lost, `${lost} of ${report.lost}`);
});

test("a stream dates the cable that was pulled and put back", { skip }, async (context) => {
  const lab = await openLab(context);
  await startResponders(lab, ["d1"]);
  await lab.exec("d1", "ip", "address", "add", `${VIP}/32`, "dev", "eth0");
  const stream = await startStream(lab);
  await stream.answeredBy("d1");
  await lab.unplug("d1");
  const pulled = monotonicMicros();
  const { sent } = await linkOf(lab, "c");
  await until("lost questions", async () => (await linkOf(lab, "c")).sent > sent);
  await lab.plug("d1");
  const back = await stream.answeredSince(monotonicMicros());
  const { gaps } = await stream.stop();
  const spanning = gaps.filter((gap) => gap.fromMicros < pulled && gap.toMicros > pulled);
  assert.equal(spanning.length, 1, JSON.stringify({ gaps, pulled, back }));
});

test("a cold client asks anew each time, and is cut off while nobody answers", { skip }, async (context) => {
  const lab = await openLab(context);
  await startResponders(lab);
  const visits = await startVisits(lab, { everyMillis: 20 });
  assert.equal(visits.latest, undefined);
  await lab.exec("d2", "ip", "address", "add", `${VIP}/32`, "dev", "eth0");
  await visits.answeredBy("d2");
  await lab.exec("d2", "ip", "address", "delete", `${VIP}/32`, "dev", "eth0");
  await lab.exec("d1", "ip", "address", "add", `${VIP}/32`, "dev", "eth0");
  await visits.answeredBy("d1");
  const report = await visits.stop();
  context.diagnostic(`${report.visits.length} visits, longest ${report.longestCutOffMillis} ms`);
  assert.deepEqual([...new Set(report.visits.map((one) => one.responder))], ["d2", "d1"]);
});
