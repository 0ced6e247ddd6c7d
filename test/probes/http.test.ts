import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import type { FailureReason } from "../../src/checks/result.ts";
import type { HttpCheck } from "../../src/checks/settings.ts";
import { millis, seconds } from "../../src/net/time.ts";
import { probeHttp } from "../../src/probes/http.ts";
import { until } from "../support/until.ts";
import { deafServer } from "./deaf.ts";
import { answering, closedPort, serve } from "./servers.ts";

const CHECK: HttpCheck = {
  type: "http",
  interval: seconds(2),
  timeout: seconds(5),
  rise: 2,
  fall: 3,
  method: "GET",
  path: "/healthz",
  headers: {},
  status: [{ from: 200, to: 299 }],
  maxBody: 1_000,
};
/** Long enough for a busy machine to come as far as the case wants it. */
const BRIEF = seconds(2);
const HELLO = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";
const HELLO_CLOSE = HELLO.replace("OK", "OK\r\nConnection: close");
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const CHUNKED_CLOSE = CHUNKED.replace("OK", "OK\r\nConnection: close");

/** Some wait for their deadline. */
const TOGETHER = { concurrency: true };

describe("probeHttp passes", () => {
  const cases: [string, string, Partial<HttpCheck>][] = [
    ["a plain answer", HELLO, {}],
    ["an answer that ends with the connection", "HTTP/1.0 200 OK\r\n\r\nhello", { contains: "hello" }],
    ["a chunked answer", `${CHUNKED}3\r\nhel\r\n3\r\nlo\n\r\n0\r\n\r\n`, { contains: "hello" }],
    ["an empty answer", "HTTP/1.1 204 No Content\r\n\r\n", {}],
    ["a HEAD answer with a length and no body", HELLO.slice(0, -6), { method: "HEAD", maxBody: 0 }],
    ["a body of just the limit", HELLO, { maxBody: 6 }],
    [
      "a status of the second range",
      "HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n",
      { status: ranges(200, 401) },
    ],
    ["a redirect, when wanted", "HTTP/1.1 302 Go\r\nLocation: /x\r\n\r\n", { status: ranges(302) }],
    ["an informational answer first", `HTTP/1.1 103 Early Hints\r\n\r\n${HELLO}`, {}],
    [
      "status only, of a server that says 500",
      "HTTP/1.1 500 Oh\r\n\r\n",
      { status: [{ from: 100, to: 599 }] },
    ],
  ];
  for (const [name, answer, settings] of cases) {
    it(name, async () => {
      await using server = await answering(answer);
      const result = await probeHttp(server.target, { ...CHECK, ...settings });
      assert.equal(result.kind, "passed", JSON.stringify(result));
    });
  }

  it("text that is split anywhere, also within a character", async () => {
    const body = Buffer.from("status: größer");
    for (let at = 1; at < body.length; at++) {
      await using server = await serve({
        request: (socket) => {
          socket.write(CHUNKED);
          for (const piece of [body.subarray(0, at), body.subarray(at)]) {
            socket.write(`${piece.length.toString(16)}\r\n`);
            socket.write(piece);
            socket.write("\r\n");
          }
          socket.end("0\r\n\r\n");
        },
      });
      const result = await probeHttp(server.target, { ...CHECK, contains: "s: größe" });
      assert.equal(result.kind, "passed", `split at ${at}: ${JSON.stringify(result)}`);
    }
  });
});

describe("a weight in a header", () => {
  const said = async (headers: string, changes: Partial<HttpCheck> = { weightHeader: "X-Weight" }) => {
    await using server = await answering(`HTTP/1.1 200 OK\r\n${headers}Content-Length: 0\r\n\r\n`);
    const result = await probeHttp(server.target, { ...CHECK, ...changes });
    if (result.kind === "failed") return `${result.reason}: ${result.detail}`;
    return result.kind === "passed" ? result.weight : result.kind;
  };
  const cases: readonly (readonly [headers: string, weight: number | string | undefined])[] = [
    ["X-Weight: 70\r\n", 70],
    ["x-weight:  0 \r\n", 0],
    ["X-WEIGHT: 65535\r\n", 65_535],
    ["X-Weight: 007\r\n", 7],
    ["X-Other: 70\r\n", undefined],
    ["X-Weight: 65536\r\n", "bad-weight: X-Weight: 65536"],
    ["X-Weight: -1\r\n", "bad-weight: X-Weight: -1"],
    ["X-Weight: 1.5\r\n", "bad-weight: X-Weight: 1.5"],
    ["X-Weight: 0x10\r\n", "bad-weight: X-Weight: 0x10"],
    ["X-Weight:\r\n", "bad-weight: X-Weight: "],
    ["X-Weight: 1\r\nX-Weight: 2\r\n", "bad-weight: X-Weight: 1,2"],
    [`X-Weight: ${"9".repeat(1_000)}\r\n`, `bad-weight: X-Weight: ${"9".repeat(60)}`],
  ];
  for (const [headers, weight] of cases) {
    it(JSON.stringify(headers.slice(0, 40)), async () => {
      assert.equal(await said(headers), weight);
    });
  }

  it("is not looked for unless the file names it, nor in an answer that is none", async () => {
    assert.equal(await said("X-Weight: 70\r\n", {}), undefined);
    const wanted = { weightHeader: "X-Weight", status: ranges(204) };
    assert.match(String(await said("X-Weight: 70\r\n", wanted)), /^bad-status/);
  });
});

describe("probeHttp fails", TOGETHER, () => {
  const cases: [string, string | ((socket: Socket) => void), Partial<HttpCheck>, FailureReason, RegExp][] = [
    ["another status", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", {}, "bad-status", /503/],
    ["a redirect", "HTTP/1.1 301 Go\r\nLocation: /\r\n\r\n", {}, "bad-status", /301/],
    ["a body without the text", HELLO, { contains: "Hello" }, "body-mismatch", /"Hello".* 6 bytes/],
    ["a body one byte over the limit", HELLO, { maxBody: 5 }, "body-too-large", /5 bytes/],
    ["an endless body", endless, {}, "body-too-large", /1000 bytes/],
    ["garbage", "SSH-2.0-OpenSSH_9.2\r\n\r\n", {}, "protocol-error", /does not match the HTTP/],
    ["a garbled status line", "HTTP/1.1 OK\r\n\r\n", {}, "protocol-error", /does not match the HTTP/],
    [
      "endless headers",
      `HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}`,
      {},
      "protocol-error",
      /UND_ERR_HEADERS/,
    ],
    ["a garbled chunk size", `${CHUNKED}zz\r\n`, {}, "protocol-error", /does not match the HTTP/],
    [
      "a truncated chunked answer that was to close",
      `${CHUNKED_CLOSE}3\r\nhel\r\n`,
      {},
      "protocol-error",
      /EOF/,
    ],
    ["a truncated answer that was to close", HELLO_CLOSE.slice(0, -1), {}, "closed", /./],
    ["no answer at all", (socket) => socket.end(), {}, "closed", /closed/],
    ["an answer that breaks off in its headers", "HTTP/1.1 200 OK\r\nCont", {}, "closed", /closed/],
    ["an answer that breaks off in its body", HELLO.slice(0, -1), {}, "closed", /./],
    ["a chunked answer without its end", `${CHUNKED}3\r\nhel\r\n`, {}, "closed", /./],
    ["RST instead of an answer", (socket) => socket.resetAndDestroy(), {}, "reset", /ECONNRESET/],
    ["silence", () => {}, { timeout: BRIEF }, "timeout", /2s .*waiting for the answer/],
    ["a body that drips", drip, { timeout: BRIEF }, "timeout", /2s .*reading the body/],
    ["headers that drip", dripHeaders, { timeout: BRIEF }, "timeout", /waiting for the answer/],
    [
      "a body that never ends its connection",
      (s) => s.write("HTTP/1.1 200 OK\r\n\r\nhello"),
      { timeout: BRIEF },
      "timeout",
      /body/,
    ],
  ];
  for (const [name, habit, settings, reason, detail] of cases) {
    it(`${name}: ${reason}`, async () => {
      await using server =
        typeof habit === "string" ? await answering(habit) : await serve({ request: habit });
      const result = await probeHttp(server.target, { ...CHECK, ...settings });
      assert.equal(result.kind === "failed" ? result.reason : result.kind, reason, JSON.stringify(result));
      assert.match(result.kind === "failed" ? result.detail : "", detail);
    });
  }

  it("a closed port: refused", async () => {
    const result = await probeHttp(await closedPort(), CHECK);
    assert.equal(result.kind === "failed" ? result.reason : result.kind, "refused");
  });

  it("SYNs that are not answered: timeout", async () => {
    await using server = await deafServer();
    const result = await probeHttp(server.target, { ...CHECK, timeout: millis(50) });
    assert.deepEqual(result, { kind: "failed", reason: "timeout", detail: "50ms over while connecting" });
  });
});

describe("probeHttp asks", () => {
  const cases: [string, Partial<HttpCheck>, string, RegExp[]][] = [
    [
      "with the server's address as Host",
      {},
      "127.0.0.1",
      [/^GET \/healthz HTTP\/1\.1\r\n/, /\r\nhost: 127\.0\.0\.1:\d+\r\n/i],
    ],
    ["with an IPv6 address in brackets", {}, "::1", [/\r\nhost: \[::1\]:\d+\r\n/i]],
    ["with a Host of the settings", { host: "shop.example" }, "127.0.0.1", [/\r\nhost: shop\.example\r\n/i]],
    ["to close the connection", {}, "127.0.0.1", [/\r\nconnection: close\r\n/i]],
    [
      "with headers",
      { headers: { "X-Probe": "1", Accept: "*/*" } },
      "127.0.0.1",
      [/\r\nx-probe: 1\r\n/i, /\r\naccept: \*\/\*\r\n/i],
    ],
    ["with method and query", { method: "OPTIONS", path: "/a?b=c" }, "127.0.0.1", [/^OPTIONS \/a\?b=c HTTP/]],
    ["with an empty POST", { method: "POST" }, "127.0.0.1", [/^POST /, /\r\ncontent-length: 0\r\n/i]],
  ];
  for (const [name, settings, address, wanted] of cases) {
    it(name, async () => {
      await using server = await answering(HELLO, address);
      const result = await probeHttp(server.target, { ...CHECK, ...settings });
      assert.equal(result.kind, "passed", JSON.stringify(result));
      assert.equal(server.requests.length, 1);
      for (const pattern of wanted) assert.match(server.requests[0] ?? "", pattern);
    });
  }

  it("nothing when it is called off", async () => {
    await using server = await serve({ request: () => {} });
    const control = new AbortController();
    const result = probeHttp(server.target, CHECK, control.signal);
    await until("request", () => server.requests.length === 1);
    control.abort();
    assert.deepEqual(await result, {
      kind: "not-run",
      problem: "cancelled",
      detail: "waiting for the answer",
    });
    await until("end of the connection", () => server.endings.length === 1);
  });

  it("nothing that it cannot write: a fault of ours", async () => {
    await using server = await answering(HELLO);
    const cases: Partial<HttpCheck>[] = [
      { path: "healthz" },
      { path: "/a b\r\nX: y" },
      { headers: { "X Y": "1" } },
    ];
    for (const settings of cases) {
      const result = await probeHttp(server.target, { ...CHECK, ...settings });
      assert.equal(
        result.kind === "not-run" ? result.problem : result.kind,
        "bad-request",
        JSON.stringify(settings),
      );
    }
    assert.equal(server.requests.length, 0);
  });
});

function ranges(...statuses: number[]): HttpCheck["status"] {
  return statuses.map((status) => ({ from: status, to: status }));
}

function endless(socket: Socket): void {
  socket.write("HTTP/1.1 200 OK\r\n\r\n");
  const more = () => {
    while (!socket.destroyed && socket.write("x".repeat(100))) {}
  };
  socket.on("drain", more);
  more();
}

function drip(socket: Socket): void {
  socket.write("HTTP/1.1 200 OK\r\n\r\n");
  const timer = setInterval(() => socket.write("x"), 5);
  socket.on("close", () => clearInterval(timer));
}

function dripHeaders(socket: Socket): void {
  socket.write("HTTP/1.1 200 OK\r\n");
  const timer = setInterval(() => socket.write("X-More: 1\r\n"), 5);
  socket.on("close", () => clearInterval(timer));
}
