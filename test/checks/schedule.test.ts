import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  CONCURRENT_CHECKS,
  FIRST_ROUND,
  Schedule,
  type ScheduledCheck,
  STARTS_PER_TICK,
  TICK_SPACING,
} from "../../src/checks/schedule.ts";
import {
  after,
  between,
  type Duration,
  type Instant,
  instant,
  micros,
  millis,
  seconds,
} from "../../src/net/time.ts";

const START = instant(1_000_000);
const INTERVAL = seconds(10);

describe("Schedule", () => {
  it("starts each check within the first round, and then once per interval", () => {
    const starts = simulate(new Schedule(), checks(100, INTERVAL), { duration: seconds(42), run: millis(3) });
    assert.equal(starts.size, 100);
    for (const times of starts.values()) {
      assert.ok(between(START, at(times, 0)) <= FIRST_ROUND + TICK_SPACING);
      assert.ok(between(at(times, 0), at(times, 1)) <= INTERVAL + TICK_SPACING);
      for (const gap of gaps(times.slice(1)))
        assert.ok(Math.abs(gap - INTERVAL) <= TICK_SPACING, `gap ${gap}`);
      assert.ok(times.length >= 5);
    }
  });

  for (const [count, random] of [
    [2, 0],
    [7, 0.3],
    [100, 0.9],
    [1_000, 0.5],
  ] as const) {
    it(`spreads ${count} checks of one interval evenly`, () => {
      const starts = simulate(new Schedule(), checks(count, INTERVAL), {
        duration: seconds(20),
        run: millis(1),
        random,
      });
      const second = [...starts.values()].map(
        (times) => between(START, at(times, times.length - 1)) % INTERVAL,
      );
      second.sort((left, right) => left - right);
      const around = second.map((offset, index) => {
        return index === 0 ? offset + INTERVAL - (second.at(-1) ?? 0) : offset - (second[index - 1] ?? 0);
      });
      // Steps of the golden ratio leave gaps of three sizes at the most, the largest 1 + the golden ratio times the mean.
      assert.ok(Math.max(...around) < (2.62 * INTERVAL) / count, `largest gap ${Math.max(...around)}`);
      assert.ok(Math.min(...around) > (0.3 * INTERVAL) / count, `smallest gap ${Math.min(...around)}`);
    });
  }

  it("starts where the random number says", () => {
    for (const random of [0, 0.25, 0.999]) {
      const schedule = new Schedule();
      schedule.configure(checks(1, INTERVAL), random, START);
      assert.equal(schedule.nextDeadline(), after(START, micros(FIRST_ROUND * random)));
    }
  });

  it("starts the longest waiting first when places are rare", () => {
    const schedule = new Schedule(1);
    schedule.configure(checks(3, INTERVAL), 0, START);
    const order = new Set<string>();
    let now = after(START, seconds(5));
    for (let count = 0; count < 9; count++) {
      const [id] = schedule.take(now);
      assert.ok(id !== undefined);
      assert.equal(schedule.nextDeadline(), undefined, "no deadline while all places are taken");
      assert.deepEqual(schedule.take(after(now, TICK_SPACING)), []);
      order.add(id);
      now = after(now, INTERVAL);
      schedule.finish(id, false);
      if (order.size === 3) order.clear();
      else assert.equal(order.size, (count % 3) + 1, "nobody waits twice");
    }
  });

  it("starts a check that overran its slot once, when it is over", () => {
    const schedule = new Schedule();
    schedule.configure(checks(1, INTERVAL), 0, START);
    assert.deepEqual(schedule.take(START), ["0"]);
    const late = after(START, seconds(35));
    assert.deepEqual(schedule.take(late), []);
    schedule.finish("0", false);
    assert.deepEqual(schedule.take(late), ["0"]);
    schedule.finish("0", false);
    assert.equal(schedule.nextDeadline(), after(START, seconds(40)), "missed slots are not caught up");
  });

  it("keeps the slots of checks through a reload, and forgets others", () => {
    const schedule = new Schedule();
    schedule.configure(checks(4, INTERVAL), 0.1, START);
    const before = schedule.nextDeadline();
    schedule.configure(checks(6, INTERVAL), 0.7, after(START, millis(1)));
    assert.equal(schedule.nextDeadline(), before);
    schedule.configure([], 0, after(START, millis(2)));
    assert.equal(schedule.nextDeadline(), undefined);
    assert.deepEqual(schedule.take(after(START, seconds(100))), []);
  });

  it("does not start a check that left and came back while it still ran", () => {
    const schedule = new Schedule();
    schedule.configure(checks(1, INTERVAL), 0, START);
    assert.deepEqual(schedule.take(START), ["0"]);
    schedule.configure([], 0, START);
    schedule.configure(checks(1, INTERVAL), 0, START);
    const later = after(START, seconds(1));
    assert.deepEqual(schedule.take(later), []);
    schedule.finish("0", false);
    assert.deepEqual(schedule.take(later), ["0"]);
    schedule.finish("0", false);
    schedule.configure([], 0, later);
    schedule.finish("0", false);
    assert.equal(schedule.nextDeadline(), undefined);
  });

  it("gives the place of a removed check free when it is over", () => {
    const schedule = new Schedule(1);
    schedule.configure(checks(1, INTERVAL), 0, START);
    schedule.take(START);
    schedule.configure([{ id: "other", interval: INTERVAL }], 0, START);
    const later = after(START, seconds(1));
    assert.deepEqual(schedule.take(later), []);
    schedule.finish("0", false);
    assert.deepEqual(schedule.take(later), ["other"]);
  });

  it("leaves half of the places to those that have an answer, however many have none", () => {
    const limit = 10;
    const all = [...checks(100, seconds(2), "hanging "), ...checks(50, seconds(2), "prompt ")];
    const hangs = (id: string) => id.startsWith("hanging");
    const run = (id: string) => (hangs(id) ? seconds(1) : millis(3));
    const starts = simulate(new Schedule(limit), all, { duration: seconds(60), run, hangs, limit });
    // Until each of them hung once, nobody can know.
    const known = after(START, seconds(100 / limit + 2));
    for (const [id, times] of starts) {
      const later = times.filter((time) => time >= known);
      if (id.startsWith("prompt"))
        for (const gap of gaps(later)) assert.ok(gap <= seconds(2) + 3 * TICK_SPACING, `${id}: ${gap}`);
      // Five places at one a second: each of them every twenty seconds.
      else assert.ok(later.length >= 2, `${id}: ${later.length}`);
    }
  });

  it("forgets that a check hung when it did not the last time", () => {
    const schedule = new Schedule(2);
    schedule.configure(checks(2, INTERVAL), 0, START);
    const early = after(START, seconds(5));
    assert.deepEqual(schedule.take(early), ["0", "1"]);
    for (const id of ["0", "1"]) schedule.finish(id, true);
    const later = after(early, INTERVAL);
    const [first = "", ...others] = schedule.take(later);
    assert.deepEqual(others, [], "one place of two is for those that hung");
    assert.equal(schedule.nextDeadline(), undefined);
    schedule.finish(first, false);
    assert.equal(schedule.take(after(later, INTERVAL)).length, 2);
  });

  it("works 2,000 checks off in small steps after a standstill", () => {
    const schedule = new Schedule();
    schedule.configure(checks(2_000, INTERVAL), 0, START);
    const later = after(START, seconds(1_000));
    assert.equal(schedule.take(later).length, STARTS_PER_TICK);
    assert.equal(schedule.nextDeadline(), after(later, TICK_SPACING));
    assert.deepEqual(schedule.take(later), [], "not twice in one tick");
  });
});

describe("Schedule, whatever is asked of it,", () => {
  const scenario = fc.record({
    counts: fc.array(fc.record({ count: fc.nat(60), interval: fc.integer({ min: 100, max: 5_000 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
    run: fc.integer({ min: 0, max: 90 }),
    limit: fc.integer({ min: 1, max: 300 }),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });

  it("never starts more than it may, nor a check twice at once", () => {
    fc.assert(
      fc.property(scenario, ({ counts, run, limit, random }) => {
        simulate(new Schedule(limit), mixed(counts), {
          duration: seconds(6),
          run: millis(run),
          random,
          limit,
        });
      }),
      { numRuns: 40 },
    );
  });

  it("starts every check within its interval and a tolerance while there is capacity", () => {
    fc.assert(
      fc.property(scenario, ({ counts, run, random }) => {
        const all = mixed(counts);
        const intervals = new Map(all.map((check) => [check.id, check.interval]));
        const starts = simulate(new Schedule(), all, { duration: seconds(6), run: millis(run), random });
        // 240 checks are worked off in 12 ticks when they all meet.
        const tolerance = 12 * TICK_SPACING;
        for (const [id, times] of starts) {
          const interval = intervals.get(id) ?? 0;
          const end = after(START, seconds(6));
          for (const gap of gaps([START, ...times, end]))
            assert.ok(gap <= interval + tolerance, `${id}: ${gap}`);
        }
        assert.equal(starts.size, all.length);
      }),
      { numRuns: 40 },
    );
  });
});

interface Course {
  readonly duration: Duration;
  /** How long each check takes. */
  readonly run: Duration | ((id: string) => Duration);
  readonly hangs?: (id: string) => boolean;
  readonly random?: number;
  readonly limit?: number;
}

/** Follows the schedule's own deadlines; answers when each check was started. Asserts what always holds. */
function simulate(
  schedule: Schedule,
  list: readonly ScheduledCheck[],
  course: Course,
): Map<string, Instant[]> {
  const starts = new Map<string, Instant[]>();
  const running = new Map<string, Instant>();
  const end = after(START, course.duration);
  let now = START;
  let steps = 0;
  schedule.configure(list, course.random ?? 0, now);
  while (now <= end) {
    for (const [id, until] of running) {
      if (until > now) continue;
      running.delete(id);
      schedule.finish(id, course.hangs?.(id) ?? false);
    }
    const started = schedule.take(now);
    assert.ok(started.length <= STARTS_PER_TICK);
    for (const id of started) {
      assert.ok(!running.has(id), `${id} runs twice`);
      running.set(id, after(now, typeof course.run === "function" ? course.run(id) : course.run));
      const times = starts.get(id);
      if (times === undefined) starts.set(id, [now]);
      else times.push(now);
    }
    assert.ok(running.size <= (course.limit ?? CONCURRENT_CHECKS));
    const deadline = schedule.nextDeadline();
    const next = Math.min(deadline ?? Number.POSITIVE_INFINITY, ...running.values());
    if (!Number.isFinite(next)) break;
    steps = next > now ? 0 : steps + 1;
    assert.ok(steps < 10, "the clock stands still");
    now = instant(Math.max(next, now));
  }
  return starts;
}

function checks(count: number, interval: Duration, prefix = ""): ScheduledCheck[] {
  return Array.from({ length: count }, (_, index) => ({ id: `${prefix}${index}`, interval }));
}

function mixed(groups: readonly { readonly count: number; readonly interval: number }[]): ScheduledCheck[] {
  return groups.flatMap(({ count, interval }, index) => checks(count, millis(interval), `${index}.`));
}

function gaps(times: readonly Instant[]): number[] {
  return times.slice(1).map((time, index) => between(at(times, index), time));
}

function at(times: readonly Instant[], index: number): Instant {
  const time = times[index];
  assert.ok(time !== undefined);
  return time;
}
