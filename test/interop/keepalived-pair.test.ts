/**
 * Two keepalived directors and nothing of ours: what the lab must show of a protocol that others wrote.
 * When this fails, the lab is wrong, not Keelson.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gratuitousArp } from "../../src/net/arp.ts";
import { ETHERNET_SIZE } from "../../src/net/ethernet.ts";
import { millis } from "../../src/net/time.ts";
import { encodeAdvert, MULTICAST_GROUPS } from "../../src/vrrp/advert.ts";
import { openCapture } from "../support/capture.ts";
import { keepalivedSkip, startKeepalived } from "../support/keepalived.ts";
import { openLab } from "../support/lab.ts";
import { type Port, portOf, VIP } from "../support/topology.ts";
import { startResponders, startStream } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const skip = keepalivedSkip();
const [first, second] = [portOf("d1", "outer"), portOf("d2", "outer")];
/** Announcements in the burst of a new master; five seconds later comes another. */
const BURST = 5;
/** On a busy machine a master that is late would be taken for dead. */
const PAIR = { intervalMillis: 100, through: ["chrt", "--rr", "50"] };
const IP4_HEADER_SIZE = 20;
/** On a virtual cable nobody pads a frame. */
const ARP_FRAME_SIZE = 42;

test("the backup of two keepalived directors takes over when the master dies", { skip }, async (context) => {
  const lab = await openLab(context);
  const capture = openCapture(context, lab);
  await startResponders(lab);
  const master = await startKeepalived(lab, "d1", { ...PAIR, priority: 150 });
  const stream = await startStream(lab);
  await stream.answeredBy("d1");
  await startKeepalived(lab, "d2", { ...PAIR, priority: 100 });

  // The death of a machine: its address must not answer on.
  await master.crash();
  await lab.unplug("d1");
  await stream.answeredBy("d2");
  const announcedBy = ({ mac }: Port) => capture.announcements.filter((seen) => seen.mac === mac);
  await until("burst of announcements", () => announcedBy(second).length >= BURST);
  const report = await stream.stop();

  const longest = report.gaps.toSorted((left, right) => right.lost - left.lost)[0];
  context.diagnostic(`${JSON.stringify(longest)} ${report.longestGapMillis} ms`);
  assert.deepEqual(
    report.spans.map((span) => span.responder),
    ["d1", "d2"],
  );
  assert.deepEqual(
    [...new Set(capture.adverts.map((seen) => `${seen.source} ${seen.advert.priority}`))],
    [`${first.address} 150`, `${second.address} 100`],
  );
  for (const { advert, source, frame } of capture.adverts) {
    assert.deepEqual([advert.version, advert.vrid, advert.interval], [3, 51, millis(100)]);
    const path = { source, destination: MULTICAST_GROUPS[4] };
    assert.deepEqual(frame.subarray(ETHERNET_SIZE + IP4_HEADER_SIZE), encodeAdvert(advert, path));
  }
  const ofFirst = announcedBy(first).length;
  assert.ok(ofFirst >= BURST, `${ofFirst} announcements of the first master`);
  assert.deepEqual(
    capture.announcements.map((seen) => seen.frame),
    capture.announcements.map((_, index) => {
      const { mac } = index < ofFirst ? first : second;
      return gratuitousArp(mac, VIP).subarray(0, ARP_FRAME_SIZE);
    }),
  );
});
