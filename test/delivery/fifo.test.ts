import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chownSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { FifoWriter } from "../../src/delivery/fifo.ts";
import { undelivered } from "../../src/notify/outcome.ts";
import { notice } from "../notify/support.ts";
import { until } from "../support/until.ts";
import { IS_ROOT, openFolder } from "./support.ts";

const MASTER = notice({ from: "Backup", at: Date.UTC(2026, 0, 2) });
const LINE =
  '{"cluster":"shop","director":"lb1","router":"front","state":"Master","from":"Backup",' +
  '"cause":"master-silent","detail":"","at":"2026-01-02T00:00:00.000Z"}\n';

function writerIn(context: TestContext): { readonly path: string; readonly writer: FifoWriter } {
  const path = join(openFolder(context), "events.fifo");
  const writer = new FifoWriter(path);
  context.after(() => writer.close());
  return { path, writer };
}

/** A reader that never waits. */
function openReader(context: TestContext, path: string) {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let open = true;
  const close = () => {
    if (open) closeSync(descriptor);
    open = false;
  };
  context.after(close);
  const read = () => {
    const bytes = Buffer.alloc(65_536);
    try {
      return bytes.toString("utf8", 0, readSync(descriptor, bytes));
    } catch {
      return "nothing yet";
    }
  };
  return { read, close };
}

describe("a FIFO", () => {
  it("is made when it is not there, for us and our group; without a reader the line waits", async (context) => {
    const { path, writer } = writerIn(context);
    assert.deepEqual(await writer.deliver(MASTER), { kind: "no-reader" });
    const stats = lstatSync(path);
    assert.equal(stats.isFIFO(), true);
    assert.equal(stats.mode & 0o777, 0o640);
  });

  it("gets one line of JSON for each state, and stays open between them", async (context) => {
    const { path, writer } = writerIn(context);
    await writer.deliver(MASTER);
    const reader = openReader(context, path);
    assert.deepEqual(await writer.deliver(MASTER), { kind: "delivered" });
    assert.equal(reader.read(), LINE);
    assert.equal(reader.read(), "nothing yet");
    assert.deepEqual(await writer.deliver(MASTER), { kind: "delivered" });
    assert.equal(reader.read(), LINE);
    writer.close();
    await until("the end of the FIFO", () => reader.read() === "");
  });

  it("waits for another reader when the first is gone", async (context) => {
    const { path, writer } = writerIn(context);
    await writer.deliver(MASTER);
    const first = openReader(context, path);
    await writer.deliver(MASTER);
    first.close();
    assert.deepEqual(await writer.deliver(MASTER), { kind: "no-reader" });
    const second = openReader(context, path);
    assert.deepEqual(await writer.deliver(MASTER), { kind: "delivered" });
    assert.equal(second.read(), LINE);
  });

  it("that is full is not waited for, and no line is torn", async (context) => {
    const { path, writer } = writerIn(context);
    await writer.deliver(MASTER);
    const reader = openReader(context, path);
    let written = 0;
    while ((await writer.deliver(MASTER)).kind === "delivered") written += 1;
    assert.ok(written > 100, `${written} lines`);
    assert.equal(reader.read(), LINE.repeat(written));
    assert.deepEqual(await writer.deliver(MASTER), { kind: "delivered" });
  });

  it("that was made anew is the one that is written", async (context) => {
    const { path, writer } = writerIn(context);
    await writer.deliver(MASTER);
    openReader(context, path);
    await writer.deliver(MASTER);
    rmSync(path);
    assert.deepEqual(await writer.deliver(MASTER), { kind: "no-reader" });
    const reader = openReader(context, path);
    await writer.deliver(MASTER);
    assert.equal(reader.read(), LINE);
  });

  it("fits every line into one write", () => {
    const long = "ä".repeat(500);
    assert.ok(Buffer.byteLength(JSON.stringify({ ...MASTER, detail: long })) < 4_096);
  });
});

describe("what is no FIFO of ours is refused", () => {
  const cases: [string, (path: string) => void, string][] = [
    ["a file", (path) => writeFileSync(path, ""), "is no FIFO"],
    ["a link, also to a FIFO", linkToFifo, "is a symbolic link"],
  ];
  for (const [name, make, expected] of cases) {
    it(name, async (context) => {
      const { path, writer } = writerIn(context);
      make(path);
      assert.deepEqual(await writer.deliver(MASTER), undelivered("unsafe", `${path} ${expected}`));
    });
  }

  it("one of somebody else", { skip: !IS_ROOT }, async (context) => {
    const { path, writer } = writerIn(context);
    await writer.deliver(MASTER);
    chownSync(path, 65_534, 65_534);
    const refusal = `${path} belongs to somebody else (user 65534)`;
    assert.deepEqual(await writer.deliver(MASTER), undelivered("unsafe", refusal));
  });

  it("one in a folder that is not there", async (context) => {
    const writer = new FifoWriter(join(openFolder(context), "none", "events.fifo"));
    const outcome = await writer.deliver(MASTER);
    assert.equal(outcome.kind === "failed" && outcome.reason, "not-written");
    assert.match(outcome.kind === "failed" ? outcome.detail : "", /No such file or directory/);
  });
});

function linkToFifo(path: string): void {
  spawnSync("mkfifo", [`${path}.real`]);
  symlinkSync(`${path}.real`, path);
}
