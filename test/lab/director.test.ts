/** Two directors as operators see them: who is master, and what clients notice when that changes on purpose. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { monotonicMicros } from "dgram-extras";
import { z } from "zod";
import { openCapture } from "../support/capture.ts";
import { pairFile, startDirector, startPair } from "../support/director-process.ts";
import { type Lab, labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { portOf, VIP } from "../support/topology.ts";
import { startStream, startVisits } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const LIFETIME_S = 60;

const interfaces = z.array(
  z.object({
    addr_info: z.array(
      z.object({
        local: z.string(),
        prefixlen: z.number(),
        scope: z.string(),
        valid_life_time: z.number(),
      }),
    ),
  }),
);

describe("a pair of directors", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("elects the higher priority, which holds the address for as long as it lives", async (context) => {
    const capture = openCapture(context, lab());
    const [first, second] = await startPair(context, lab());
    const follower = await second.router("a follower", ({ master }) => master !== undefined);
    assert.deepEqual(follower.master, { source: portOf("d1", "outer").address, priority: 150 });
    const found = await addressOf(lab(), VIP);
    assert.equal(found?.prefixlen, 32);
    assert.equal(found.scope, "global");
    assert.ok(found.valid_life_time <= LIFETIME_S, `${found.valid_life_time} s`);
    assert.equal(await lab().holds("d2", VIP), false);
    await until("two announcements", () => capture.announcements.length >= 2);
    const { mac } = portOf("d1", "outer");
    for (const { address, announcedMac } of capture.announcements) {
      assert.deepEqual([address, announcedMac], [VIP, mac]);
    }
    assert.equal(first.eventsOf("file-accepted").length, 1);
  });

  it("loses no datagram when its master is stopped", async (context) => {
    const [first, second] = await startPair(context, lab());
    const stream = await startStream(lab());
    const visits = await startVisits(lab());
    await stream.answeredBy("d1");
    await visits.answeredBy("d1");
    first.signal("SIGTERM");
    const { status } = await first.ended;
    assert.equal(status, 0);
    assert.equal((await second.state("Master")).cause, "master-left");
    await stream.answeredBy("d2");
    await visits.answeredBy("d2");
    const report = await stream.stop();
    context.diagnostic(`longest cold visit ${(await visits.stop()).longestCutOffMillis} ms`);
    assert.equal(report.lost, 0, JSON.stringify(report.gaps));
    assert.equal(first.balancer, undefined);
    assert.equal(await lab().holds("d1", VIP), false);
  });

  it("loses no datagram at a drill, and the drilled one stays behind until it is needed", async (context) => {
    const [first, second] = await startPair(context, lab());
    const stream = await startStream(lab());
    await stream.answeredBy("d1");
    first.signal("SIGUSR2");
    await stream.answeredBy("d2");
    const held = await first.router("a held router", ({ state }) => state === "Backup");
    assert.equal(held.heldBack, true);
    assert.equal(held.priority, 150);
    second.signal("SIGTERM");
    await stream.answeredBy("d1");
    const report = await stream.stop();
    assert.equal(report.lost, 0, JSON.stringify(report.gaps));
    assert.equal((await second.ended).status, 0);
    const free = await first.router("a free router", ({ state }) => state === "Master");
    assert.equal(free.heldBack, false);
    assert.deepEqual(responders(report), ["d1", "d2", "d1"]);
  });

  it("loses no datagram when ^C reaches its master's whole process group", async (context) => {
    const [first] = await startPair(context, lab());
    const stream = await startStream(lab());
    await stream.answeredBy("d1");
    first.signalGroup("SIGINT");
    const { status } = await first.ended;
    assert.equal(status, 0);
    assert.equal(first.balancer, undefined);
    await stream.answeredBy("d2");
    const report = await stream.stop();
    assert.equal(report.lost, 0, JSON.stringify(report.gaps));
  });

  it("moves the addresses of several arms together", async (context) => {
    const inner = `{ address = "192.168.1.100", interface = "eth1" }`;
    const file = pairFile({ addresses: [`"${VIP}"`, inner] });
    const [first, second] = await startPair(context, lab(), file);
    const capture = openCapture(context, lab());
    await first.holds(true, "192.168.1.100");
    first.signal("SIGUSR2");
    await second.holds(true, VIP);
    await second.holds(true, "192.168.1.100");
    await first.holds(false, VIP);
    await first.holds(false, "192.168.1.100");
    await until("announcements on both arms", () => {
      const arms = capture.announcements.map(({ arm, announcedMac }) => {
        return announcedMac === portOf("d2", arm).mac && arm;
      });
      return arms.includes("outer") && arms.includes("inner");
    });
  });

  it("gives the address back to a better master that returns, without a loss", async (context) => {
    const second = startDirector(context, lab(), "d2", pairFile());
    await second.state("Master");
    const stream = await startStream(lab());
    await stream.answeredBy("d2");
    const first = startDirector(context, lab(), "d1", pairFile());
    await first.state("Master");
    await second.state("Backup");
    const since = monotonicMicros();
    await stream.answeredBy("d1", since);
    const report = await stream.stop();
    assert.equal(report.lost, 0, JSON.stringify(report.gaps));
  });
});

async function addressOf(lab: Lab, wanted: string) {
  const text = await lab.exec("d1", "ip", "-json", "address", "show", "dev", "eth0");
  const [found] = interfaces.parse(JSON.parse(text));
  return found?.addr_info.find(({ local }) => local === wanted);
}

function responders({ spans }: { readonly spans: readonly { readonly responder: string }[] }): string[] {
  return spans.map(({ responder }) => responder).filter((name, index, all) => name !== all[index - 1]);
}
