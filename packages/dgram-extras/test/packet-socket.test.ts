import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { interfaceIndex, PacketSocket, type ReceivedFrame } from "../src/index.ts";
import { closing } from "./support/closing.ts";
import { awaitCarrier, ip, makeWire, needsNamespaces, type Wire } from "./support/namespaces.ts";
import { until } from "./support/until.ts";

const ETHERTYPE = 0x88b5; // for local experiments, IEEE 802
const ALL = 3;

function frame(number: number): Uint8Array {
  const bytes = new Uint8Array(60).fill(0xff, 0, 6).fill(2, 6, 12);
  bytes.set([ETHERTYPE >> 8, ETHERTYPE & 255, number], 12);
  return bytes;
}

function numbers(frames: readonly ReceivedFrame[]): (number | undefined)[] {
  return frames.filter(({ bytes }) => bytes[12] === ETHERTYPE >> 8).map(({ bytes }) => bytes[14]);
}

function sockets(
  wire: Wire,
  options: { readonly protocol?: number; readonly ignoreOutgoing?: boolean } = {},
) {
  const here = interfaceIndex("eth0", wire.rightPath);
  const there = interfaceIndex("eth0", wire.leftPath);
  const sender = closing(new PacketSocket({ protocol: 0, namespace: wire.leftPath }));
  const { protocol = ETHERTYPE, ...rest } = options;
  const receiver = closing(
    new PacketSocket({ protocol, namespace: wire.rightPath, interfaceIndex: here, ...rest }),
  );
  return { here, there, sender, receiver };
}

describe("frames between two namespaces", { skip: needsNamespaces }, () => {
  test("arrive as they were sent, with interface, age and stamp", async () => {
    const { here, there, sender, receiver } = sockets(makeWire());
    const received: ReceivedFrame[] = [];
    receiver.onReadable(() => received.push(...receiver.drain()));
    const before = Date.now() * 1_000;
    sender.send(frame(1), there);
    await until(() => received.length === 1, "the frame");
    const [first] = received;
    assert.ok(first !== undefined);
    assert.deepEqual([first.bytes, first.interfaceIndex, first.outgoing], [frame(1), here, false]);
    assert.ok(first.ageMicros >= 0 && first.ageMicros < 5_000_000);
    assert.ok(first.stampMicros >= before - 1_000 && first.stampMicros <= (Date.now() + 1) * 1_000);
  });

  test("go in one batch, and a refused one does not stop the others", async () => {
    const { there, sender, receiver } = sockets(makeWire());
    const frames = [1, 2, 3].map((number) => ({
      bytes: frame(number),
      interfaceIndex: number === 2 ? 9_999 : there,
    }));
    const refusals = sender.sendAll(frames);
    assert.deepEqual(
      refusals.map(({ index, error }) => [index, error.code, error.message.includes("9999")]),
      [[1, "ENXIO", true]],
    );
    const received: (number | undefined)[] = [];
    await until(() => received.push(...numbers(receiver.drain())) >= 2, "both frames");
    assert.deepEqual(received, [1, 3]);
    assert.deepEqual(sender.sendAll([]), []);
  });

  test("that this host sends are marked, or left out on request", () => {
    const wire = makeWire();
    for (const ignoreOutgoing of [false, true]) {
      const { here, receiver } = sockets(wire, { protocol: ALL, ignoreOutgoing });
      const own = closing(new PacketSocket({ protocol: 0, namespace: wire.rightPath }));
      own.send(frame(1), here);
      const seen = receiver.drain().filter(({ bytes }) => bytes[12] === ETHERTYPE >> 8);
      assert.deepEqual(
        seen.map(({ outgoing }) => outgoing),
        ignoreOutgoing ? [] : [true],
      );
    }
  });

  test("a link that goes down is reported once, and reception goes on when it is up again", async () => {
    const wire = makeWire();
    const { there, sender, receiver } = sockets(wire);
    const codes: string[] = [];
    const received: ReceivedFrame[] = [];
    receiver.onReadable(() => received.push(...receiver.drain()));
    receiver.onError(({ code }) => codes.push(code));
    for (let round = 1; round <= 2; round++) {
      ip("-n", wire.right, "link", "set", "eth0", "down");
      await until(() => codes.length === round, "ENETDOWN");
      assert.throws(() => sender.send(frame(0), 9_999), { code: "ENXIO", call: "sendto" });
      ip("-n", wire.right, "link", "set", "eth0", "up");
      // The other end has lost its carrier, too.
      awaitCarrier(wire.left);
      sender.send(frame(round), there);
      await until(() => received.length === round, "a frame after the link came back");
    }
    assert.deepEqual(codes, ["ENETDOWN", "ENETDOWN"]);
    assert.deepEqual(numbers(received), [1, 2]);
  });

  test("sending on a link that is down, and on one that is gone", async () => {
    const wire = makeWire();
    const { there, sender, receiver } = sockets(wire);
    const codes: string[] = [];
    receiver.onReadable(() => receiver.drain());
    receiver.onError(({ code }) => codes.push(code));
    ip("-n", wire.left, "link", "set", "eth0", "down");
    assert.throws(() => sender.send(frame(1), there), {
      code: "ENETDOWN",
      message: /interface \d+: ENETDOWN/,
    });
    ip("-n", wire.left, "link", "del", "eth0");
    assert.throws(() => sender.send(frame(1), there), { code: "ENXIO" });
    await until(() => codes.length > 0, "the other end's ENETDOWN");
    assert.deepEqual(new Set(codes), new Set(["ENETDOWN"]));
  });
});
