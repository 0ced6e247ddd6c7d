import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { interfaceIndex, type RawDatagram, RawSocket } from "../src/index.ts";
import { closing } from "./support/closing.ts";
import { ip, makeWire, needsNamespaces } from "./support/namespaces.ts";
import { until } from "./support/until.ts";

const PROTOCOL = 253; // for experiments, RFC 3692
/** As many as the kernel keeps between two links, and for a neighbour that it has to ask for, when it is busy. */
const BURST = 200;

describe("raw IP between two namespaces", { skip: needsNamespaces }, () => {
  test("10,000 datagrams in bursts arrive whole and in order", async () => {
    const wire = makeWire();
    const receiver = closing(
      new RawSocket({
        family: 4,
        protocol: PROTOCOL,
        namespace: wire.rightPath,
        receiveBuffer: 32 << 20,
      }),
    );
    const sender = closing(
      new RawSocket({
        family: 4,
        protocol: PROTOCOL,
        namespace: wire.leftPath,
        receive: false,
        receiveBuffer: 32 << 20,
      }),
    );
    const numbers: number[] = [];
    let most = 0;
    receiver.onReadable(() => {
      const datagrams = receiver.drain();
      most = Math.max(most, datagrams.length);
      for (const { bytes } of datagrams) numbers.push(bytes[0] ?? -1);
    });
    const bytes = new Uint8Array(8);
    for (let number = 0; number < 10_000; number++) {
      bytes[0] = number & 255;
      sender.send(bytes, "192.0.2.2");
      if (number % BURST === BURST - 1) await until(() => numbers.length > number, `${number} datagrams`);
    }
    assert.deepEqual(
      numbers,
      Array.from({ length: 10_000 }, (_, number) => number & 255),
    );
    assert.ok(most <= 64);
  });

  for (const [family, group, destination, source] of [
    [4, "224.0.0.18", "192.0.2.2", "192.0.2.1"],
    [6, "ff02::12", "2001:db8::2", "2001:db8::1"],
  ] as const) {
    test(`IPv${family}: TTL, addresses, interface and age of unicast and multicast`, async () => {
      const wire = makeWire();
      const here = interfaceIndex("eth0", wire.rightPath);
      const there = interfaceIndex("eth0", wire.leftPath);
      const receiver = closing(
        new RawSocket({
          family,
          protocol: PROTOCOL,
          namespace: wire.rightPath,
          device: "eth0",
        }),
      );
      const sender = closing(
        new RawSocket({ family, protocol: PROTOCOL, namespace: wire.leftPath, receive: false }),
      );
      const received: RawDatagram[] = [];
      receiver.onReadable(() => received.push(...receiver.drain()));
      sender.send(Uint8Array.of(0), group, { source, interfaceIndex: there, ttl: 255 });
      sender.send(Uint8Array.of(1), destination, { source, ttl: 7 });
      await until(() => received.length === 1, "the unicast datagram");
      receiver.join(group, here);
      sender.send(Uint8Array.of(2), group, {
        source,
        interfaceIndex: there,
        ttl: 255,
        tos: 0xc0,
        dontRoute: true,
      });
      await until(() => received.length === 2, "the multicast datagram");
      receiver.leave(group, here);
      sender.send(Uint8Array.of(3), group, { source, interfaceIndex: there, ttl: 255 });
      sender.send(Uint8Array.of(4), destination, { source });
      await until(() => received.length === 3, "the last datagram");
      assert.deepEqual(
        received.map(({ ageMicros, ...rest }) => rest),
        [
          { bytes: Uint8Array.of(1), source, destination, ttl: 7, interfaceIndex: here },
          { bytes: Uint8Array.of(2), source, destination: group, ttl: 255, interfaceIndex: here },
          { bytes: Uint8Array.of(4), source, destination, ttl: 64, interfaceIndex: here },
        ],
      );
      for (const { ageMicros } of received)
        assert.ok(ageMicros >= 0 && ageMicros < 5_000_000, `${ageMicros}`);
    });
  }

  test("a batch leaves in one call; what is refused keeps nothing back", async () => {
    const wire = makeWire();
    const receiver = closing(new RawSocket({ family: 4, protocol: PROTOCOL, namespace: wire.rightPath }));
    const sender = closing(
      new RawSocket({ family: 4, protocol: PROTOCOL, namespace: wire.leftPath, receive: false }),
    );
    for (const [place, destination, ttl] of [
      [0, "192.0.2.2", 8],
      [40, "203.0.113.1", 7],
      [2, "192.0.2.2", 9],
      [0, "192.0.2.2", 7],
    ] as const)
      sender.keep(place, Uint8Array.of(place, ttl), destination, { ttl });
    const refusals = sender.sendKept([0, 40, 2, 0]);
    assert.deepEqual(
      refusals.map(({ index, error }) => [index, error.code, error.call]),
      [[1, "ENETUNREACH", "sendmmsg"]],
    );
    assert.match(`${refusals[0]?.error.message}`, /203\.0\.113\.1/);
    const received: RawDatagram[] = [];
    await until(() => received.push(...receiver.drain()) === 3, "three datagrams");
    assert.deepEqual(
      received.map(({ bytes, ttl }) => [...bytes, ttl]),
      [
        [0, 7, 7],
        [2, 9, 9],
        [0, 7, 7],
      ],
    );
    assert.deepEqual(sender.sendKept([]), []);
  });

  test("nothing is sent from a place where nothing is kept, nor after the end", async () => {
    const wire = makeWire();
    const sender = closing(
      new RawSocket({ family: 4, protocol: PROTOCOL, namespace: wire.leftPath, receive: false }),
    );
    sender.keep(3, Uint8Array.of(1), "192.0.2.2");
    assert.throws(() => sender.keep(3, Uint8Array.of(2), "nowhere"), { code: "EINVAL", call: "keep" });
    assert.throws(() => sender.keep(65_536, Uint8Array.of(2), "192.0.2.2"), { code: "EINVAL" });
    assert.throws(() => sender.keep(-1, Uint8Array.of(2), "192.0.2.2"), { code: "EINVAL" });
    for (const place of [2, 4, 1_000, -1, Number.NaN])
      assert.throws(() => sender.sendKept([3, place]), { code: "EINVAL", call: "sendmmsg" });
    assert.deepEqual(sender.sendKept([3]), []);
    sender.close();
    assert.throws(() => sender.sendKept([3]), { code: "EBADF" });
    assert.throws(() => sender.keep(3, Uint8Array.of(1), "192.0.2.2"), { code: "EBADF" });
  });

  test("the sender's own host does not hear its multicast", async () => {
    const wire = makeWire();
    const there = interfaceIndex("eth0", wire.leftPath);
    const socket = closing(new RawSocket({ family: 4, protocol: PROTOCOL, namespace: wire.leftPath }));
    socket.join("224.0.0.18", there);
    socket.send(Uint8Array.of(1), "224.0.0.18", { interfaceIndex: there });
    socket.send(Uint8Array.of(2), "192.0.2.1");
    const received: RawDatagram[] = [];
    await until(() => received.push(...socket.drain()) > 0, "a datagram");
    assert.deepEqual(
      received.map(({ bytes }) => bytes[0]),
      [2],
    );
  });

  test("a bound socket hears only its address; a drain takes no more than its limit", async () => {
    const wire = makeWire();
    ip("-n", wire.left, "addr", "add", "192.0.2.10/24", "dev", "eth0");
    const socket = closing(
      new RawSocket({
        family: 4,
        protocol: PROTOCOL,
        namespace: wire.leftPath,
        bind: "192.0.2.10",
      }),
    );
    for (let number = 0; number < 5; number++)
      for (const address of ["192.0.2.1", "192.0.2.10"]) socket.send(Uint8Array.of(number), address);
    const drained: RawDatagram[][] = [];
    await until(() => {
      drained.push(socket.drain(3));
      return drained.flat().length >= 5;
    }, "five datagrams");
    assert.ok(drained.every(({ length }) => length <= 3));
    assert.deepEqual(
      drained.flat().map(({ bytes, destination }) => [bytes[0], destination]),
      [0, 1, 2, 3, 4].map((number) => [number, "192.0.2.10"]),
    );
  });

  test("what waits in the queue grows old", { timeout: 60_000 }, async () => {
    const wire = makeWire();
    const socket = closing(new RawSocket({ family: 4, protocol: PROTOCOL, namespace: wire.leftPath }));
    let age = 0;
    // The kernel begins to stamp shortly after a first socket of the host asks for it, so the first may be younger.
    while (age < 19_000) {
      socket.send(Uint8Array.of(1), "192.0.2.1");
      const start = performance.now();
      await until(() => performance.now() - start > 20, "20 ms");
      const received: RawDatagram[] = [];
      await until(() => received.push(...socket.drain()) > 0, "a datagram");
      age = received[0]?.ageMicros ?? -1;
      assert.ok(age >= 0);
    }
  });
});
