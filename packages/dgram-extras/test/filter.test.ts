import assert from "node:assert/strict";
import { test } from "node:test";
import { type Filter, type RawDatagram, RawSocket } from "../src/index.ts";
import { closing } from "./support/closing.ts";
import { makeWire, needsNamespaces } from "./support/namespaces.ts";
import { until } from "./support/until.ts";

/** IPv4 without options: accept when the payload's first byte is 7. */
const FIRST_BYTE_IS_SEVEN: Filter = [
  { code: 0x30, jt: 0, jf: 0, k: 20 }, // load byte 20
  { code: 0x15, jt: 0, jf: 1, k: 7 }, // equal 7, or skip one
  { code: 0x06, jt: 0, jf: 0, k: 0xffff_ffff }, // accept
  { code: 0x06, jt: 0, jf: 0, k: 0 }, // drop
];

test("the kernel queues only what the filter accepts", { skip: needsNamespaces }, async () => {
  const namespace = makeWire().leftPath;
  const filtered = closing(
    new RawSocket({ family: 4, protocol: 253, namespace, filter: FIRST_BYTE_IS_SEVEN }),
  );
  const deaf = closing(new RawSocket({ family: 4, protocol: 253, namespace, receive: false }));
  for (const first of [6, 7, 8]) deaf.send(Uint8Array.of(first, 1), "192.0.2.1");
  const received: RawDatagram[] = [];
  await until(() => received.push(...filtered.drain()) > 0, "a datagram");
  assert.deepEqual(
    received.map(({ bytes }) => [...bytes]),
    [[7, 1]],
  );
  assert.deepEqual(deaf.drain(), []);
});

test("a filter can be exchanged while the socket is open", { skip: needsNamespaces }, async () => {
  const namespace = makeWire().leftPath;
  const socket = closing(new RawSocket({ family: 4, protocol: 253, namespace, filter: FIRST_BYTE_IS_SEVEN }));
  const sender = closing(new RawSocket({ family: 4, protocol: 253, namespace, receive: false }));
  const witness = closing(new RawSocket({ family: 4, protocol: 253, namespace }));
  const heard: RawDatagram[] = [];
  const received: number[] = [];
  const send = (...firsts: number[]) => {
    for (const first of firsts) sender.send(Uint8Array.of(first), "192.0.2.1");
  };
  const arrived = (count: number) => () => {
    received.push(...socket.drain().map(({ bytes }) => bytes[0] ?? 0));
    return received.length >= count;
  };
  send(6, 7, 8);
  await until(() => heard.push(...witness.drain()) === 3, "what comes before the exchange");
  socket.setFilter(FIRST_BYTE_IS_SEVEN.map((step) => (step.k === 7 ? { ...step, k: 8 } : step)));
  send(6, 7, 8);
  await until(arrived(2), "what came before the exchange, and after it");
  assert.throws(() => socket.setFilter([]), { name: "SystemError", call: "setsockopt" });
  send(6, 7, 8);
  await until(arrived(3), "what the last good filter accepts");
  assert.deepEqual(received, [7, 8, 8]);
});

test("a filter the kernel refuses is an error, and no socket is left", { skip: needsNamespaces }, () => {
  const namespace = makeWire().leftPath;
  const endless: Filter = [{ code: 0x05, jt: 0, jf: 0, k: 100 }];
  assert.throws(() => new RawSocket({ family: 4, protocol: 253, namespace, filter: endless }), {
    name: "SystemError",
    code: "EINVAL",
    call: "setsockopt",
  });
});
