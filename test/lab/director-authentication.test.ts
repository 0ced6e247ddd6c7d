/** Signed adverts on the wire: who has no key moves nothing, whatever it has recorded; keys change under way. */
import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { interfaceIndex, monotonicMicros, PacketSocket } from "dgram-extras";
import { internetChecksum } from "../../src/net/checksum.ts";
import { macBytes } from "../../src/net/mac.ts";
import { TRAILER_SIZE } from "../../src/vrrp/trailer.ts";
import { type Capture, openCapture, type SeenAdvert } from "../support/capture.ts";
import { type DirectorProcess, pairFile, startDirector, startPair } from "../support/director-process.ts";
import { type Lab, labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { portOf } from "../support/topology.ts";
import { until } from "../support/until.ts";

const ETHERNET_SIZE = 14;
const IP_HEADER_SIZE = 20;
const PRIORITY_PLACE = ETHERNET_SIZE + IP_HEADER_SIZE + 2;
const STRANGER = portOf("r1", "outer");
const KEYS = [1, 2].map((id) => `${id} = "hex:${`0${id}`.repeat(32)}"`);
/** Long enough for whatever this machine is slow at. */
const WINDOW = 'window = "60s"';

function authentication(active: number, keys: readonly string[], mode = "enforce"): string {
  return `authentication = { mode = "${mode}", active_key = ${active}, keys = { ${keys.join(", ")} }, ${WINDOW} }`;
}

const SIGNED = pairFile({ router: authentication(1, KEYS.slice(0, 1)) });

describe("directors that sign their adverts", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("believe nobody without the key, and nothing twice", async (context) => {
    const capture = openCapture(context, lab());
    const [first, second] = await startPair(context, lab(), SIGNED);
    const heard = await advertOf(capture, "d1");
    assert(heard.signed);
    await second.router("one that follows its master", ({ master }) => master !== undefined);
    const before = [first.transitions(), second.transitions()];
    const stranger = openStranger(context, lab());
    stranger(heard.frame);
    await second.event("drop", ({ reason }) => reason === "replayed");
    for (const priority of [255, 0]) stranger(forged(heard.frame, priority));
    await second.event("drop", ({ reason }) => reason === "wrong-signature");
    for (const priority of [255, 0]) stranger(unsigned(forged(heard.frame, priority)));
    await second.event("drop", ({ reason }) => reason === "unsigned");
    await laterAdvert(capture, "d1");
    assert.deepEqual([first.transitions(), second.transitions()], before);
  });

  it("know after a crash what they have heard before it", async (context) => {
    const capture = openCapture(context, lab());
    const [first, second] = await startPair(context, lab(), SIGNED);
    const heard = await advertOf(capture, "d1");
    const digits = sequenceIn(heard.frame);
    await until("the mark on disk", () => marksOf(second) >= digits, { explain: () => second.explain() });
    await second.crash();
    const restarted = startDirector(context, lab(), "d2", SIGNED, { successorOf: second });
    await restarted.state("Backup");
    openStranger(context, lab())(heard.frame);
    await restarted.event("drop", ({ reason }) => reason === "replayed");
    assert.equal(first.transitions().at(-1)?.to, "Master");
  });

  it("hand over without a wait, and leave a signed goodbye when they are killed", async (context) => {
    const [first, second] = await startPair(context, lab(), SIGNED);
    first.signal("SIGKILL");
    const transition = await second.state("Master");
    assert.equal(transition.cause, "master-left");
    await first.holds(false);
    second.signal("SIGTERM");
    assert.equal((await second.ended).status, 0);
  });

  it("go from unsigned to signed, and to another key, by reloads one by one", async (context) => {
    const capture = openCapture(context, lab());
    const [first, second] = await startPair(context, lab(), pairFile());
    const before = [first.transitions(), second.transitions()];
    for (const director of [first, second]) await director.router("one that answers", () => true);
    const key = join(lab().folder, "front.key");
    writeFileSync(key, `hex:${"02".repeat(32)}\n`);
    chmodSync(key, 0o600);
    const keys = [KEYS[0] ?? "", `2 = "file:${key}"`];
    const steps = [
      authentication(1, keys.slice(0, 1), "receive-only"),
      authentication(1, keys.slice(0, 1), "permissive"),
      authentication(1, keys.slice(0, 1)),
      authentication(1, keys),
      authentication(2, keys),
      authentication(2, keys.slice(1)),
    ];
    for (const step of steps) {
      for (const director of [second, first]) {
        director.write(pairFile({ router: step }));
        assert.equal((await director.reload()).kind, "accepted", director.explain());
      }
      await laterAdvert(capture, "d1");
    }
    assert.equal((await laterAdvert(capture, "d1")).signed, true);
    assert.deepEqual([first.transitions(), second.transitions()], before, second.explain());
  });

  it("run no file with a key that cannot be used", async (context) => {
    const key = join(lab().folder, "open.key");
    writeFileSync(key, "x".repeat(32));
    chmodSync(key, 0o644);
    const [first] = await startPair(context, lab(), SIGNED);
    await first.router("one that answers", () => true);
    for (const [source, complaint] of [
      [`file:${key}`, /others than its owner may use .*open\.key: chmod 600/],
      ["file:/nowhere/front.key", /ENOENT/],
      ["env:KEELSON_NO_SUCH_KEY", /the environment has no KEELSON_NO_SUCH_KEY/],
    ] as const) {
      first.write(pairFile({ router: authentication(1, [`1 = "${source}"`]) }));
      const outcome = await first.reload();
      assert(outcome.kind === "bad-file", JSON.stringify(outcome));
      assert.match(outcome.issues.join("\n"), complaint);
      assert.match(outcome.issues.join("\n"), /cluster\.toml:\d+:\d+/);
    }
    assert.equal(first.transitions().at(-1)?.to, "Master");
  });
});

async function advertOf(capture: Capture, node: "d1" | "d2", sinceMicros = 0): Promise<SeenAdvert> {
  const { mac } = portOf(node, "outer");
  return until(`an advert of ${node}`, () =>
    capture.adverts.find((seen) => seen.mac === mac && seen.atMicros > sinceMicros),
  );
}

function laterAdvert(capture: Capture, node: "d1" | "d2"): Promise<SeenAdvert> {
  return advertOf(capture, node, monotonicMicros());
}

/** Sends frames as they are, but for the Ethernet source: switches need not be confused for this. */
function openStranger(scope: { after(undo: () => void): void }, lab: Lab): (frame: Uint8Array) => void {
  const namespace = lab.namespacePathOf("r1");
  const socket = new PacketSocket({ protocol: 0, namespace });
  scope.after(() => socket.close());
  const index = interfaceIndex(STRANGER.interface, namespace);
  return (frame) => {
    const own = frame.slice();
    own.set(macBytes(STRANGER.mac), 6);
    socket.send(own, index);
  };
}

function forged(frame: Uint8Array, priority: number): Uint8Array {
  const changed = frame.slice();
  changed[PRIORITY_PLACE] = priority;
  return withChecksum(changed, frame.length - TRAILER_SIZE);
}

/** Without its trailer, and valid otherwise. */
function unsigned(frame: Uint8Array): Uint8Array {
  const shorter = frame.slice(0, frame.length - TRAILER_SIZE);
  const header = shorter.subarray(ETHERNET_SIZE, ETHERNET_SIZE + IP_HEADER_SIZE);
  header.set([0, shorter.length - ETHERNET_SIZE], 2);
  return withChecksum(shorter, shorter.length);
}

/** Of the IP header and of the message, the latter without pseudo-header: that form is believed as well. */
function withChecksum(frame: Uint8Array, end: number): Uint8Array {
  const header = frame.subarray(ETHERNET_SIZE, ETHERNET_SIZE + IP_HEADER_SIZE);
  const message = frame.subarray(ETHERNET_SIZE + IP_HEADER_SIZE, end);
  for (const [bytes, place] of [
    [header, 10],
    [message, 6],
  ] as const) {
    bytes.set([0, 0], place);
    const checksum = internetChecksum(bytes);
    bytes.set([Math.floor(checksum / 256), checksum % 256], place);
  }
  return frame;
}

/** Seconds, fraction and counter, as one number. */
function sequenceIn(frame: Uint8Array): bigint {
  const trailer = frame.slice(-TRAILER_SIZE);
  return new DataView(trailer.buffer).getBigUint64(4);
}

/** The latest that the backup has kept of its master. */
function marksOf({ runDir }: DirectorProcess): bigint {
  try {
    const text = readFileSync(join(runDir, "marks.json"), "utf8");
    const digits = /"heard":\{"10\.0\.0\.1":"(\d+)"/.exec(text)?.[1];
    return BigInt(digits ?? 0);
  } catch {
    return 0n;
  }
}
