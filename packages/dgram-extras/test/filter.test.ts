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

test("a filter the kernel refuses is an error, and no socket is left", { skip: needsNamespaces }, () => {
  const namespace = makeWire().leftPath;
  const endless: Filter = [{ code: 0x05, jt: 0, jf: 0, k: 100 }];
  assert.throws(() => new RawSocket({ family: 4, protocol: 253, namespace, filter: endless }), {
    name: "SystemError",
    code: "EINVAL",
    call: "setsockopt",
  });
});
