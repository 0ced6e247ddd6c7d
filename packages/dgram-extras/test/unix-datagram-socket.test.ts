import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type UnixDatagram, UnixDatagramSocket } from "../src/index.ts";
import { closing } from "./support/closing.ts";
import { until } from "./support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "kl-unix-"));
after(() => rmSync(folder, { recursive: true }));

for (const [kind, path] of [
  ["a file", join(folder, "socket")],
  ["an abstract name", `@kl-${process.pid}-unix`],
] as const) {
  test(`datagrams to ${kind}, and the sender's name`, async () => {
    const receiver = closing(new UnixDatagramSocket({ path }));
    const nameless = closing(new UnixDatagramSocket());
    const named = closing(new UnixDatagramSocket({ path: `${path}-sender` }));
    const received: UnixDatagram[] = [];
    receiver.onReadable(() => received.push(...receiver.drain()));
    nameless.send(Uint8Array.of(1, 2), path);
    named.send(new Uint8Array(), path);
    await until(() => received.length === 2, "two datagrams");
    assert.deepEqual(received, [
      { bytes: Uint8Array.of(1, 2) },
      { bytes: new Uint8Array(), source: `${path}-sender` },
    ]);
  });
}

test("nobody there, a full queue, a name too long, a name in use", () => {
  const socket = closing(new UnixDatagramSocket());
  const path = `@kl-${process.pid}-full`;
  const nobody = { code: "ECONNREFUSED", call: "sendto", message: /^sendto @kl-nobody: ECONNREFUSED/ };
  assert.throws(() => socket.send(Uint8Array.of(1), "@kl-nobody"), nobody);
  assert.throws(() => socket.send(Uint8Array.of(1), join(folder, "none")), { code: "ENOENT" });
  assert.throws(() => socket.send(Uint8Array.of(1), "x".repeat(120)), { code: "ENAMETOOLONG" });
  assert.throws(() => socket.send(Uint8Array.of(1), "x".repeat(500)), { code: "ENAMETOOLONG" });
  closing(new UnixDatagramSocket({ path }));
  assert.throws(() => new UnixDatagramSocket({ path }), { code: "EADDRINUSE", call: "bind" });
  const fill = () => {
    for (let count = 0; count < 100_000; count++) socket.send(Uint8Array.of(1), path);
  };
  assert.throws(fill, { code: "EAGAIN" });
});
