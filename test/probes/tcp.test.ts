import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TcpCheck } from "../../src/checks/settings.ts";
import { ip } from "../../src/net/ip.ts";
import { millis, seconds } from "../../src/net/time.ts";
import { probeTcp } from "../../src/probes/tcp.ts";
import { until } from "../support/until.ts";
import { deafServer } from "./deaf.ts";
import { closedPort, serve } from "./servers.ts";

const CHECK: TcpCheck = { type: "tcp", interval: seconds(2), timeout: seconds(5), rise: 2, fall: 3 };

describe("probeTcp", () => {
  for (const address of ["127.0.0.1", "::1"]) {
    it(`passes when ${address} accepts, and closes with RST`, async () => {
      await using server = await serve({}, address);
      const result = await probeTcp(server.target, CHECK);
      assert.equal(result.kind, "passed");
      assert.ok(result.latency > 0 && result.latency < CHECK.timeout);
      await until("end of the connection", () => server.endings.length > 0);
      assert.deepEqual(server.endings, ["ECONNRESET"]);
    });
  }

  it("passes when the server closes at once: it has accepted", async () => {
    await using server = await serve({ connect: (socket) => socket.end() });
    assert.equal((await probeTcp(server.target, CHECK)).kind, "passed");
  });

  it("gives the server's RST its name, when it overtakes the handshake's report", async () => {
    await using server = await serve({ connect: (socket) => socket.resetAndDestroy() });
    const result = await probeTcp(server.target, CHECK);
    if (result.kind !== "passed") assert.equal(result.kind === "failed" && result.reason, "reset");
  });

  it("fails on a closed port", async () => {
    const target = await closedPort();
    const result = await probeTcp(target, CHECK);
    assert.equal(result.kind, "failed");
    assert.equal(result.reason, "refused");
    assert.match(result.detail, /ECONNREFUSED/);
  });

  it("fails where no route leads", async () => {
    // The kernel has no TCP to the broadcast address, and nothing leaves this host.
    const result = await probeTcp({ address: ip("255.255.255.255"), port: 80 }, CHECK);
    assert.equal(result.kind === "failed" ? result.reason : result.kind, "unreachable");
  });

  it("fails at its timeout when SYNs are not answered", async () => {
    await using server = await deafServer();
    const result = await probeTcp(server.target, { ...CHECK, timeout: millis(50) });
    assert.deepEqual(result, { kind: "failed", reason: "timeout", detail: "50ms over while connecting" });
  });

  it("is not run when it is called off, before or meanwhile", async () => {
    await using server = await deafServer();
    const cancelled = { kind: "not-run", problem: "cancelled", detail: "connecting" };
    assert.deepEqual(await probeTcp(server.target, CHECK, AbortSignal.abort()), cancelled);
    const control = new AbortController();
    const result = probeTcp(server.target, CHECK, control.signal);
    setImmediate(() => control.abort());
    assert.deepEqual(await result, cancelled);
  });

  it("is not run with an impossible port: a fault of ours, not of the server", async () => {
    const result = await probeTcp({ address: ip("127.0.0.1"), port: 65_536 }, CHECK);
    assert.equal(result.kind === "not-run" ? result.problem : result.kind, "bad-request");
  });
});
