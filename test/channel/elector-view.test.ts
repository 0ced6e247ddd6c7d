import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ElectorView } from "../../src/channel/elector-view.ts";
import type { ElectorSnapshot } from "../../src/channel/message.ts";
import { after, instant, millis } from "../../src/net/time.ts";

function snapshot(generation: number): ElectorSnapshot {
  return { at: 0, pid: 1, generation, now: 0, routers: [], tracks: [], drops: {}, scheduling: "rr" };
}

function viewed() {
  const clock = { now: instant(1_000) };
  const questions = { asked: 0 };
  const view = new ElectorView(
    () => clock.now,
    () => {
      questions.asked += 1;
    },
  );
  return { clock, questions, view };
}

describe("what the balancer knows of the elector", () => {
  test("all who ask at once share one question", async () => {
    const { view, questions } = viewed();
    const answers = Promise.all([view.fresh(), view.fresh()]);
    assert.equal(questions.asked, 1);
    view.received(snapshot(1));
    assert.deepEqual(await answers, [snapshot(1), snapshot(1)]);
  });

  test("who asks again at once sees the last one, later a new one", async () => {
    const { clock, view, questions } = viewed();
    view.received(snapshot(1));
    assert.deepEqual(await view.fresh(), snapshot(1));
    assert.equal(questions.asked, 0);
    clock.now = after(clock.now, millis(101));
    const answer = view.fresh();
    view.received(snapshot(2));
    assert.deepEqual(await answer, snapshot(2));
    assert.equal(questions.asked, 1);
  });

  test("an elector that does not answer is described by its last words", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { clock, view, questions } = viewed();
    const first = view.fresh();
    t.mock.timers.tick(500);
    assert.equal(await first, undefined);
    view.received(snapshot(1));
    clock.now = after(clock.now, millis(101));
    const second = view.fresh();
    t.mock.timers.tick(500);
    assert.deepEqual(await second, snapshot(1));
    assert.equal(questions.asked, 2);
  });
});
