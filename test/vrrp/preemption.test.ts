import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { after, type Duration, instant, minutes, seconds } from "../../src/net/time.ts";
import type { Cause } from "../../src/vrrp/event.ts";
import { Preemption } from "../../src/vrrp/preemption.ts";
import { routerSettings } from "../support/director.ts";

const START = instant(0);

function at(length: Duration) {
  return after(START, length);
}

describe("a master with a lower priority", () => {
  test("keeps its place for the delay, from when it was first heard", () => {
    const settings = routerSettings({ preemptDelay: seconds(3) });
    const preemption = new Preemption();
    assert.equal(preemption.heard(50, settings, at(seconds(1))), false);
    assert.deepEqual(preemption.holdDown(settings, at(seconds(2))), { until: at(seconds(4)), why: "delay" });
    assert.equal(preemption.heard(60, settings, at(seconds(3))), false);
    assert.equal(preemption.heard(60, settings, at(seconds(4))), true);
    assert.equal(preemption.holdDown(settings, at(seconds(4))), undefined);
  });

  for (const [who, priority] of [
    ["a better master", 200],
    ["an equal one", 100],
    ["a goodbye", 0],
  ] as const) {
    test(`has its delay anew after ${who} was heard`, () => {
      const settings = routerSettings({ preemptDelay: seconds(3) });
      const preemption = new Preemption();
      preemption.heard(50, settings, at(seconds(1)));
      preemption.heard(priority, settings, at(seconds(2)));
      assert.equal(preemption.heard(50, settings, at(seconds(5))), false);
      assert.equal(preemption.heard(50, settings, at(seconds(8))), true);
    });
  }

  test("keeps its place for ever without preemption", () => {
    const settings = routerSettings({ preempt: false });
    assert.equal(new Preemption().heard(50, settings, at(minutes(60))), false);
  });
});

describe("who loses its place again and again", () => {
  /** Losses at these seconds, all for this cause. */
  function after_(losses: readonly number[], cause: Cause = "link-down") {
    const preemption = new Preemption();
    for (const second of losses) preemption.moved("Master", "Fault", cause, at(seconds(second)));
    return preemption;
  }
  const settings = routerSettings({ damping: true });

  const cases: readonly (readonly [losses: readonly number[], holdDownSeconds: number | undefined])[] = [
    [[], undefined],
    [[100], undefined],
    [[100, 110], 10],
    [[100, 110, 130], 20],
    [[100, 110, 130, 160], 40],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 300],
    [[1, 700], undefined],
  ];
  for (const [losses, wait] of cases) {
    const last = losses.at(-1) ?? 0;
    test(`waits ${wait ?? 0} s after losses at ${losses.join(", ") || "no time"}`, () => {
      const preemption = after_(losses);
      const hold = preemption.holdDown(settings, at(seconds(last)));
      const until = wait === undefined ? undefined : at(seconds(last + wait));
      assert.deepEqual(hold, until === undefined ? undefined : { until, why: "damping" });
    });
  }

  test("is forgiven in the end", () => {
    assert.equal(after_([100, 110]).holdDown(settings, at(seconds(120))), undefined);
  });

  for (const cause of ["drill", "stop", "better-master"] as const) {
    test(`is not who leaves for ${cause}`, () => {
      assert.equal(after_([1, 2, 3], cause).holdDown(settings, at(seconds(3))), undefined);
    });
  }

  for (const [losses, wait] of [
    [[100], 10],
    [[100, 700], 20],
    [[100, 700, 1_400, 2_100, 2_800, 3_500], 300],
    [[100, 4_000], 10],
  ] as const) {
    test(`waits ${wait} s when it was not heard at ${losses.join(", ")}, damped or not`, () => {
      const preemption = after_(losses, "not-heard");
      const last = losses.at(-1) ?? 0;
      const hold = preemption.holdDown(routerSettings({ damping: false }), at(seconds(last)));
      assert.deepEqual(hold, { until: at(seconds(last + wait)), why: "not-heard" });
    });
  }

  test("waits for the longest of several reasons", () => {
    const preemption = after_([100, 110], "not-heard");
    for (const second of [111, 112]) preemption.moved("Master", "Fault", "link-down", at(seconds(second)));
    const hold = preemption.holdDown(settings, at(seconds(112)));
    assert.deepEqual(hold, { until: at(seconds(130)), why: "not-heard" });
  });

  test("is not held down when the file says so", () => {
    assert.equal(after_([1, 2, 3]).holdDown(routerSettings({ damping: false }), at(seconds(3))), undefined);
  });
});
