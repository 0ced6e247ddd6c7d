import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { controlSocket } from "../../src/channel/options.ts";
import { ask, type Question } from "../../src/control/client.ts";
import { handOverShape, type StatusReport, statusShape } from "../../src/control/shapes.ts";
import { STATUS, withRunDir, withServer } from "./target.ts";

const QUESTION: Question<StatusReport> = {
  method: "GET",
  path: "/status",
  shape: statusShape,
  deadlineMs: 5_000,
};

/** A listener that is no control socket. */
async function withListener(
  answer: string | undefined,
  use: (socket: string) => Promise<void>,
): Promise<void> {
  await withRunDir(async (runDir) => {
    const socket = controlSocket(runDir);
    const server = createServer((connection) => {
      connection.on("error", () => {});
      if (answer !== undefined) connection.end(answer);
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    try {
      await use(socket);
    } finally {
      server.close();
    }
  });
}

describe("a question over the control socket", () => {
  it("gets its answer, without what this version does not know", async () => {
    await withServer(async ({ socket }) => {
      const reply = await ask(socket, QUESTION);
      assert.equal(reply.kind, "answer");
      if (reply.kind === "answer") assert.equal(reply.body.services[0]?.servers.length, 3);
    });
  });

  it("hears that nobody is there", async () => {
    await withRunDir(async (runDir) => {
      const socket = controlSocket(runDir);
      assert.deepEqual(await ask(socket, QUESTION), {
        kind: "away",
        reason: `no daemon: there is no ${socket}`,
      });
      writeFileSync(socket, "");
      assert.deepEqual(await ask(socket, QUESTION), {
        kind: "away",
        reason: `no daemon listens on ${socket}`,
      });
    });
  });

  it("does not wait longer than its deadline", async () => {
    await withListener(undefined, async (socket) => {
      const reply = await ask(socket, { ...QUESTION, deadlineMs: 50 });
      assert.deepEqual(reply, { kind: "away", reason: `no answer on ${socket} within 0.05 s` });
    });
  });

  it("does not believe half an answer, nor one that is none", async () => {
    const half = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"version"';
    await withListener(half, async (socket) => assert.equal((await ask(socket, QUESTION)).kind, "away"));
    await withListener("220 mail ready\r\n", async (socket) => {
      assert.equal((await ask(socket, QUESTION)).kind, "away");
    });
    const other = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    await withListener(other, async (socket) => {
      const reply = await ask(socket, QUESTION);
      assert.equal(reply.kind, "failed");
      if (reply.kind === "failed") assert.match(reply.reason, /another version/);
    });
  });

  it("passes on why it was not answered", async () => {
    await withServer(async ({ socket, target }) => {
      target.drill = () => Promise.reject(new Error("the elector is away"));
      const question = { method: "POST", path: "/drill", shape: handOverShape, deadlineMs: 5_000 } as const;
      assert.deepEqual(await ask(socket, question), { kind: "failed", reason: "the elector is away" });
    });
  });

  it("finds in the status all that the balancer put there", () => {
    const { routers } = statusShape.parse(JSON.parse(JSON.stringify(STATUS))).elector ?? {};
    assert.deepEqual(
      routers?.map(({ name, master }) => [name, master?.priority]),
      [
        ["front", undefined],
        ["back", 90],
      ],
    );
  });
});
