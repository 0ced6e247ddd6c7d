import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { monotonicMicros, Timer } from "../src/index.ts";
import { closing } from "./support/closing.ts";
import { until } from "./support/until.ts";

test("the clock is whole, and the one of process.hrtime", () => {
  const before = process.hrtime.bigint() / 1_000n;
  const now = monotonicMicros();
  const after = process.hrtime.bigint() / 1_000n;
  assert.ok(Number.isSafeInteger(now));
  assert.ok(before <= BigInt(now) && BigInt(now) <= after);
});

test("a deadline is never early", async () => {
  const early: number[] = [];
  let fired = 0;
  let deadline = 0;
  const timer = closing(
    new Timer(() => {
      const now = monotonicMicros();
      if (now < deadline) early.push(now - deadline);
      fired++;
      if (fired < 200) arm();
    }),
  );
  function arm(): void {
    deadline = monotonicMicros() + 1 + ((fired * 137) % 3_000);
    timer.armAt(deadline);
  }
  arm();
  await until(() => fired === 200, "200 deadlines");
  assert.deepEqual(early, []);
});

test("one that has passed fires at once, also the clock's zero; a later one replaces an earlier", async () => {
  let fired = 0;
  const timer = closing(new Timer(() => fired++));
  for (const instant of [0, -5, 1, monotonicMicros() - 1_000]) {
    const before = fired;
    timer.armAt(instant);
    assert.equal(fired, before, "never from inside the call");
    await until(() => fired === before + 1, "a deadline that has passed");
  }
  timer.armAt(monotonicMicros());
  timer.armAt(monotonicMicros() + 3_600e6);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(fired, 4);
});

test("disarmed or closed, it is silent", async () => {
  const fired: string[] = [];
  const disarmed = closing(new Timer(() => fired.push("disarmed")));
  const closed = closing(new Timer(() => fired.push("closed")));
  const self = closing(
    new Timer(() => {
      fired.push("self");
      self.close();
    }),
  );
  const soon = monotonicMicros() + 1_000;
  for (const timer of [disarmed, closed, self]) timer.armAt(soon);
  disarmed.disarm();
  closed.close();
  closed.close();
  await until(() => fired.length > 0, "the third timer");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(fired, ["self"]);
  for (const timer of [closed, self]) assert.throws(() => timer.armAt(soon), { code: "EBADF" });
});

test("only an armed timer keeps the process running", () => {
  const source = `
    import { monotonicMicros, Timer } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
    const timer = new Timer(() => console.log("fired"));
    const idle = new Timer(() => console.log("never"));
    idle.armAt(monotonicMicros() + 3600e6);
    idle.disarm();
    timer.armAt(monotonicMicros() + 20_000);
  `;
  const flags = ["-C", "source", "--import", "tsx", "--input-type=module", "--eval", source];
  const { stdout, status } = spawnSync(process.execPath, flags, { encoding: "utf8", timeout: 60_000 });
  assert.deepEqual([stdout, status], ["fired\n", 0]);
});
