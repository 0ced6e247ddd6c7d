/** `down_timer_adverts`: every wait that is made of missing adverts follows it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Duration, micros, millis, seconds, times } from "../../src/net/time.ts";
import { multicastTransport, type RouterSettings } from "../../src/vrrp/settings.ts";
import { Director, inShort, LEFTOVER_JOURNAL, routerSettings, VIP } from "../support/director.ts";

const INTERVAL = millis(100);
/** RFC 9568 §6.1: 156/256 of this interval, in whole microseconds; in version 2 of a second (RFC 3768 §6.1). */
const [SKEW, SKEW_V2] = [micros(60_938), micros(609_375)];
const A_MICROSECOND = micros(1);

function waitingFor(downTimerAdverts: number, changes: Partial<RouterSettings> = {}): RouterSettings {
  return routerSettings({ downTimerAdverts, ...changes });
}

function plus(...durations: Duration[]): Duration {
  return micros(durations.reduce((sum, one) => sum + one, 0));
}

describe("a backup whose file counts missing adverts", () => {
  for (const count of [1, 2, 3, 5, 100]) {
    const down = plus(times(INTERVAL, count), SKEW);

    test(`claims after ${count} intervals and its skew, whether it has heard a master or nobody`, () => {
      const alone = Director.with(waitingFor(count));
      alone.wait(micros(down - 1));
      assert.equal(alone.state, "Backup");
      alone.wait(A_MICROSECOND);
      assert.equal(alone.state, "Master");
      const follower = Director.with(waitingFor(count));
      follower.wait(millis(50));
      follower.hear(150);
      follower.wait(micros(down - 1));
      assert.equal(follower.state, "Backup");
      follower.wait(A_MICROSECOND);
      assert.equal(follower.state, "Master");
    });
  }

  test("counts the master's intervals, not its own", () => {
    const director = Director.with(waitingFor(2));
    director.hear(150, undefined, seconds(1));
    director.wait(plus(seconds(2), SKEW_V2, micros(-1)));
    assert.equal(director.state, "Backup");
    director.wait(A_MICROSECOND);
    assert.equal(director.state, "Master");
  });

  test("of version 2 adds a skew that the interval does not change", () => {
    const transport = { ...multicastTransport(4), version: 2 } as const;
    const director = Director.with(waitingFor(2, { transport, interval: seconds(3) }));
    director.wait(plus(seconds(6), SKEW_V2, micros(-1)));
    assert.equal(director.state, "Backup");
    director.wait(A_MICROSECOND);
    assert.equal(director.state, "Master");
  });

  test("waits for a skew time alone after a goodbye, as ever", () => {
    const director = Director.with(waitingFor(5));
    director.hear(150);
    director.hear(0);
    director.wait(SKEW);
    assert.equal(director.state, "Master");
  });

  test("goes by another number from the moment of a reload, longer or shorter", () => {
    const director = Director.with(waitingFor(3));
    director.hear(150);
    director.wait(millis(300));
    director.configure(waitingFor(5));
    director.wait(millis(200));
    assert.equal(director.state, "Backup");
    const impatient = Director.with(waitingFor(5));
    impatient.hear(150);
    impatient.wait(millis(300));
    impatient.configure(waitingFor(2));
    impatient.input({ kind: "tick" });
    assert.equal(impatient.state, "Master");
  });
});

describe("a master whose file counts missing adverts", () => {
  for (const count of [1, 5]) {
    test(`waits for a successor as long as one may take that waits for ${count} adverts`, () => {
      const director = masterOf(count);
      director.input({ kind: "drill" });
      director.wait(plus(times(INTERVAL, count + 2), micros(-1)));
      assert.equal(director.state, "Leaving");
      director.wait(A_MICROSECOND);
      assert.equal(director.state, "Master");
    });

    test(`adopts leftovers when ${count} adverts were missing and its skew is over`, () => {
      const director = new Director();
      director.input({ kind: "address", interface: "eth0", address: VIP, present: true });
      const routers = [waitingFor(count)];
      director.input({ kind: "configure", routers, journal: LEFTOVER_JOURNAL });
      director.wait(plus(times(INTERVAL, count), SKEW, micros(-1)));
      assert.equal(director.state, "Leaving");
      director.wait(A_MICROSECOND);
      assert.equal(director.state, "Master");
    });

    test(`that ran more than ${count} intervals late listens before it speaks, and no sooner`, () => {
      const late = masterOf(count);
      late.stall(times(INTERVAL, count + 1));
      assert.deepEqual(inShort(late.input({ kind: "tick" })), ["advert 100", "announce"]);
      const later = masterOf(count);
      later.stall(plus(times(INTERVAL, count + 1), A_MICROSECOND));
      assert.deepEqual(inShort(later.input({ kind: "tick" })), []);
    });

    test(`gives way when the kernel has refused ${count} adverts in a row, for then another claims`, () => {
      const director = masterOf(count);
      for (let refused = 0; refused < count; refused++) {
        assert.equal(director.state, "Master");
        director.wait(INTERVAL);
        const refusal = { call: "sendmsg", errno: 1, code: "EPERM", text: "not permitted" };
        director.input({ kind: "refused", router: "front", action: "advert", refusal });
      }
      assert.equal(director.state, "Fault");
    });
  }
});

/** Since this very instant. */
function masterOf(count: number): Director {
  const director = Director.with(waitingFor(count));
  director.wait(plus(times(INTERVAL, count), SKEW));
  assert.equal(director.state, "Master");
  return director;
}
