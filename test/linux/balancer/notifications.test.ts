import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { PLAIN_POLICY } from "../../../src/balance/policy.ts";
import { NO_TABLE_SETTINGS } from "../../../src/balance/settings.ts";
import type { DirectorSettings } from "../../../src/config/settings.ts";
import { ScriptBook } from "../../../src/delivery/script-book.ts";
import { Notifications } from "../../../src/linux/balancer/notifications.ts";
import { millis, seconds } from "../../../src/net/time.ts";
import type { NotifyEvent } from "../../../src/notify/event.ts";
import type { NotifierSettings } from "../../../src/notify/settings.ts";
import type { State } from "../../../src/vrrp/state.ts";
import { Bench, server, service } from "../../balance/fixture.ts";
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

/** One service of two servers, which wants both. */
const QUORUM = { of: "servers", need: 2, hysteresis: 0 } as const;
const SERVICE = service([server("rs1"), server("rs2")], { policy: { ...PLAIN_POLICY, quorum: QUORUM } });

function settings(...notifiers: readonly NotifierSettings[]): DirectorSettings {
  return {
    cluster: "shop",
    director: "lb1",
    routers: [],
    services: [SERVICE],
    table: NO_TABLE_SETTINGS,
    watches: [],
    marks: [],
    statics: [],
    notifiers,
  };
}

function start(context: TestContext) {
  const events: NotifyEvent[] = [];
  const bench = new Bench([SERVICE]);
  const notifications = new Notifications(
    new ScriptBook(join(openFolder(context), "scripts")),
    (event) => events.push(event),
    { routers: () => [{ name: "front", priority: 150 }], services: () => bench.balance },
  );
  context.after(() => notifications.close());
  bench.heard = (event) => notifications.event(event, Date.now());
  const become = (to: State, from: State = "Initialize") => {
    const transition = {
      kind: "transition",
      router: "front",
      from,
      to,
      cause: "startup",
      detail: "",
    } as const;
    notifications.event(transition, Date.now());
  };
  return { notifications, events, become, bench };
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
      events.map((event) => [event.kind, "state" in event && event.state]),
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
      events.map((event) => [
        event.kind,
        event.kind === "notified" ? event.failures : "retryIn" in event && event.retryIn,
      ]),
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

describe("of services", () => {
  /** Writes down what it is told of, from where, and why. */
  function diary(folder: string, startAndStop: boolean) {
    const trace = join(folder, "diary");
    writeFileSync(trace, "");
    const fact = "$KEELSON_SERVICE/$KEELSON_SERVER at $KEELSON_ADDRESS, $KEELSON_CAUSE $KEELSON_DETAIL";
    const path = program(folder, `echo "$1 $2: $KEELSON_STATE of ${fact}" >> ${trace}`);
    const states = ["up", "down", "quorum-held", "quorum-lost"] as const;
    const also = startAndStop ? { startAndStop } : {};
    const notifier = script({ command: [path], states, ...also, ...AS_OURSELVES });
    return { notifier, lines: () => readFileSync(trace, "utf8").split("\n").slice(0, -1) };
  }

  const DOWN = "web/rs1 down: down of web/rs1 at 10.0.0.1:8080, refused as said";
  const LOST = "web quorum-lost: quorum-lost of web/ at , too-few 1 of 2 servers";

  it("a script is told which server fails and why, that there is no quorum, and that all is well", async (context) => {
    const { notifications, events, bench } = start(context);
    const { notifier, lines } = diary(openFolder(context), false);
    notifications.configure(settings(notifier));
    bench.pass("rs1");
    bench.pass("rs2");
    bench.fail("rs1");
    await until("the failure", () => events.length === 2);
    bench.pass("rs1", 2);
    await until("the end of it", () => events.length === 4);
    await notifications.finish();
    assert.deepEqual(lines(), [
      DOWN,
      LOST,
      "web/rs1 up: up of web/rs1 at 10.0.0.1:8080, risen ",
      "web quorum-held: quorum-held of web/ at , enough 2 of 2 servers",
    ]);
    assert.deepEqual(events[0], {
      kind: "notified",
      notifier: "pager",
      service: "web",
      server: "rs1",
      state: "down",
      failures: 0,
    });
  });

  it("a script that comes with a reload is told what fails already", async (context) => {
    const { notifications, events, bench } = start(context);
    const { notifier, lines } = diary(openFolder(context), false);
    bench.pass("rs2");
    bench.fail("rs1");
    notifications.configure(settings(notifier));
    await until("both", () => events.length === 2);
    assert.deepEqual(lines(), [LOST, DOWN]);
  });

  it("a script that wants to is told what is well at the start, and at the end that it is no more", async (context) => {
    const { notifications, events, bench } = start(context);
    const { notifier, lines } = diary(openFolder(context), true);
    notifications.configure(settings(notifier));
    bench.pass("rs1");
    bench.pass("rs2");
    await until("the start", () => events.length === 3);
    await notifications.finish();
    assert.deepEqual(lines(), [
      "web/rs1 up: up of web/rs1 at 10.0.0.1:8080, first-pass ",
      "web quorum-held: quorum-held of web/ at , enough ",
      "web/rs2 up: up of web/rs2 at 10.0.0.2:8080, first-pass ",
      "web quorum-lost: quorum-lost of web/ at , stopping ",
      "web/rs1 down: down of web/rs1 at 10.0.0.1:8080, stopping ",
      "web/rs2 down: down of web/rs2 at 10.0.0.2:8080, stopping ",
    ]);
  });

  it("what is not told in time at the end is counted, and the end is not held up", async (context) => {
    const { notifications, events, bench } = start(context);
    const path = program(openFolder(context), "exec sleep 1000");
    notifications.configure(settings(script({ command: [path], states: ["down"], ...AS_OURSELVES })));
    bench.fail("rs1");
    bench.fail("rs2");
    const begin = performance.now();
    await notifications.finish();
    assert.ok(performance.now() - begin < LONG_MS);
    assert.deepEqual(
      events.map((event) => (event.kind === "notify-left" ? event.count : event.kind)),
      [1, "notify-failed"],
    );
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
