import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Agenda } from "../../src/elector/agenda.ts";
import { instant } from "../../src/net/time.ts";

/** Somebody with a deadline that can be changed. */
class Waiter {
  at: number | undefined;

  constructor(at: number | undefined) {
    this.at = at;
  }

  nextDeadline() {
    return this.at === undefined ? undefined : instant(this.at);
  }
}

describe("the agenda", () => {
  it("knows who is first, whatever happens to deadlines", () => {
    const deadline = fc.option(fc.nat(50), { nil: undefined });
    const change = fc.record({ who: fc.nat(19), at: deadline });
    fc.assert(
      fc.property(fc.array(deadline, { maxLength: 20 }), fc.array(change), (deadlines, changes) => {
        const waiters = deadlines.map((at) => new Waiter(at));
        const agenda = new Agenda(waiters);
        const earliest = () => Math.min(...waiters.map(({ at }) => at ?? Number.POSITIVE_INFINITY));
        assert.equal(agenda.first()?.at ?? Number.POSITIVE_INFINITY, earliest());
        for (const { who, at } of changes) {
          const waiter = waiters[who];
          if (waiter === undefined) continue;
          waiter.at = at;
          agenda.note(waiter);
          assert.equal(agenda.first()?.at ?? Number.POSITIVE_INFINITY, earliest());
        }
      }),
    );
  });

  it("hands out those who are due, each once, until it is told of them again", () => {
    const [late, early, never] = [new Waiter(20), new Waiter(10), new Waiter(undefined)];
    const agenda = new Agenda([late, early, never]);
    assert.equal(agenda.takeDue(instant(9)), undefined);
    assert.equal(agenda.takeDue(instant(20)), early);
    assert.equal(agenda.takeDue(instant(20)), late);
    assert.equal(agenda.takeDue(instant(20)), undefined);
    agenda.note(early);
    assert.equal(agenda.takeDue(instant(20)), early);
  });

  it("hands out nobody who has put its deadline off", () => {
    const waiter = new Waiter(10);
    const agenda = new Agenda([waiter]);
    waiter.at = 30;
    agenda.note(waiter);
    assert.equal(agenda.takeDue(instant(20)), undefined);
    assert.equal(agenda.takeDue(instant(30)), waiter);
  });

  it("hands out those who are due together in one order, whoever asked in between", () => {
    const deadline = fc.nat(3);
    const change = fc.record({ who: fc.nat(9), at: fc.nat(6), asks: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(deadline, { minLength: 10, maxLength: 10 }),
        fc.array(change),
        (first, changes) => {
          const orders = [true, false].map((asking) => {
            const waiters = first.map((at) => new Waiter(at));
            const agenda = new Agenda(waiters);
            for (const { who, at, asks } of changes) {
              const waiter = waiters[who];
              if (waiter === undefined) continue;
              waiter.at = at;
              agenda.note(waiter);
              if (asking && asks) agenda.first();
            }
            return waiters.map(() => {
              const due = agenda.takeDue(instant(6));
              return due === undefined ? -1 : waiters.indexOf(due);
            });
          });
          assert.deepEqual(orders[0], orders[1]);
        },
      ),
    );
  });
});
