import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { interfaceIndex, NetlinkSocket } from "../src/index.ts";
import { closing } from "./support/closing.ts";
import { makeNamespace, needsNamespaces, path } from "./support/namespaces.ts";
import { until } from "./support/until.ts";

const NEW_ADDRESS = 20;
const GET_LINK = 18;
const REQUEST_ACK = 0x05;
const DUMP = 0x301;
const CREATE = 0x400;
const REPLACE = 0x100;
const IPV4_ADDRESS_GROUP = 5;
const ERROR = 2;
const DONE = 3;

function message(type: number, flags: number, payload: readonly number[], sequence = 1): Uint8Array {
  const bytes = new Uint8Array(16 + payload.length);
  new Uint32Array(bytes.buffer, 0, 1)[0] = bytes.length;
  new Uint16Array(bytes.buffer, 4, 2).set([type, flags]);
  new Uint32Array(bytes.buffer, 8, 1)[0] = sequence;
  bytes.set(payload, 16);
  return bytes;
}

function view(datagram: Uint8Array): DataView {
  return new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
}

/** The type of the datagram's last message. */
function lastType(datagram: Uint8Array): number {
  let at = 0;
  let type = 0;
  while (at + 16 <= datagram.length) {
    type = view(datagram).getUint16(at + 4, true);
    at += (view(datagram).getUint32(at, true) + 3) & ~3;
  }
  return type;
}

/** RTM_NEWADDR of 198.51.100.`host`/32, with a changing lifetime so that each is worth a notification. */
function setAddress(index: number, host: number): Uint8Array {
  const attribute = (type: number) => [8, 0, type, 0, 198, 51, 100, host];
  const payload = [2, 32, 0, 0, index, 0, 0, 0, ...attribute(1), ...attribute(2)];
  return message(NEW_ADDRESS, REQUEST_ACK | CREATE | REPLACE, payload);
}

function errno(replies: readonly Uint8Array[]): number | undefined {
  const last = replies.at(-1);
  return last === undefined || lastType(last) !== ERROR ? undefined : view(last).getInt32(16, true);
}

describe("netlink in a namespace", { skip: needsNamespaces }, () => {
  test("a request returns the kernel's answer, a dump all its parts", () => {
    const namespace = path(makeNamespace());
    const socket = closing(new NetlinkSocket({ protocol: 0, namespace }));
    const index = interfaceIndex("lo", namespace);
    assert.equal(errno(socket.request(setAddress(index, 1), 1_000, () => true)), 0);
    const parts = socket.request(
      message(GET_LINK, DUMP, new Array(16).fill(0)),
      1_000,
      (part) => lastType(part) === DONE,
    );
    assert.ok(parts.length >= 1);
  });

  test("an error comes with the kernel's own words and without the request", () => {
    const socket = closing(new NetlinkSocket({ protocol: 0, namespace: path(makeNamespace()) }));
    const [reply] = socket.request(message(GET_LINK, REQUEST_ACK, new Array(16).fill(9)), 1_000, () => true);
    assert.ok(reply !== undefined);
    assert.equal(errno([reply]), -22);
    const flags = view(reply).getUint16(6, true);
    assert.equal(flags & 0x300, 0x300, "capped, and with attributes");
    assert.match(new TextDecoder().decode(reply.subarray(36)), /[A-Za-z ]{8,}/);
  });

  test("silence ends at the deadline", () => {
    const socket = closing(new NetlinkSocket({ protocol: 0, namespace: path(makeNamespace()) }));
    assert.throws(() => socket.request(Uint8Array.of(1, 2, 3), 10, () => true), {
      code: "ETIMEDOUT",
      call: "recvmsg",
      errno: 110,
    });
  });

  test("an overrun is an error event, and notifications go on after it", async () => {
    const namespace = path(makeNamespace());
    const index = interfaceIndex("lo", namespace);
    const requests = closing(new NetlinkSocket({ protocol: 0, namespace }));
    const monitor = closing(
      new NetlinkSocket({
        protocol: 0,
        namespace,
        groups: [IPV4_ADDRESS_GROUP],
        receiveBuffer: 4_096,
      }),
    );
    const codes: string[] = [];
    let notified = 0;
    monitor.onReadable(() => {
      notified += monitor.drain().length;
    });
    monitor.onError(({ code }) => codes.push(code));
    for (let round = 1; round <= 2; round++) {
      for (let host = 1; host <= 100; host++)
        assert.equal(errno(requests.request(setAddress(index, host), 1_000, () => true)), 0);
      await until(() => codes.length === round, "ENOBUFS");
      await until(() => notified > 0 && monitor.drain().length === 0, "the rest of the queue");
      notified = 0;
      requests.request(setAddress(index, 200 + round), 1_000, () => true);
      await until(() => notified > 0, "a notification after the overrun");
      notified = 0;
    }
    assert.deepEqual(codes, ["ENOBUFS", "ENOBUFS"]);
  });

  test("a drain that meets the overrun itself reports it too", async () => {
    const namespace = path(makeNamespace());
    const index = interfaceIndex("lo", namespace);
    const requests = closing(new NetlinkSocket({ protocol: 0, namespace }));
    const monitor = closing(
      new NetlinkSocket({
        protocol: 0,
        namespace,
        groups: [IPV4_ADDRESS_GROUP],
        receiveBuffer: 4_096,
      }),
    );
    const codes: string[] = [];
    monitor.onError(({ code }) => codes.push(code));
    for (let host = 1; host <= 100; host++) requests.request(setAddress(index, host), 1_000, () => true);
    assert.ok(monitor.drain().length > 0);
    assert.deepEqual(codes, [], "never from inside the call");
    await until(() => codes.length > 0, "ENOBUFS");
    assert.deepEqual(codes, ["ENOBUFS"]);
  });
});
