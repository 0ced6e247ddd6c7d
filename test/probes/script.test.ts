import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { CheckResult } from "../../src/checks/result.ts";
import type { ScriptCheck } from "../../src/checks/settings.ts";
import { ScriptBook } from "../../src/delivery/script-book.ts";
import { ip } from "../../src/net/ip.ts";
import { millis, seconds } from "../../src/net/time.ts";
import { probeScript } from "../../src/probes/script.ts";
import { IS_ROOT, openFolder, program } from "../delivery/support.ts";
import { until } from "../support/until.ts";

const BOOK = new ScriptBook("/dev/null");
const TARGET = { address: ip("2001:db8::11"), port: 8_080 };
const NEVER = new AbortController().signal;

function settings(command: ScriptCheck["command"], changes: Partial<ScriptCheck> = {}): ScriptCheck {
  const timing = { interval: seconds(2), timeout: seconds(5), rise: 2, fall: 3 };
  return { type: "script", ...timing, command, dynamicWeight: false, ...changes };
}

/** What is said of the server, in a word or two. */
function told(result: CheckResult): string {
  switch (result.kind) {
    case "passed":
      return `passed ${result.weight ?? "-"}`;
    case "failed":
      return `failed ${result.reason}: ${result.detail}`;
    case "not-run":
      return `not run ${result.problem}`;
  }
}

describe("a script that checks a server", () => {
  // keepalived.conf(5), misc_dynamic.
  const statuses: readonly (readonly [status: number, plain: string, dynamic: string])[] = [
    [0, "passed -", "passed unchanged"],
    [1, "failed exit-status: exit status 1", "failed exit-status: exit status 1"],
    [2, "failed exit-status: exit status 2", "passed 0"],
    [12, "failed exit-status: exit status 12", "passed 10"],
    [255, "failed exit-status: exit status 255", "passed 253"],
  ];
  for (const [status, plain, dynamic] of statuses) {
    it(`and ends with ${status}: ${plain}, with dynamic weight ${dynamic}`, async (context) => {
      const path = program(openFolder(context), `exit ${status}`);
      assert.equal(told(await probeScript(TARGET, settings([path]), NEVER, BOOK)), plain);
      const weighs = settings([path], { dynamicWeight: true });
      assert.equal(told(await probeScript(TARGET, weighs, NEVER, BOOK)), dynamic);
    });
  }

  it("knows which one, gets its arguments as they are, and is quoted", async (context) => {
    const path = program(openFolder(context), 'echo "$KEELSON_ADDRESS $KEELSON_PORT $1"; echo more; exit 1');
    const result = await probeScript(TARGET, settings([path, "; exit 0"]), NEVER, BOOK);
    assert.equal(told(result), "failed exit-status: exit status 1: 2001:db8::11 8080 ; exit 0");
    const portless = program(openFolder(context), `echo "\${KEELSON_PORT-none}"; exit 1`);
    const none = await probeScript({ ...TARGET, port: 0 }, settings([portless]), NEVER, BOOK);
    assert.match(told(none), /: none$/);
  });

  it("and is ended by a signal has failed, whatever the weight", async (context) => {
    const path = program(openFolder(context), "kill -9 $$");
    const result = await probeScript(TARGET, settings([path], { dynamicWeight: true }), NEVER, BOOK);
    assert.equal(told(result), "failed killed: SIGKILL");
  });

  it("and hangs has failed, and all its processes are gone", async (context) => {
    const folder = openFolder(context);
    chmodSync(folder, 0o777);
    const file = join(folder, "child");
    const path = program(openFolder(context), `sleep 60 & echo $! > ${file}; wait`);
    const result = await probeScript(TARGET, settings([path], { timeout: millis(500) }), NEVER, BOOK);
    assert.match(told(result), /^failed timeout: longer than 500ms/);
    if (existsSync(file)) assert.throws(() => process.kill(Number(readFileSync(file, "utf8")), 0), /ESRCH/);
  });

  it("and cannot be run says nothing of it", async (context) => {
    const missing = await probeScript(TARGET, settings(["/nonexistent/program"]), NEVER, BOOK);
    assert.equal(told(missing), IS_ROOT ? "not run unsafe" : "not run not-started");
    if (!IS_ROOT) return;
    const path = program(openFolder(context), "exit 0");
    const nobody = await probeScript(TARGET, settings([path], { user: "kl-nobody" }), NEVER, BOOK);
    assert.equal(told(nobody), "not run no-such-user");
    chmodSync(path, 0o777);
    assert.equal(told(await probeScript(TARGET, settings([path]), NEVER, BOOK)), "not run unsafe");
  });

  it("and is called off is ended", async (context) => {
    const ending = new AbortController();
    const folder = openFolder(context);
    chmodSync(folder, 0o777);
    const file = join(folder, "began");
    const path = program(openFolder(context), `echo > ${file}; exec sleep 60`);
    const result = probeScript(TARGET, settings([path], { timeout: seconds(60) }), ending.signal, BOOK);
    await until("its beginning", () => existsSync(file));
    ending.abort();
    assert.equal(told(await result), "not run cancelled");
    assert.equal(told(await probeScript(TARGET, settings([path]), ending.signal, BOOK)), "not run cancelled");
  });
});
