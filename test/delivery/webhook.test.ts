import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { postWebhook } from "../../src/delivery/webhook.ts";
import { seconds } from "../../src/net/time.ts";
import type { WebhookNotifier } from "../../src/notify/settings.ts";
import { notice, webhook } from "../notify/support.ts";
import { answering, closedPort, serve, type TestServer } from "../probes/servers.ts";
import { until } from "../support/until.ts";

const NEWS = notice({ from: "Backup", priority: 150 });
const NEVER = new AbortController().signal;
const OK = "HTTP/1.1 204 No Content\r\n\r\n";

function post({ port }: TestServer["target"], changes: Partial<WebhookNotifier> = {}, signal = NEVER) {
  const settings = webhook({ url: `http://127.0.0.1:${port}/hook?a=b`, timeout: seconds(5), ...changes });
  return postWebhook(settings, NEWS, signal);
}

describe("a webhook", () => {
  it("is a POST of JSON, on a connection that is closed then", async () => {
    let body = "";
    await using server = await serve({
      connect: (socket) => {
        socket.on("data", (bytes) => {
          body += bytes.toString();
          if (body.endsWith("}")) socket.end(OK);
        });
      },
    });
    assert.deepEqual(await post(server.target), { kind: "delivered" });
    const [head = "", json = ""] = body.split("\r\n\r\n");
    const lines = head.split("\r\n");
    assert.equal(lines[0], "POST /hook?a=b HTTP/1.1");
    assert.ok(lines.includes("content-type: application/json"), head);
    assert.ok(lines.includes("connection: close"), head);
    assert.deepEqual(JSON.parse(json), {
      cluster: "shop",
      director: "lb1",
      router: "front",
      state: "Master",
      from: "Backup",
      cause: "master-silent",
      detail: "",
      priority: 150,
      at: "1970-01-01T00:00:00.000Z",
    });
  });

  it("gives the user and the password of its URL, decoded", async () => {
    await using server = await answering(OK);
    await post(server.target, { password: "keelson:p%C3%A4ss%3A" });
    const expected = Buffer.from("keelson:päss:").toString("base64");
    assert.match(server.requests[0] ?? "", new RegExp(`\r\nauthorization: Basic ${expected}\r\n`));
  });

  const answers: [string, string, string][] = [
    ["any 2xx", "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok", "delivered"],
    ["a 2xx whose body never ends", "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\nok", "delivered"],
    ["a redirect", "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", "bad-status: status 302, saying "],
    [
      "a failure with its reason",
      "HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy",
      "bad-status: status 503, saying busy",
    ],
    [
      "a failure that says too much",
      `HTTP/1.1 500 No\r\n\r\n${"x".repeat(100_000)}`,
      `bad-status: status 500, saying ${"x".repeat(2_048)}`,
    ],
  ];
  for (const [name, answer, expected] of answers) {
    it(`takes ${name} for what it is`, async () => {
      await using server = await answering(answer);
      const outcome = await post(server.target);
      assert.equal(
        outcome.kind === "failed"
          ? `${outcome.reason}: ${outcome.detail}, saying ${outcome.output}`
          : outcome.kind,
        expected,
      );
    });
  }

  it("says that nobody listens", async () => {
    const outcome = await post(await closedPort());
    assert.equal(outcome.kind === "failed" && outcome.reason, "not-sent");
    assert.match(outcome.kind === "failed" ? outcome.detail : "", /ECONNREFUSED/);
  });

  it("says that the server hung up", async () => {
    await using server = await serve({ request: (socket) => socket.destroy() });
    const outcome = await post(server.target);
    assert.equal(outcome.kind === "failed" && outcome.reason, "not-sent");
  });

  it("does not wait longer than its timeout, and closes its connection", async () => {
    await using server = await serve({});
    const outcome = await post(server.target, { timeout: seconds(1) });
    assert.deepEqual(outcome, { kind: "failed", reason: "timeout", detail: "longer than 1s", output: "" });
    await until("end of the connection", () => server.endings.length > 0);
  });

  it("ends when we do", async () => {
    await using server = await serve({});
    const ending = new AbortController();
    const outcome = post(server.target, {}, ending.signal);
    await until("the request", () => server.requests.length > 0);
    ending.abort();
    assert.equal((await outcome).kind, "failed");
  });

  it("never names user and password", async () => {
    const outcome = await post(await closedPort(), { password: "keelson:secret" });
    assert.doesNotMatch(JSON.stringify(outcome), /secret/);
  });
});
