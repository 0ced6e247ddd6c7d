import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { after, type Instant, instant, millis, seconds } from "../../src/net/time.ts";
import { Announcements } from "../../src/vrrp/announcements.ts";

const START = instant(0);

/** The milliseconds at which announcements fall due until `end`. */
function dueTimes(announcements: Announcements, end: Instant): number[] {
  const times: number[] = [];
  for (let next = announcements.next; next !== undefined && next <= end; next = announcements.next) {
    assert.ok(announcements.due(next));
    times.push(next / 1_000);
  }
  return times;
}

describe("announcements", () => {
  test("follow a claim after 0.1, 1.1 and 5 s, then every minute", () => {
    const announcements = new Announcements();
    announcements.begin(START);
    assert.deepEqual(
      dueTimes(announcements, after(START, seconds(126))),
      [100, 1_100, 5_000, 65_000, 125_000],
    );
  });

  test("that others provoke go out at once and once more a second later", () => {
    const announcements = new Announcements();
    announcements.begin(START);
    dueTimes(announcements, after(START, seconds(5)));
    assert.equal(announcements.again(instant(10_000_000)), true);
    assert.deepEqual(dueTimes(announcements, instant(70_000_000)), [11_000, 65_000]);
  });

  test("keep their distance, however often they are provoked", () => {
    const announcements = new Announcements();
    announcements.begin(START);
    dueTimes(announcements, after(START, seconds(5)));
    const sent = Array.from({ length: 100 }, (_, index) =>
      announcements.again(instant(10_000_000 + index * 1_000)),
    );
    assert.equal(sent.filter(Boolean).length, 1);
    assert.deepEqual(dueTimes(announcements, instant(12_000_000)), [10_100, 11_000]);
  });

  test("that fell due while nothing might be said go out with the next one", () => {
    const announcements = new Announcements();
    announcements.begin(START);
    assert.equal(announcements.again(after(START, seconds(3))), true);
    assert.deepEqual(dueTimes(announcements, after(START, seconds(64))), [4_000, 5_000]);
  });

  test("stop when the addresses are let go", () => {
    const announcements = new Announcements();
    announcements.begin(START);
    announcements.end();
    assert.equal(announcements.next, undefined);
    assert.equal(announcements.due(after(START, millis(500))), false);
  });
});
