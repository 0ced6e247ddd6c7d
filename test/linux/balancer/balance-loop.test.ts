/** Checks of real servers, of which most never answer. */
import assert from "node:assert/strict";
import { it } from "node:test";
import type { HttpCheck } from "../../../src/checks/settings.ts";
import { ScriptBook } from "../../../src/delivery/script-book.ts";
import { BalanceLoop } from "../../../src/linux/balancer/balance-loop.ts";
import { ip } from "../../../src/net/ip.ts";
import { millis, seconds } from "../../../src/net/time.ts";
import { server, service } from "../../balance/fixture.ts";
import { serve } from "../../probes/servers.ts";
import { until } from "../../support/until.ts";

const PLACES = 16;
const HANGING = 200;
const HEALTHY = 8;
const ROUNDS = 5;
const CHECK: HttpCheck = {
  ...{ type: "http", method: "GET", path: "/", headers: {}, status: [{ from: 200, to: 299 }], maxBody: 100 },
  ...{ interval: millis(300), timeout: seconds(60), rise: 2, fall: 3 },
};
const IMPATIENT: HttpCheck = { ...CHECK, timeout: millis(300) };
/** Were all places taken in turn, each healthy server would wait 3.75 s from one check to the next. */
const USUAL_GAP_MS = 1_900;

/** Nobody's. */
const TABLE = { hasLeftovers: false, onRead() {}, open: () => undefined, want() {}, stop() {}, close() {} };

it("servers that never answer do not make the checks of others late", async (test) => {
  /** When each address was asked. */
  const asked = new Map<string, number[]>();
  const note = (address: string) => {
    const times = asked.get(address) ?? [];
    asked.set(address, times);
    times.push(performance.now());
  };
  await using real = await serve(
    {
      connect: ({ localAddress = "" }) => note(localAddress),
      request: (socket) => {
        if (socket.localAddress?.startsWith("127.2.")) socket.end("HTTP/1.1 204 No Content\r\n\r\n");
      },
    },
    "0.0.0.0",
  );
  const list = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
  const [hanging, healthy] = [list("127.1.0.", HANGING), list("127.2.0.", HEALTHY)];
  const servers = [...hanging, ...healthy].map((address) => {
    const check = hanging.includes(address) ? IMPATIENT : CHECK;
    const endpoint = { address: ip(address), port: real.target.port };
    return { ...server("rs1"), name: address, endpoint, checks: [check], askedAt: endpoint.port };
  });
  const loop = new BalanceLoop(TABLE, new ScriptBook("/dev/null"), { event() {}, ready() {} }, PLACES);
  test.after(() => loop.close());
  loop.configure([service(servers)], new Map(), 0);

  const patience = { deadlineMs: 60_000 };
  await until("a first check of all", () => asked.size === HANGING + HEALTHY, patience);
  for (const address of healthy) asked.set(address, []);
  const times = () => healthy.map((address) => asked.get(address) ?? []);
  await until("checks", () => times().every(({ length }) => length > ROUNDS), patience);
  const gaps = times().flatMap((all) => all.slice(1).map((time, index) => time - (all[index] ?? 0)));
  // Not the longest one: the machine may stand still.
  const usual = gaps.sort((left, right) => left - right)[Math.floor(gaps.length / 2)] ?? 0;
  assert.ok(usual < USUAL_GAP_MS, `the usual gap is ${usual} ms`);
});
