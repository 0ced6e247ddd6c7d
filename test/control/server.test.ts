import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { controlSocket } from "../../src/channel/options.ts";
import { ControlServer } from "../../src/control/server.ts";
import type { KeelsonEvent } from "../../src/log/event.ts";
import { SAMPLES } from "../log/samples.ts";
import { until } from "../support/until.ts";
import { FakeTarget, STATUS, withRunDir, withServer } from "./target.ts";

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** A client of our own, so that a mistake in the other one cannot hide. */
function call(socketPath: string, method: string, path: string, body = ""): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, agent: false }, async (response) => {
      let text = "";
      for await (const part of response.setEncoding("utf8")) text += part;
      const { statusCode: status, headers } = response;
      resolve({ status, headers, body: JSON.parse(text) });
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

const WEB_RS1 = "service=web&server=rs1&by=anna";

describe("the control socket", () => {
  it("may be opened by its owner only", async () => {
    await withServer(async ({ socket }) => {
      const { mode } = statSync(socket);
      assert.equal(mode & 0o777, 0o600);
      assert.ok(statSync(socket).isSocket());
    });
  });

  it("may be closed before it was opened", async () => {
    await withRunDir(async (runDir) => {
      new ControlServer(controlSocket(runDir), new FakeTarget()).close();
    });
  });

  it("takes the place of a stale one, and of one that is in use", async () => {
    await withRunDir(async (runDir) => {
      const path = controlSocket(runDir);
      writeFileSync(path, "");
      writeFileSync(`${path}.new`, "");
      const first = new ControlServer(path, new FakeTarget());
      await first.listen();
      const target = new FakeTarget();
      target.now = () => ({ ...STATUS, node: "second" });
      const second = new ControlServer(path, target);
      await second.listen();
      first.close();
      const { body } = await call(path, "GET", "/status");
      assert.equal(typeof body === "object" && body !== null && "node" in body ? body.node : "", "second");
      second.close();
      assert.equal(existsSync(path), false);
    });
  });

  it("refuses a path that the kernel would cut", async () => {
    await withRunDir(async (runDir) => {
      const server = new ControlServer(join(runDir, "x".repeat(100)), new FakeTarget());
      await assert.rejects(server.listen(), /too long for a Unix socket/);
    });
  });

  it("breaks off what is under way when it closes", async () => {
    await withRunDir(async (runDir) => {
      const target = new FakeTarget();
      let asked = false;
      target.reload = () => {
        asked = true;
        return new Promise(() => {});
      };
      const server = new ControlServer(controlSocket(runDir), target);
      await server.listen();
      const answer = assert.rejects(call(controlSocket(runDir), "POST", "/reload"), /hang up|ECONNRESET/);
      await until("request", () => asked);
      server.close();
      await answer;
    });
  });
});

describe("the answer", () => {
  it("to GET /status is the target's status", async () => {
    await withServer(async ({ socket }) => {
      const { status, headers, body } = await call(socket, "GET", "/status");
      assert.equal(status, 200);
      assert.equal(headers["content-type"], "application/json");
      assert.deepEqual(body, JSON.parse(JSON.stringify(STATUS)));
    });
  });

  it("to POST /reload is what came of it", async () => {
    await withServer(async ({ socket, target }) => {
      const outcomes = [
        [200, { kind: "accepted", changes: ["add server web/rs2"] }],
        [422, { kind: "bad-file", issues: ["cluster.toml:1:1: error"] }],
        [409, { kind: "refused", reason: "another reload is under way" }],
      ] as const;
      for (const [status, outcome] of outcomes) {
        target.reloaded = Promise.resolve(outcome);
        const answer = await call(socket, "POST", "/reload");
        assert.deepEqual([answer.status, answer.body], [status, outcome]);
      }
    });
  });

  it("to POST /drill is who hands over", async () => {
    await withServer(async ({ socket, target }) => {
      const started = await call(socket, "POST", "/drill");
      assert.deepEqual([started.status, started.body], [200, { kind: "started", routers: ["front"] }]);
      target.drilled = { kind: "refused", reason: "no router is master" };
      assert.equal((await call(socket, "POST", "/drill")).status, 409);
    });
  });

  it("to POST /drain, /undrain and /weight is what came of it", async () => {
    await withServer(async ({ socket, target }) => {
      const asked = { service: "web", server: "rs1", by: "anna" };
      const cases = [
        ["drain", "&connections=3&deadline=90s", { kind: "drain", connections: 3, within: 90_000_000 }],
        ["drain", "&connections=0", { kind: "drain", connections: 0 }],
        ["undrain", "", { kind: "undrain" }],
        ["weight", "&weight=7", { kind: "weight", weight: 7 }],
        ["weight", "", { kind: "reset" }],
      ] as const;
      for (const [verb, more, what] of cases) {
        const { status, body } = await call(socket, "POST", `/${verb}?${WEB_RS1}${more}`);
        assert.deepEqual([status, body], [200, { kind: "done", text: "web/rs1 is as it should be" }]);
        assert.deepEqual(target.overrides.pop(), { ...asked, what });
      }
      target.overridden = { kind: "refused", reason: "nobody drains web/rs1" };
      assert.equal((await call(socket, "POST", `/undrain?${WEB_RS1}`)).status, 409);
    });
  });

  it("to what there is not names what there is", async () => {
    const cases: [string, string, number, RegExp][] = [
      ["GET", "/", 404, /nothing at \/; there are GET \/status/],
      ["GET", "/statu", 404, /nothing at/],
      ["POST", "/status", 405, /\/status wants GET/],
      ["GET", "/drill", 405, /\/drill wants POST/],
      ["GET", "/standby", 405, /\/standby wants POST/],
      ["GET", "//", 404, /nothing/],
      ["GET", "/events?count=0", 400, /count/],
      ["GET", "/events?count=many", 400, /count/],
      ["GET", "/events?conut=3", 400, /conut/],
      ["POST", "/reload?wire-breaking=maybe", 400, /wire-breaking/],
      ["POST", "/reload?wirebreaking=true", 400, /wirebreaking/],
      ["GET", "/drain", 405, /\/drain wants POST/],
      ["POST", "/drain?service=web", 400, /server/],
      ["POST", `/drain?${WEB_RS1}&connections=-1`, 400, /whole number/],
      ["POST", `/drain?${WEB_RS1}&connections=0&deadline=soon`, 400, /no duration/],
      ["POST", `/weight?${WEB_RS1}&weight=65536`, 400, /65535/],
      ["POST", `/weight?${WEB_RS1}&weight=`, 400, /whole number/],
      ["POST", `/undrain?${WEB_RS1}&weight=1`, 400, /weight/],
      ["POST", "/undrain?service=web&server=rs1&by=%1b", 400, /by/],
    ];
    await withServer(async ({ socket }) => {
      for (const [method, path, status, text] of cases) {
        const answer = await call(socket, method, path);
        assert.equal(answer.status, status, path);
        assert.match(JSON.stringify(answer.body), text);
      }
    });
  });

  it("to a mistake of ours is what it was", async () => {
    await withServer(async ({ socket, target }) => {
      target.reload = () => Promise.reject(new Error("no space left on device"));
      const { status, body } = await call(socket, "POST", "/reload");
      assert.deepEqual([status, body], [500, { error: "no space left on device" }]);
    });
  });

  it("to a long body is a refusal, and to no HTTP at all the end", async () => {
    await withServer(async ({ socket }) => {
      assert.equal((await call(socket, "POST", "/reload", "x".repeat(2_000))).status, 413);
      const stranger = connect(socket);
      stranger.write("HELO keelson\r\n\r\n");
      let text = "";
      for await (const part of stranger.setEncoding("utf8")) text += part;
      assert.match(text, /^HTTP\/1\.1 400 /);
    });
  });
});

describe("GET /events", () => {
  const events: KeelsonEvent[] = [
    SAMPLES.transition[0],
    SAMPLES["server-up"][0],
    { ...SAMPLES.stall[0], router: "back" },
    { ...SAMPLES["address-lost"][0], router: "back/6" },
  ];
  const cases: [string, string[]][] = [
    ["/events", ["transition", "server-up", "stall", "address-lost"]],
    ["/events?count=2", ["stall", "address-lost"]],
    ["/events?router=back", ["stall", "address-lost"]],
    ["/events?router=back/6", ["address-lost"]],
    ["/events?kind=transition", ["transition"]],
    ["/events?router=back&kind=transition", []],
  ];
  for (const [path, expected] of cases) {
    it(`answers ${path} oldest first, as sentences and as they are`, async () => {
      await withServer(async ({ socket, target }) => {
        for (const [index, event] of events.entries()) target.ring.add(index, event);
        const { body } = await call(socket, "GET", path);
        const wanted = events
          .map((event, at) => ({ at, event }))
          .filter(({ event }) => expected.includes(event.kind));
        const got = eventsOf(body);
        assert.deepEqual(
          got.map(({ at, event }) => ({ at, event })),
          wanted,
        );
        for (const { message } of got) assert.match(message, /^(front|back|web)/);
      });
    });
  }

  it("remembers the last 200", async () => {
    await withServer(async ({ socket, target }) => {
      for (let at = 0; at < 250; at++) target.ring.add(at, SAMPLES.stall[0]);
      const { body } = await call(socket, "GET", "/events");
      const got = eventsOf(body);
      assert.deepEqual([got.length, got[0]?.at, got.at(-1)?.at], [200, 50, 249]);
    });
  });
});

interface Told {
  readonly at: number;
  readonly level: string;
  readonly message: string;
  readonly event: unknown;
}

function eventsOf(body: unknown): readonly Told[] {
  assert.ok(hasEvents(body));
  return body.events;
}

function hasEvents(body: unknown): body is { readonly events: readonly Told[] } {
  return typeof body === "object" && body !== null && "events" in body && Array.isArray(body.events);
}
