import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Instant, instant, seconds } from "../../src/net/time.ts";
import { type NotifyAction, NotifyEngine, type NotifyInput } from "../../src/notify/engine.ts";
import { undelivered } from "../../src/notify/outcome.ts";
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
  return [`${settings.name}: ${told.router} ${told.state}`];
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
