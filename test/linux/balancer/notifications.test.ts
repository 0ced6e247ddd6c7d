import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { NO_TABLE_SETTINGS } from "../../../src/balance/settings.ts";
import type { DirectorSettings } from "../../../src/config/settings.ts";
import { ScriptBook } from "../../../src/delivery/script-book.ts";
import { Notifications } from "../../../src/linux/balancer/notifications.ts";
import { millis, seconds } from "../../../src/net/time.ts";
import type { NotifyEvent } from "../../../src/notify/event.ts";
import type { NotifierSettings } from "../../../src/notify/settings.ts";
import type { State } from "../../../src/vrrp/state.ts";
import { IS_ROOT, openFolder, program } from "../../delivery/support.ts";
import { script, webhook } from "../../notify/support.ts";
import { serve } from "../../probes/servers.ts";
import { until } from "../../support/until.ts";

/** Who may write where the test looks. */
const AS_OURSELVES = IS_ROOT ? { user: "root" } : {};
/** So long is waited for who has something to tell (src/linux/balancer/notifications.ts); half a second more for the last to end. */
const LAST_WORDS_MS = 1_000;
const LONG_MS = 10_000;
const OK = "HTTP/1.1 204 No Content\r\n\r\n";

function settings(...notifiers: readonly NotifierSettings[]): DirectorSettings {
  return {
    cluster: "shop",
    director: "lb1",
    routers: [],
    services: [],
    table: NO_TABLE_SETTINGS,
    watches: [],
    marks: [],
    statics: [],
    notifiers,
  };
}

function start(context: TestContext) {
  const events: NotifyEvent[] = [];
  const notifications = new Notifications(
    new ScriptBook(join(openFolder(context), "scripts")),
    (event) => events.push(event),
    () => 150,
  );
  context.after(() => notifications.close());
  const become = (to: State, from: State = "Initialize") => {
    const transition = {
      kind: "transition",
      router: "front",
      from,
      to,
      cause: "startup",
      detail: "",
    } as const;
    notifications.transition(transition, Date.now());
  };
  return { notifications, events, become };
}

/** Writes down what it is told. */
function tracer(folder: string): { readonly command: readonly [string]; readonly trace: () => string } {
  const trace = join(folder, "trace");
  writeFileSync(trace, "");
  const path = program(folder, `echo "$1 $2 $KEELSON_FROM $KEELSON_PRIORITY" >> ${trace}`);
  return { command: [path], trace: () => (existsSync(trace) ? readFileSync(trace, "utf8") : "") };
}

describe("notifications", () => {
  it("run a script for every state, with what is known about it", async (context) => {
    const { notifications, events, become } = start(context);
    const { command, trace } = tracer(openFolder(context));
    notifications.configure(settings(script({ command, ...AS_OURSELVES })));
    become("Backup");
    await until("the first", () => events.length === 1);
    become("Master", "Backup");
    await until("the second", () => events.length === 2);
    assert.equal(trace(), "front Backup Initialize 150\nfront Master Backup 150\n");
    assert.deepEqual(
      events.map(({ kind, state }) => [kind, state]),
      [
        ["notified", "Backup"],
        ["notified", "Master"],
      ],
    );
  });

  it("tell what a snapshot knows, when nobody saw the transition", async (context) => {
    const { notifications, events } = start(context);
    const { command, trace } = tracer(openFolder(context));
    const snapshot = {
      at: 0,
      routers: [{ name: "front", mode: "active", state: "Master", cause: "startup" }],
    } as const;
    notifications.snapshot(snapshot);
    notifications.configure(settings(script({ command, ...AS_OURSELVES })));
    notifications.snapshot(snapshot);
    await until("it is told", () => events.length === 1);
    assert.equal(trace(), "front Master  150\n");
  });

  it("try a webhook again until it works, and say so", async (context) => {
    const answers = ["HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", OK];
    await using server = await serve({ request: (socket) => socket.end(answers.shift() ?? OK) });
    const { notifications, events, become } = start(context);
    const url = `http://127.0.0.1:${server.target.port}/`;
    notifications.configure(settings(webhook({ url })));
    become("Master");
    await until("it is told", () => events.length === 2);
    assert.deepEqual(
      events.map((event) => [event.kind, event.kind === "notified" ? event.failures : event.retryIn]),
      [
        ["notify-failed", seconds(1)],
        ["notified", 1],
      ],
    );
  });

  it("call what came with a changed file by its new names", async (context) => {
    await using server = await serve({ request: (socket) => socket.end(OK) });
    const { notifications, become } = start(context);
    const url = `http://127.0.0.1:${server.target.port}`;
    become("Master");
    notifications.configure(settings(webhook({ url: `${url}/one` })));
    await until("it is told", () => server.requests.length === 1);
    notifications.configure(settings(webhook({ url: `${url}/two` })));
    await until("it is told again", () => server.requests.length === 2);
    assert.match(server.requests[1] ?? "", /^POST \/two /);
  });
});

describe("at the end", () => {
  it("what is under way and what comes after it is told", async (context) => {
    const { notifications, become } = start(context);
    const { command, trace } = tracer(openFolder(context));
    const states = ["Leaving", "Initialize"] as const;
    notifications.configure(settings(script({ command, states, ...AS_OURSELVES })));
    become("Leaving", "Master");
    become("Initialize", "Leaving");
    await notifications.finish();
    assert.equal(trace(), "front Leaving Master 150\nfront Initialize Leaving 150\n");
  });

  it("nothing is waited for when there is nothing to tell", async (context) => {
    const { notifications } = start(context);
    notifications.configure(settings(webhook()));
    const begin = performance.now();
    await notifications.finish();
    assert.ok(performance.now() - begin < LAST_WORDS_MS);
  });

  it("a script that goes on is ended, and that is said", async (context) => {
    const { notifications, events, become } = start(context);
    const path = program(openFolder(context), "trap '' TERM", "while :; do sleep 0.05; done");
    notifications.configure(settings(script({ command: [path], ...AS_OURSELVES })));
    become("Backup");
    const begin = performance.now();
    await notifications.finish();
    assert.ok(performance.now() - begin < LONG_MS);
    assert.deepEqual(
      events.map((event) => event.kind === "notify-failed" && event.detail),
      ["Keelson ends"],
    );
  });

  it("a server that does not answer is not waited for", async (context) => {
    await using server = await serve({});
    const { notifications, become } = start(context);
    const url = `http://127.0.0.1:${server.target.port}/`;
    notifications.configure(settings(webhook({ url, timeout: millis(60_000) })));
    become("Backup");
    const begin = performance.now();
    await notifications.finish();
    assert.ok(performance.now() - begin < LONG_MS);
  });
});
