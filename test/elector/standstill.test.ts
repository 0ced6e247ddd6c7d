/** A backup that stood still itself when its master was to be given up. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import { type Duration, micros, millis } from "../../src/net/time.ts";
import { masterDownInterval, skewTime } from "../../src/vrrp/intervals.ts";
import { Director, HIGHER_ADDRESS, inShort, routerSettings } from "../support/director.ts";

const INTERVAL = millis(100);
const PACE = { version: 3, interval: INTERVAL, downTimerAdverts: 3 } as const;
const DOWN = masterDownInterval(100, PACE);
/** A master that stood still with us listens for an interval and 2 ms, and speaks within another one. */
const SECOND_WAIT = micros(2 * INTERVAL + 2_000 + skewTime(100, PACE));
const QUARTER = micros(INTERVAL / 4);
const MASTER = "Master (master-silent)";

/** Late by `length` when the wait for its master was over; it has not done anything yet. */
function late(length: Duration, heard = 150): Director {
  const director = Director.with(routerSettings());
  director.hear(heard);
  director.stall(micros(DOWN + length));
  return director;
}

function tick(director: Director): readonly ElectorAction[] {
  return director.input({ kind: "tick" });
}

describe("a backup that stood still when its wait was over", () => {
  test("waits once more, and says so", () => {
    const actions = tick(late(millis(400)));
    assert.deepEqual(actions, [
      {
        kind: "event",
        event: {
          kind: "silence-doubted",
          router: "front",
          stoodStill: millis(400),
          waiting: SECOND_WAIT,
        },
      },
    ]);
  });

  test("follows a master that speaks by then, and waits its whole time for the next word", () => {
    const director = late(millis(400));
    tick(director);
    director.wait(micros(SECOND_WAIT - 1));
    director.hear(150);
    assert.deepEqual(inShort(director.wait(micros(DOWN - 1))), []);
    assert.ok(inShort(director.wait(micros(1))).includes(MASTER));
  });

  test("claims when that wait is over, exactly", () => {
    const director = late(millis(400));
    tick(director);
    assert.deepEqual(inShort(director.wait(micros(SECOND_WAIT - 1))), []);
    assert.ok(inShort(director.wait(micros(1))).includes(MASTER));
  });

  test("does not wait a third time, however often it stands still", () => {
    const director = late(millis(400));
    tick(director);
    director.stall(micros(SECOND_WAIT + millis(400)));
    assert.ok(inShort(tick(director)).includes(MASTER));
  });

  test("by a quarter of an interval at the least", () => {
    assert.deepEqual(inShort(tick(late(QUARTER))), []);
    assert.ok(inShort(tick(late(micros(QUARTER - 1)))).includes(MASTER));
  });

  /** Its wait is over, and it was awake once since. */
  function overdue(): Director {
    const director = late(micros(1));
    director.input({ kind: "clock", unixMicros: 0 });
    return director;
  }

  test("believes a silence that was over before, and waited for its turn", () => {
    const director = overdue();
    director.stall(micros(INTERVAL - 1));
    assert.ok(inShort(tick(director)).includes(MASTER));
  });

  test("not when it waited so long that another may have claimed", () => {
    const director = overdue();
    director.stall(INTERVAL);
    assert.deepEqual(inShort(tick(director)), []);
  });

  for (const kind of ["performed", "worked"] as const) {
    test(`does not take its own work for a standstill (${kind})`, () => {
      const director = Director.with(routerSettings({ interval: millis(40) }));
      director.hear(150, HIGHER_ADDRESS, millis(40));
      director.stall(masterDownInterval(100, { ...PACE, interval: millis(40) }));
      director.input({ kind: "clock", unixMicros: 0 });
      director.stall(millis(20));
      director.input({ kind });
      assert.ok(inShort(tick(director)).includes(MASTER));
    });

    test(`takes work for a standstill that is longer than work can be (${kind})`, () => {
      const director = late(millis(0));
      director.input({ kind: "clock", unixMicros: 0 });
      director.stall(millis(30));
      director.input({ kind });
      assert.deepEqual(inShort(tick(director)), []);
    });
  }

  test("does not believe one that was over in the same instant", () => {
    const director = late(millis(0));
    director.input({ kind: "clock", unixMicros: 0 });
    director.stall(QUARTER);
    assert.deepEqual(inShort(tick(director)), []);
  });

  test("has slept all the time when it falls asleep again before it has served what it slept through", () => {
    const director = late(millis(400));
    director.input({ kind: "clock", unixMicros: 0 });
    director.stall(millis(3));
    assert.deepEqual(inShort(tick(director)), []);
  });

  test("believes a goodbye, which is no silence", () => {
    const director = Director.with(routerSettings());
    director.hear(150);
    director.hear(0, HIGHER_ADDRESS);
    director.stall(millis(400));
    assert.deepEqual(inShort(tick(director))[0], "Master (master-left)");
  });

  test("does not wait for a master that nobody ever heard", () => {
    const director = Director.with(routerSettings());
    director.stall(micros(DOWN + millis(400)));
    assert.ok(inShort(tick(director)).includes(MASTER));
  });
});
