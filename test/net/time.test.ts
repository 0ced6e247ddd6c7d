import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Bug } from "../../src/net/bug.ts";
import {
  after,
  between,
  earliest,
  formatDuration,
  instant,
  micros,
  millis,
  minutes,
  parseDuration,
  seconds,
  times,
  toMillis,
} from "../../src/net/time.ts";

describe("parseDuration", () => {
  const cases: [string, number | undefined][] = [
    ["100ms", 100_000],
    ["1.5s", 1_500_000],
    ["0.25ms", 250],
    ["40.95s", 40_950_000],
    ["2m", 120_000_000],
    ["1h", 3_600_000_000],
    ["7us", 7],
    ["0s", 0],
    ["", undefined],
    ["5", undefined],
    ["s", undefined],
    ["-1s", undefined],
    ["1 s", undefined],
    ["1.s", undefined],
    [".5s", undefined],
    ["1e3s", undefined],
    ["1d", undefined],
    ["1S", undefined],
    ["1toString", undefined],
    ["9999999999s", undefined],
  ];
  for (const [text, expected] of cases) {
    it(JSON.stringify(text), () => assert.equal(parseDuration(text), expected));
  }
});

describe("formatDuration", () => {
  for (const text of ["100ms", "1.5s", "250us", "40.95s", "0us", "3.609375s"]) {
    it(`gives ${text} back`, () => assert.equal(formatDuration(parseDuration(text) ?? micros(-1)), text));
  }

  it("shows a negative duration", () => assert.equal(formatDuration(millis(-20)), "-20ms"));

  it("is read back exactly, up to eleven days", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999 }).map(micros), (duration) => {
        assert.equal(parseDuration(formatDuration(duration)), duration);
      }),
    );
  });
});

describe("arithmetic", () => {
  const start = instant(1_000_000);

  it("adds lengths to an instant", () => assert.equal(after(start, millis(10), micros(-1)), 1_009_999));
  it("subtracts instants", () => assert.equal(between(after(start, seconds(2)), start), -2_000_000));
  it("multiplies to whole microseconds", () => assert.equal(times(micros(5), 156 / 256), 3));
  it("tells milliseconds", () => assert.equal(toMillis(micros(1_500)), 1.5));
  it("knows minutes", () => assert.equal(minutes(1.5), 90_000_000));
  it("has an exact centisecond", () => assert.equal(millis(10), 10_000));

  it("finds the earliest of several deadlines", () => {
    assert.equal(earliest([undefined, instant(7), instant(5), undefined]), 5);
    assert.equal(earliest([instant(0), instant(1)]), 0);
    assert.equal(earliest([undefined]), undefined);
  });

  it("refuses what is no whole number of microseconds", () => {
    assert.throws(() => instant(0.5), Bug);
    assert.throws(() => instant(2 ** 53), Bug);
    assert.throws(() => micros(Number.NaN), Bug);
    assert.throws(() => seconds(Number.POSITIVE_INFINITY), Bug);
  });
});
