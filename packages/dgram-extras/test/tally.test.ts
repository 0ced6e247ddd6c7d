/** Datagrams that are only counted and dated. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { interfaceIndex, monotonicMicros, RawSocket } from "../src/index.ts";
import { closing } from "./support/closing.ts";
import { ip, makeWire, needsNamespaces } from "./support/namespaces.ts";
import { until } from "./support/until.ts";

const PROTOCOL = 253; // for experiments, RFC 3692
const KEY_OFFSET = 1;
const PATHS = [
  { family: 4, source: "192.0.2.1", destination: "192.0.2.2" },
  { family: 6, source: "2001:db8::1", destination: "2001:db8::2" },
] as const;

function wired({ family, source, destination }: (typeof PATHS)[number]) {
  const wire = makeWire();
  const there = interfaceIndex("eth0", wire.leftPath);
  const options = { family, protocol: PROTOCOL } as const;
  const receiver = closing(new RawSocket({ ...options, namespace: wire.rightPath, device: "eth0" }));
  const sender = closing(new RawSocket({ ...options, namespace: wire.leftPath, receive: false }));
  const send = (...bytes: number[]) =>
    sender.send(Uint8Array.from(bytes), destination, { source, interfaceIndex: there });
  return { wire, receiver, send };
}

/** All keys, when `count` datagrams have come. */
async function tallied(receiver: RawSocket, count: number) {
  const counts = new Map<number, number>();
  const last = new Map<number, number>();
  await until(() => {
    for (const tally of receiver.tally(KEY_OFFSET)) {
      counts.set(tally.key, (counts.get(tally.key) ?? 0) + tally.count);
      last.set(tally.key, tally.atMicros);
    }
    return [...counts.values()].reduce((sum, one) => sum + one, 0) >= count;
  }, `${count} datagrams`);
  return { counts: [...counts].sort(([one], [other]) => one - other), last };
}

describe("a tally", { skip: needsNamespaces }, () => {
  for (const path of PATHS) {
    test(`IPv${path.family}: counts by a byte of the payload, and dates the last of each`, async () => {
      const { receiver, send } = wired(path);
      assert.deepEqual(receiver.tally(KEY_OFFSET), []);
      const before = monotonicMicros();
      for (const key of [7, 255, 7, 0, 7]) send(0x31, key);
      const { counts, last } = await tallied(receiver, 5);
      assert.deepEqual(counts, [
        [0, 1],
        [7, 3],
        [255, 1],
      ]);
      for (const at of last.values()) assert.ok(at >= before && at <= monotonicMicros(), `${before} ${at}`);
      assert.ok((last.get(255) ?? 0) <= (last.get(0) ?? 0) && (last.get(0) ?? 0) <= (last.get(7) ?? 0));
      assert.deepEqual([receiver.tally(KEY_OFFSET), receiver.drain()], [[], []]);
    });
  }

  test("counts more than one call to the kernel takes", async () => {
    const { receiver, send } = wired(PATHS[0]);
    for (let sent = 0; sent < 200; sent++) send(0, sent % 2);
    assert.deepEqual((await tallied(receiver, 200)).counts, [
      [0, 100],
      [1, 100],
    ]);
  });

  test("leaves out what is too short for its byte", async () => {
    const { receiver, send } = wired(PATHS[0]);
    send(1);
    send(1, 9);
    assert.deepEqual((await tallied(receiver, 1)).counts, [[9, 1]]);
  });

  test("loses nothing to an error of the link that waits before the datagrams", async () => {
    const { wire, receiver, send } = wired(PATHS[0]);
    send(1, 9);
    await until(() => receiver.drain().length === 1, "the wire");
    ip("-n", wire.right, "link", "set", "eth0", "down");
    ip("-n", wire.right, "link", "set", "eth0", "up");
    await until(() => {
      send(1, 9);
      return receiver.tally(KEY_OFFSET).length > 0;
    }, "datagrams after the link came back");
  });

  test("is refused of a socket that is closed", () => {
    const { receiver } = wired(PATHS[0]);
    receiver.close();
    assert.throws(() => receiver.tally(KEY_OFFSET), { code: "EBADF" });
  });
});
