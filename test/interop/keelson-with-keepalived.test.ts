/**
 * Keelson and keepalived as one pair, in both orders: whoever is master, and however it goes, the other one succeeds it in
 * the right order of packets, and in the end one director has the address.
 *
 * keepalived lets go of its address before a successor has it, so a client loses nothing for sure only when Keelson
 * is the one that gives way.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { monotonicMicros } from "dgram-extras";
import type { StreamReport } from "../support/agents/reports.ts";
import { type Capture, openCapture, type Sighting } from "../support/capture.ts";
import { interopSkip, Keelson, startKeelson } from "../support/keelson.ts";
import { type Keepalived, startKeepalived } from "../support/keepalived.ts";
import { type Lab, openLab } from "../support/lab.ts";
import { portOf, VIP } from "../support/topology.ts";
import { type Client, startResponders, startStream } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const skip = interopSkip();
const INTERVAL_MS = 100;
const [HIGH, LOW, LOWEST] = [150, 100, 50] as const;

type Product = "keelson" | "keepalived";
type Node = "d1" | "d2";

interface Scene {
  readonly lab: Lab;
  readonly capture: Capture;
  readonly stream: Client<StreamReport>;
  /** On d1, master by its priority. */
  readonly master: Keelson | Keepalived;
}

for (const [first, second] of [
  ["keelson", "keepalived"],
  ["keepalived", "keelson"],
] as const) {
  test(`${second} succeeds ${first} that stops`, { skip }, async (context) => {
    const scene = await open(context, first, second);
    const since = monotonicMicros();
    await scene.master.stop();
    await scene.stream.answeredBy("d2", since);
    await settled(scene, "d2");
    const goodbyes = spoken(scene, "d1", since).filter((one) => isAdvert(one, 0));
    assert.ok(goodbyes.length > 0, "no goodbye");
    if (first === "keelson") {
      assert.equal(goodbyes.length, 1);
      assert.equal(await lostSince(scene, since), 0);
    }
    assertClaimAfter(scene, "d2", goodbyes[0]);
  });

  test(`${second} succeeds ${first} whose machine dies`, { skip }, async (context) => {
    const scene = await open(context, first, second);
    const since = monotonicMicros();
    await scene.master.crash();
    await scene.lab.unplug("d1");
    await scene.stream.answeredBy("d2", since);
    assert.deepEqual(
      spoken(scene, "d1", since).filter((one) => isAdvert(one, 0)),
      [],
    );
    assertClaimAfter(
      scene,
      "d2",
      scene.capture.adverts.findLast((one) => nodeOf(one) === "d1"),
    );
  });

  test(`${second} succeeds ${first} that lost its link, and gives way when it is back`, {
    skip,
  }, async (context) => {
    const scene = await open(context, first, second);
    const pulled = monotonicMicros();
    await scene.lab.unplug("d1");
    await scene.stream.answeredBy("d2", pulled);
    const back = monotonicMicros();
    await scene.lab.plug("d1");
    await scene.stream.answeredBy("d1", back);
    await settled(scene, "d1");
    assertClaimAfter(
      scene,
      "d1",
      scene.capture.adverts.find((one) => nodeOf(one) === "d2"),
    );
    const lost = await lostSince(scene, back);
    if (second === "keelson") assert.equal(lost, 0);
  });

  test(`${second} succeeds ${first} whose priority falls`, { skip }, async (context) => {
    const scene = await open(context, first, second);
    const since = monotonicMicros();
    scene.master.reload({ priority: LOWEST, intervalMillis: INTERVAL_MS });
    await scene.stream.answeredBy("d2", since);
    await settled(scene, "d2");
    assertClaimAfter(scene, "d2", scene.capture.adverts[0]);
    const lost = await lostSince(scene, since);
    if (first === "keelson") assert.equal(lost, 0);
  });
}

test("keepalived succeeds Keelson whose elector is killed, by the balancer's hand", {
  skip,
}, async (context) => {
  const scene = await open(context, "keelson", "keepalived");
  const since = monotonicMicros();
  assert.ok(scene.master instanceof Keelson);
  await scene.master.killElector();
  await scene.stream.answeredBy("d2", since);
  await settled(scene, "d2");
  const goodbyes = spoken(scene, "d1", since).filter((one) => isAdvert(one, 0));
  assert.equal(goodbyes.length, 1);
  assertClaimAfter(scene, "d2", goodbyes[0]);
  assert.equal(await lostSince(scene, since), 0);
});

/** Both directors in their places, and a client that is served. */
async function open(context: TestContext, first: Product, second: Product): Promise<Scene> {
  const lab = await openLab(context);
  const capture = openCapture(context, lab);
  const [stream, master] = await Promise.all([
    startStream(lab),
    start(lab, first, "d1"),
    startResponders(lab),
  ]);
  await stream.answeredBy("d1");
  await start(lab, second, "d2");
  const heard = capture.adverts.length;
  await until("two adverts", () => capture.adverts.length >= heard + 2);
  assert.deepEqual([...new Set(capture.adverts.map(nodeOf))], ["d1"]);
  return { lab, capture, stream, master };
}

function start(lab: Lab, product: Product, node: Node): Promise<Keelson | Keepalived> {
  const settings = { priority: node === "d1" ? HIGH : LOW, intervalMillis: INTERVAL_MS };
  return product === "keelson" ? startKeelson(lab, node, settings) : startKeepalived(lab, node, settings);
}

/** Waits until this director has the address and the other one has it no more. */
async function settled({ lab }: Scene, holder: Node): Promise<void> {
  const holds = async () => [await lab.holds("d1", VIP), await lab.holds("d2", VIP)];
  await until(`the address on ${holder} alone`, async () => {
    const [first, second] = await holds();
    return first === (holder === "d1") && second === (holder === "d2");
  });
}

/** Numbered datagrams that nobody answered, between two that were. Ends the client. */
async function lostSince({ stream }: Scene, sinceMicros: number): Promise<number> {
  const { gaps } = await stream.stop();
  return gaps.filter((gap) => gap.toMicros > sinceMicros).reduce((sum, gap) => sum + gap.lost, 0);
}

/** An advert first, and only then the announcement: the old master must know before the switches do. */
function assertClaimAfter(scene: Scene, node: Node, before: Sighting | undefined): void {
  const words = spoken(scene, node, before?.atMicros ?? 0).filter((one) => one.kind !== "arp");
  const [claim, ...rest] = words;
  assert.ok(claim !== undefined && claim.kind === "advert" && claim.advert.priority > 0, "no claim");
  const announcement = rest.find((one) => one.kind === "announcement");
  assert.deepEqual(
    [announcement?.kind === "announcement" && announcement.address, announcement?.frame.subarray(0, 6)],
    [VIP, new Uint8Array(6).fill(0xff)],
  );
}

function spoken({ capture }: Scene, node: Node, sinceMicros: number): Sighting[] {
  return capture.sightings.filter((one) => nodeOf(one) === node && one.atMicros >= sinceMicros);
}

function isAdvert(one: Sighting, priority: number): boolean {
  return one.kind === "advert" && one.advert.priority === priority;
}

function nodeOf({ mac }: Sighting): Node | undefined {
  return (["d1", "d2"] as const).find((node) => portOf(node, "outer").mac === mac);
}
