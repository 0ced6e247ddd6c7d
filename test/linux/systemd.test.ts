import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { UnixDatagramSocket } from "dgram-extras";
import { ServiceManager } from "../../src/linux/systemd.ts";

describe("sd_notify", () => {
  test("says how we are, in one datagram each, and hides the socket from children", (context) => {
    const folder = mkdtempSync(join(tmpdir(), "keelson-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "notify");
    const manager = new UnixDatagramSocket({ path });
    context.after(() => manager.close());
    const environment: NodeJS.ProcessEnv = { NOTIFY_SOCKET: path, HOME: "/" };
    const system = new ServiceManager(environment);
    assert.deepEqual(environment, { HOME: "/" });
    system.tell("ready", "2 virtual routers");
    system.tell("reloading", "reading");
    system.tell("stopping", "handing over");
    const heard = manager.drain().map(({ bytes }) => new TextDecoder().decode(bytes).split("\n"));
    assert.deepEqual(heard[0], ["READY=1", "STATUS=2 virtual routers"]);
    assert.match(heard[1]?.[1] ?? "", /^MONOTONIC_USEC=\d+$/);
    assert.deepEqual(heard[2], ["STOPPING=1", "STATUS=handing over"]);
  });

  for (const [title, environment] of [
    ["without the variable", {}],
    ["when nobody listens", { NOTIFY_SOCKET: "/nowhere/notify" }],
  ] as const) {
    test(`${title} nothing happens`, () => {
      new ServiceManager({ ...environment }).tell("ready", "running");
    });
  }
});
