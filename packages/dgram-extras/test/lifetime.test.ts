import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { after, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { interfaceIndex, NetlinkSocket, PacketSocket, RawSocket, UnixDatagramSocket } from "../src/index.ts";
import { closing } from "./support/closing.ts";
import { awaitCarrier, ip, makeWire, needsNamespaces } from "./support/namespaces.ts";
import { until } from "./support/until.ts";

let names = 0;
function name(): string {
  return `@kl-${process.pid}-life-${names++}`;
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  assert.ok(typeof collect === "function");
  collect();
}

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

test("after close every call is refused, and never reaches a descriptor that was used again", () => {
  const socket = closing(new UnixDatagramSocket({ path: name() }));
  socket.close();
  const other = closing(new UnixDatagramSocket({ path: name() }));
  assert.equal(socket.closed, true);
  const refused = { name: "SystemError", code: "EBADF" };
  assert.throws(() => socket.send(Uint8Array.of(1), name()), refused);
  assert.throws(() => socket.drain(), refused);
  assert.throws(() => socket.fd, refused);
  assert.throws(() => socket.onReadable(() => {}), refused);
  socket.ref();
  socket.unref();
  socket.close();
  assert.equal(other.closed, false);
  assert.ok(other.fd > 2);
});

test("after close the other kinds refuse too", { skip: needsNamespaces }, () => {
  const namespace = makeWire().leftPath;
  const raw = closing(new RawSocket({ family: 6, protocol: 253, namespace }));
  const packet = closing(new PacketSocket({ protocol: 0, namespace }));
  const netlink = closing(new NetlinkSocket({ protocol: 0, namespace }));
  for (const socket of [raw, packet, netlink]) socket.close();
  const refused = { name: "SystemError", code: "EBADF" };
  assert.throws(() => raw.join("ff02::12", 1), refused);
  assert.throws(() => raw.send(Uint8Array.of(1), "2001:db8::2"), refused);
  assert.throws(() => packet.sendAll([{ bytes: new Uint8Array(60), interfaceIndex: 1 }]), refused);
  assert.throws(() => netlink.request(Uint8Array.of(1), 1_000, () => true), refused);
});

test("a socket may be closed by its own listener", async () => {
  const path = name();
  const sender = closing(new UnixDatagramSocket());
  const socket = closing(new UnixDatagramSocket({ path }));
  let calls = 0;
  socket.onReadable(() => {
    calls++;
    socket.drain(1);
    socket.close();
  });
  for (let count = 0; count < 3; count++) sender.send(Uint8Array.of(count), path);
  await until(() => calls > 0, "the listener");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(calls, 1);
});

test("a listener that leaves something is called again", async () => {
  const path = name();
  const sender = closing(new UnixDatagramSocket());
  const socket = closing(new UnixDatagramSocket({ path }));
  const sizes: number[] = [];
  socket.onReadable(() => sizes.push(socket.drain(2).length));
  for (let count = 0; count < 5; count++) sender.send(Uint8Array.of(count), path);
  await until(() => sizes.reduce((sum, size) => sum + size, 0) === 5, "five datagrams");
  assert.deepEqual(sizes, [2, 2, 1]);
});

test("a socket held only by its listener goes on receiving after a garbage collection", async () => {
  const path = name();
  const sender = closing(new UnixDatagramSocket());
  let received = 0;
  let finished = false;
  (() => {
    const socket = new UnixDatagramSocket({ path });
    socket.onReadable(() => {
      received += socket.drain().length;
      if (finished) socket.close();
    });
  })();
  after(() => {
    finished = true;
    new UnixDatagramSocket().send(Uint8Array.of(0), path);
  });
  for (let round = 1; round <= 3; round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
    sender.send(Uint8Array.of(round), path);
    await until(() => received === round, "a datagram after the collection");
  }
});

test("a socket that nobody holds or watches is closed by the garbage collection", async () => {
  const before = openDescriptors();
  (() => {
    for (let count = 0; count < 50; count++) new UnixDatagramSocket();
  })();
  assert.ok(openDescriptors() >= before + 50);
  await until(() => {
    collectGarbage();
    return openDescriptors() <= before + 1;
  }, "the descriptors to be closed");
});

test("an exception of a listener is an uncaught exception, and the socket goes on", () => {
  const source = `
    import { UnixDatagramSocket } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
    const socket = new UnixDatagramSocket({ path: ${JSON.stringify(name())} });
    const path = ${JSON.stringify(name())};
    const receiver = new UnixDatagramSocket({ path });
    process.on("uncaughtException", (error) => console.log("uncaught", error.message));
    let left = 2;
    receiver.onReadable(() => {
      receiver.drain(1);
      Promise.resolve().then(() => console.log("microtask"));
      if (--left === 0) receiver.close();
      throw new Error("of the listener");
    });
    socket.send(Uint8Array.of(1), path);
    socket.send(Uint8Array.of(2), path);
  `;
  const flags = ["-C", "source", "--import", "tsx", "--input-type=module", "--eval", source];
  const { stdout, stderr, status } = spawnSync(process.execPath, flags, {
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.deepEqual([stderr, status], ["", 0]);
  assert.deepEqual(
    stdout.split("\n").filter((line) => line.startsWith("uncaught")),
    ["uncaught of the listener", "uncaught of the listener"],
  );
});

/** Node 20 gives a worker no TypeScript of its own accord. */
function startWorker(workerData: { readonly path: string; readonly hangUp: number }): Worker {
  const module = new URL("./support/echo-worker.ts", import.meta.url).href;
  const source = `import("tsx/esm/api").then(({ tsImport }) => tsImport("${module}", "${import.meta.url}"))`;
  return new Worker(source, { eval: true, workerData });
}

for (const end of ["terminate", "exit"] as const) {
  test(`a worker that is at its ${end} leaves nothing behind`, async () => {
    const before = openDescriptors();
    for (let round = 0; round < 3; round++) {
      const path = name();
      const own = closing(new UnixDatagramSocket({ path: name() }));
      let echoed = 0;
      own.onReadable(() => {
        echoed += own.drain().length;
      });
      const worker = startWorker({ path, hangUp: own.fd });
      await once(worker, "message");
      own.send(Uint8Array.of(1), path);
      await until(() => echoed === 1, "the worker's echo");
      if (end === "terminate") await worker.terminate();
      else await Promise.all([once(worker, "exit"), worker.postMessage("exit")]);
      assert.throws(() => own.send(Uint8Array.of(1), path), { code: "ECONNREFUSED" });
      own.close();
    }
    assert.ok(openDescriptors() <= before, `${openDescriptors()} descriptors, ${before} before`);
  });
}

test("a raw socket survives its link's going down, and says when the link is gone", {
  skip: needsNamespaces,
}, async () => {
  const wire = makeWire();
  const here = interfaceIndex("eth0", wire.rightPath);
  const there = interfaceIndex("eth0", wire.leftPath);
  const sender = closing(
    new RawSocket({ family: 4, protocol: 253, namespace: wire.leftPath, receive: false }),
  );
  const receiver = closing(
    new RawSocket({ family: 4, protocol: 253, namespace: wire.rightPath, device: "eth0" }),
  );
  receiver.join("224.0.0.18", here);
  let received = 0;
  receiver.onReadable(() => {
    received += receiver.drain().length;
  });
  const send = () =>
    sender.send(Uint8Array.of(1), "224.0.0.18", { source: "192.0.2.1", interfaceIndex: there });
  send();
  await until(() => received === 1, "a datagram");
  ip("-n", wire.left, "link", "set", "eth0", "down");
  assert.throws(send, {
    code: /ENETUNREACH|ENETDOWN|EINVAL/,
    call: "sendto",
    message: /^sendto 224\.0\.0\.18: /,
  });
  ip("-n", wire.right, "link", "set", "eth0", "down");
  ip("-n", wire.left, "link", "set", "eth0", "up");
  ip("-n", wire.right, "link", "set", "eth0", "up");
  awaitCarrier(wire.left);
  send();
  await until(() => received === 2, "a datagram after the link came back");
  ip("-n", wire.left, "link", "del", "eth0");
  assert.throws(send, { code: /ENODEV|ENETUNREACH/ });
  assert.throws(() => receiver.join("224.0.0.19", here), { code: "ENODEV", message: /join 224\.0\.0\.19/ });
});
