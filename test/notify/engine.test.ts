import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Instant, instant, seconds } from "../../src/net/time.ts";
import { type NotifyAction, NotifyEngine, type NotifyInput } from "../../src/notify/engine.ts";
import type { News } from "../../src/notify/notice.ts";
import { undelivered } from "../../src/notify/outcome.ts";
import { idOf, nameOf } from "../../src/notify/subject.ts";
import { news, script, webhook } from "./support.ts";

const START = instant(0);

class Driver {
  readonly engine = new NotifyEngine();

  /** What begins: `hook: front Master`. */
  feed(input: NotifyInput, now: Instant = START): string[] {
    return this.engine.handle(input, now).flatMap(begun);
  }
}

function begun(action: NotifyAction): string[] {
  if (action.kind !== "deliver") return [];
  const { settings, news: told } = action.delivery;
  return [`${settings.name}: ${nameOf(told.subject)} ${told.state}`];
}

const MASTER = { kind: "transition", news: news("front", "Master") } as const;
const BACKUP = { kind: "transition", news: news("front", "Backup") } as const;
const HOOK = { kind: "configure", notifiers: [webhook()] } as const;

function finished(notifier: string): NotifyInput {
  return { kind: "finished", notifier, outcome: { kind: "delivered" } };
}

describe("the notify engine", () => {
  it("tells what happened before there was a file, once there is one", () => {
    const driver = new Driver();
    assert.deepEqual(driver.feed(BACKUP), []);
    assert.deepEqual(driver.feed(MASTER), []);
    assert.deepEqual(driver.feed(HOOK), ["hook: front Master"]);
  });

  it("tells after a reload only those that are new or changed", () => {
    const driver = new Driver();
    driver.feed(HOOK);
    driver.feed(MASTER);
    driver.feed(finished("hook"));
    assert.deepEqual(driver.feed(HOOK), []);
    const notifiers = [webhook(), webhook({ name: "other" })];
    assert.deepEqual(driver.feed({ kind: "configure", notifiers }), ["other: front Master"]);
    const changed = [webhook({ timeout: seconds(9) }), webhook({ name: "other" })];
    assert.deepEqual(driver.feed({ kind: "configure", notifiers: changed }), ["hook: front Master"]);
  });

  it("tells those that are taken out nothing more, and again from the start when they return", () => {
    const driver = new Driver();
    driver.feed(HOOK);
    driver.feed(MASTER);
    driver.feed({ kind: "configure", notifiers: [] });
    assert.deepEqual(driver.feed(BACKUP), []);
    // Its last delivery still runs: one at a time.
    assert.deepEqual(driver.feed(HOOK), []);
    assert.deepEqual(driver.feed(finished("hook")), ["hook: front Backup"]);
  });

  it("learns from a list of all routers what nobody told it, and only that", () => {
    const driver = new Driver();
    driver.feed(HOOK);
    driver.feed(BACKUP);
    driver.feed(finished("hook"));
    const same = { kind: "routers", all: [news("front", "Backup")] } as const;
    assert.deepEqual(driver.feed(same), []);
    const other = { kind: "routers", all: [news("front", "Fault")] } as const;
    assert.deepEqual(driver.feed(other), ["hook: front Fault"]);
  });

  it("tells a router with two elections once, by the first", () => {
    const driver = new Driver();
    driver.feed(HOOK);
    const second = news("front/6", "Master");
    assert.deepEqual(driver.feed({ kind: "transition", news: second }), []);
    assert.deepEqual(driver.feed({ kind: "routers", all: [MASTER.news, second] }), ["hook: front Master"]);
    assert.deepEqual(driver.feed(finished("hook")), []);
  });

  it("forgets routers that are gone", () => {
    const driver = new Driver();
    driver.feed(MASTER);
    driver.feed({ kind: "routers", all: [] });
    assert.deepEqual(driver.feed(HOOK), []);
    assert.deepEqual(driver.feed(MASTER), ["hook: front Master"]);
  });

  it("runs a limited number of scripts at a time, and each has its turn", () => {
    const driver = new Driver();
    const names = Array.from({ length: 20 }, (_, index) => `script-${index}`);
    driver.feed({ kind: "configure", notifiers: names.map((name) => script({ name })) });
    const first = driver.feed(MASTER);
    assert.equal(first.length, 8);
    const all = [...first];
    for (const line of all) {
      const more = driver.feed(finished(line.split(":")[0] ?? ""));
      assert.ok(more.length <= 1, more.join());
      all.push(...more);
    }
    assert.deepEqual(all.map((line) => line.split(":")[0]).sort(), names.sort());
    assert.equal(driver.engine.quiet, true);
  });

  it("keeps those who only wait for a turn from being taken for quiet", () => {
    const driver = new Driver();
    const names = Array.from({ length: 9 }, (_, index) => `script-${index}`);
    driver.feed({ kind: "configure", notifiers: names.map((name) => script({ name })) });
    for (const line of driver.feed(MASTER)) {
      assert.equal(driver.engine.quiet, false);
      driver.feed(finished(line.split(":")[0] ?? ""));
    }
    assert.equal(driver.engine.quiet, false);
    driver.feed(finished("script-8"));
    assert.equal(driver.engine.quiet, true);
  });

  it("has a deadline when something is to be tried again, and tries it then", () => {
    const driver = new Driver();
    driver.feed(HOOK);
    driver.feed(MASTER);
    assert.equal(driver.engine.nextDeadline(), undefined);
    const outcome = undelivered("not-sent", "ECONNREFUSED");
    driver.feed({ kind: "finished", notifier: "hook", outcome });
    assert.equal(driver.engine.nextDeadline(), seconds(1));
    assert.deepEqual(driver.feed({ kind: "tick" }, instant(999_999)), []);
    assert.deepEqual(driver.feed({ kind: "tick" }, instant(1_000_000)), ["hook: front Master"]);
  });
});

describe("of services, the notify engine", () => {
  const SERVERS = webhook({ states: ["up", "down", "quorum-held", "quorum-lost"] });
  const down = (name: string): NotifyInput => ({ kind: "transition", news: news(name, "down") });

  function services(...all: readonly News[]): NotifyInput {
    return { kind: "services", there: new Set(all.map(({ subject }) => idOf(subject))), all };
  }

  it("tells a notifier that is new or changed what is not well, and the others nothing again", () => {
    const driver = new Driver();
    const standing = services(news("web/rs1", "down"), news("web/rs2", "up"));
    driver.feed({ kind: "configure", notifiers: [SERVERS] });
    assert.deepEqual(driver.feed(standing), ["hook: web/rs1 down"]);
    driver.feed(finished("hook"));
    driver.feed({ kind: "configure", notifiers: [SERVERS, { ...SERVERS, name: "other" }] });
    assert.deepEqual(driver.feed(standing), ["other: web/rs1 down"]);
  });

  it("tells after a reload what nobody saw, as of a server that is not checked any more", () => {
    const driver = new Driver();
    driver.feed({ kind: "configure", notifiers: [SERVERS] });
    driver.feed(down("web/rs1"));
    driver.feed(finished("hook"));
    assert.deepEqual(driver.feed(services(news("web/rs1", "up"))), ["hook: web/rs1 up"]);
  });

  it("runs a script that failed no second time for a reload", () => {
    const driver = new Driver();
    driver.feed({ kind: "configure", notifiers: [script({ states: ["down"] })] });
    driver.feed(down("web/rs1"));
    driver.feed({ kind: "finished", notifier: "pager", outcome: undelivered("exit-status", "1") });
    assert.deepEqual(driver.feed(services(news("web/rs1", "down"))), []);
  });

  it("forgets what a reload has taken out, though it was to be told", () => {
    const driver = new Driver();
    driver.feed({ kind: "configure", notifiers: [SERVERS] });
    driver.feed(down("web/rs1"));
    driver.feed(down("web/rs2"));
    assert.deepEqual(driver.feed(services(news("dns/rs1", "up"))), []);
    assert.deepEqual(driver.feed(finished("hook")), []);
    assert.equal(driver.engine.quiet, true);
  });

  it("keeps routers when it hears of services, and services when it hears of routers", () => {
    const driver = new Driver();
    const notifiers = [webhook({ states: ["Master", "down"] })];
    driver.feed({ kind: "configure", notifiers });
    driver.feed(MASTER);
    driver.feed(finished("hook"));
    driver.feed(down("web/rs1"));
    driver.feed(finished("hook"));
    assert.deepEqual(driver.feed(services(news("web/rs1", "down"))), []);
    assert.deepEqual(driver.feed({ kind: "routers", all: [MASTER.news] }), []);
    assert.deepEqual(driver.feed(down("web/rs1")), []);
  });

  it("tells at a stop that nothing is served any more, only those that ask for it", () => {
    const driver = new Driver();
    const asking = { ...SERVERS, name: "asking", startAndStop: true } as const;
    driver.feed({ kind: "configure", notifiers: [SERVERS, asking] });
    assert.deepEqual(driver.feed({ kind: "transition", news: news("web/rs1", "up") }), [
      "asking: web/rs1 up",
    ]);
    driver.feed(finished("asking"));
    const all = [news("quorum of web", "quorum-lost"), news("web/rs1", "down")];
    assert.deepEqual(driver.feed({ kind: "stopping", all }), ["asking: web quorum-lost"]);
    assert.deepEqual(driver.feed(finished("asking")), ["asking: web/rs1 down"]);
  });

  it("notices a quorum that was never lost, for those who want to hear of the start, and once", () => {
    const driver = new Driver();
    const asking = { ...SERVERS, name: "asking", startAndStop: true } as const;
    driver.feed({ kind: "configure", notifiers: [SERVERS, asking] });
    const known = { kind: "known", news: news("quorum of web", "quorum-held") } as const;
    assert.deepEqual(driver.feed(known), ["asking: web quorum-held"]);
    driver.feed({ kind: "finished", notifier: "asking", outcome: undelivered("not-sent", "") });
    assert.equal(driver.engine.nextDeadline(), seconds(1));
    driver.feed(known);
    assert.equal(driver.engine.nextDeadline(), seconds(1));
  });

  it("counts what nobody will be told any more", () => {
    const driver = new Driver();
    driver.feed({ kind: "configure", notifiers: [SERVERS, webhook({ name: "other" })] });
    for (const server of ["rs1", "rs2", "rs3"]) driver.feed(down(`web/${server}`));
    assert.deepEqual(driver.engine.left(), [{ kind: "notify-left", notifier: "hook", count: 2 }]);
  });
});
