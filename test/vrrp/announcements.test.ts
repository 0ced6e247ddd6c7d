import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { after, type Duration, type Instant, instant, millis, seconds } from "../../src/net/time.ts";
import { Announcements, type AnnounceSettings, DEFAULT_ANNOUNCE } from "../../src/vrrp/announcements.ts";

const START = instant(0);

/** The milliseconds at which announcements fall due until `end`; those of extra interfaces alone are marked. */
function dueTimes(
  announcements: Announcements,
  end: Instant,
  settings: AnnounceSettings = DEFAULT_ANNOUNCE,
): (number | string)[] {
  const times: (number | string)[] = [];
  for (;;) {
    const next = announcements.next(settings);
    if (next === undefined || next > end) return times;
    const due = announcements.due(settings, next);
    assert.ok(due);
    times.push(due === "extra" ? `extra ${next / 1_000}` : next / 1_000);
  }
}

function claimed(settings: AnnounceSettings = DEFAULT_ANNOUNCE): Announcements {
  const announcements = new Announcements();
  announcements.begin(settings, START);
  return announcements;
}

describe("announcements", () => {
  test("follow a claim after 0.1, 1.1 and 5 s, then every minute", () => {
    const times = dueTimes(claimed(), after(START, seconds(126)));
    assert.deepEqual(times, [100, 1_100, 5_000, 65_000, 125_000]);
  });

  test("that others provoke go out at once and once more a second later, which puts the refresh off", () => {
    const announcements = claimed();
    dueTimes(announcements, after(START, seconds(5)));
    assert.equal(announcements.again(DEFAULT_ANNOUNCE, instant(10_000_000)), true);
    assert.deepEqual(dueTimes(announcements, instant(80_000_000)), [11_000, 71_000]);
  });

  test("keep their distance, however often they are provoked", () => {
    const announcements = claimed();
    dueTimes(announcements, after(START, seconds(5)));
    const sent = Array.from({ length: 100 }, (_, index) =>
      announcements.again(DEFAULT_ANNOUNCE, instant(10_000_000 + index * 1_000)),
    );
    assert.equal(sent.filter(Boolean).length, 1);
    assert.deepEqual(dueTimes(announcements, instant(12_000_000)), [10_100, 11_000]);
  });

  test("that fell due while nothing might be said go out with the next one", () => {
    const announcements = claimed();
    assert.equal(announcements.again(DEFAULT_ANNOUNCE, after(START, seconds(3))), true);
    assert.deepEqual(dueTimes(announcements, after(START, seconds(64))), [4_000, 5_000]);
  });

  test("stop when the addresses are let go", () => {
    const announcements = claimed();
    announcements.end();
    assert.equal(announcements.next(DEFAULT_ANNOUNCE), undefined);
    assert.equal(announcements.due(DEFAULT_ANNOUNCE, after(START, millis(500))), undefined);
  });

  test("have one refresh, however often the router becomes master", () => {
    const settings = { ...DEFAULT_ANNOUNCE, burst: [], refresh: seconds(1), extraRefresh: seconds(2) };
    const announcements = new Announcements();
    for (let time = 0; time < 4; time++) {
      announcements.begin(settings, START);
      announcements.end();
    }
    announcements.begin(settings, START);
    assert.deepEqual(dueTimes(announcements, instant(4_500_000), settings), [1_000, 2_000, 3_000, 4_000]);
  });

  const cases: readonly (readonly [string, Partial<AnnounceSettings>, Duration, (number | string)[]])[] = [
    ["no burst", { burst: [] }, seconds(61), [60_000]],
    ["another burst", { burst: [millis(20), seconds(9)] }, seconds(70), [20, 9_000, 69_000]],
    ["no refresh", { refresh: seconds(0) }, seconds(600), [100, 1_100, 5_000]],
    [
      "a refresh of the extra interfaces",
      { burst: [], extraRefresh: seconds(25) },
      seconds(90),
      ["extra 25000", "extra 50000", 60_000, "extra 85000"],
    ],
  ];
  for (const [title, changes, length, expected] of cases) {
    test(`with ${title}`, () => {
      const settings = { ...DEFAULT_ANNOUNCE, ...changes };
      assert.deepEqual(dueTimes(claimed(settings), after(START, length), settings), expected);
    });
  }

  test("that others provoke are not repeated when the settings say so", () => {
    const settings = { ...DEFAULT_ANNOUNCE, burst: [], again: seconds(0) };
    const announcements = claimed(settings);
    assert.equal(announcements.again(settings, instant(10_000_000)), true);
    assert.deepEqual(dueTimes(announcements, instant(69_000_000), settings), []);
  });
});
