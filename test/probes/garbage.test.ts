import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import type { HttpCheck } from "../../src/checks/settings.ts";
import { millis, seconds } from "../../src/net/time.ts";
import { probeHttp } from "../../src/probes/http.ts";
import { serve } from "./servers.ts";

const CHECK: HttpCheck = {
  type: "http",
  interval: seconds(2),
  timeout: millis(200),
  rise: 1,
  fall: 1,
  method: "GET",
  path: "/",
  headers: {},
  status: [{ from: 100, to: 999 }],
  contains: "x",
  maxBody: 100,
};

/** What servers say, in pieces that make sense and in an order that does not. */
const piece = fc.constantFrom(
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
  "HTTP/1.0 204\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive\r\n",
  "Content-Length: 3\r\n",
  "Content-Length: 99999999999999999999\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "\r\n",
  "3\r\nxxx\r\n",
  "0\r\n\r\n",
  "ffffffffffffffff\r\n",
  "xxx",
  "\n",
  "\0",
);
const part = fc.oneof(
  piece.map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
);
const answer = fc.record({
  parts: fc.array(part, { maxLength: 8 }),
  atOnce: fc.boolean(),
  ending: fc.constantFrom("end", "reset"),
});

it("probeHttp comes to a result whatever the server says", async () => {
  await fc.assert(
    fc.asyncProperty(answer, async ({ parts, atOnce, ending }) => {
      await using server = await serve({
        request: async (socket) => {
          for (const bytes of atOnce ? [Buffer.concat(parts)] : parts) {
            socket.write(bytes);
            await new Promise(setImmediate);
          }
          if (ending === "end") socket.end();
          else socket.resetAndDestroy();
        },
      });
      const result = await probeHttp(server.target, CHECK);
      assert.notEqual(result.kind, "not-run");
    }),
    { numRuns: 300 },
  );
});
