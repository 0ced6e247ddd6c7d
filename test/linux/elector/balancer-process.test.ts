/** A balancer that says nothing for longer than its elector waits, and may or may not. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { CHANNEL_VERSION, type ProcessEvent, type ToElector } from "../../../src/channel/message.ts";
import { BalancerProcess } from "../../../src/linux/elector/balancer-process.ts";
import { ownFolder } from "../../support/folders.ts";
import { until } from "../../support/until.ts";

/** Longer than five pings, one each second, wait for a word. */
const SILENT_MS = 7_000;
const OPTIONS = { config: "", runDir: "", stateDir: "", strict: false, generation: 1, accepted: false };

for (const busy of [true, false]) {
  test(`is ${busy ? "waited for when it said that it is busy" : "replaced when it did not say why"}`, async (context) => {
    const folder = ownFolder("balancer");
    context.after(() => folder.remove());
    const file = join(folder.path, "balancer.mjs");
    writeFileSync(file, program(busy));
    const [events, messages]: [ProcessEvent[], ToElector[]] = [[], []];
    const balancer = new BalancerProcess(pathToFileURL(file), OPTIONS, {
      configured: () => false,
      message: (message) => messages.push(message),
      started: () => {},
      event: (event) => events.push(event),
    });
    context.after(() => balancer.end(0));
    balancer.start();
    const over = () => events.length > 0 || messages.some(({ kind }) => kind === "ready");
    await until("an end of the silence", over);
    assert.deepEqual(
      events.map((event) => event.kind === "balancer-died" && event.detail),
      busy ? [] : ["it did not answer"],
    );
    assert.deepEqual(
      messages.map(({ kind }) => kind),
      busy ? ["hello", "ready"] : ["hello"],
    );
  });
}

function program(busy: boolean): string {
  const hello: ToElector = { kind: "hello", version: CHANNEL_VERSION, pid: 0 };
  return `
    process.on("message", () => {});
    process.send(${JSON.stringify(hello)});
    ${busy ? 'process.send({ kind: "busy" });' : ""}
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${SILENT_MS});
    process.send({ kind: "ready" });
  `;
}
