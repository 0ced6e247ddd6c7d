import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PLAIN_POLICY } from "../../src/balance/policy.ts";
import type { CheckResult } from "../../src/checks/result.ts";
import type { ScriptCheck } from "../../src/checks/settings.ts";
import { millis, seconds } from "../../src/net/time.ts";
import { Bench, CHECK, failed, PASSED, server, service, VIP } from "./fixture.ts";

const SCRIPT: ScriptCheck = { ...CHECK, type: "script", command: ["/bin/load"], dynamicWeight: true };
const WEB = { ...CHECK, port: 81 };
const TWO = [server("rs1", { checks: [CHECK, WEB] })];

/** Answers the checks of one port, as often as it takes; others pass. */
function answer(bench: Bench, port: number, result: CheckResult, times: number = CHECK.fall): void {
  for (let count = 0; count < times; count++) {
    bench.wait(CHECK.interval);
    for (const { id, target } of bench.running.splice(0)) {
      bench.input({ kind: "checked", id, result: target.port === port ? result : PASSED });
    }
  }
}

function both(): Bench {
  const bench = new Bench([service(TWO)]);
  answer(bench, 0, PASSED, 1);
  assert.deepEqual(bench.events(), [
    "configured",
    "server-up rs1 first-pass",
    "weight-change rs1 absent→3 check-passed",
    "checks-ready all-tried",
  ]);
  return bench;
}

describe("Balance, with several checks of a server,", () => {
  it("takes it in when all have passed", () => {
    const bench = new Bench([service(TWO)]);
    bench.wait(CHECK.interval);
    const [one, other] = bench.running.splice(0);
    assert(one !== undefined && other !== undefined);
    assert.deepEqual([one.target.port, other.target.port], [8080, 81]);
    bench.input({ kind: "checked", id: one.id, result: PASSED });
    assert.equal(bench.wanted, "", "the other one has said nothing yet");
    bench.input({ kind: "checked", id: other.id, result: PASSED });
    assert.equal(bench.wanted, "rs1=3");
  });

  it("takes it out when one fails, and says which", () => {
    const bench = both();
    answer(bench, 81, failed("refused"));
    assert.equal(bench.wanted, "rs1=0");
    const [snapshot] = bench.balance.snapshot()[0]?.servers ?? [];
    assert.deepEqual(snapshot?.checks, [
      { check: "tcp :8080", state: "up" },
      { check: "tcp :81", state: "down" },
    ]);
    assert.equal(snapshot?.last?.result.kind, "failed", "the word of the one that fails counts");
    assert.deepEqual(bench.events().slice(-2), [
      "server-down rs1 refused",
      "weight-change rs1 3→0 check-failed",
    ]);
  });

  it("takes it back when the last one that failed passes again", () => {
    const bench = both();
    bench.failAll();
    const down = bench.events();
    assert.deepEqual(
      down.filter((text) => text.startsWith("server-down")),
      ["server-down rs1 timeout"],
    );
    answer(bench, 81, failed("timeout"), CHECK.rise);
    assert.deepEqual(bench.events(), ["check-passed rs1 risen"]);
    assert.equal(bench.wanted, "rs1=0");
    answer(bench, 0, PASSED, CHECK.rise);
    assert.deepEqual(bench.events(), ["server-up rs1 risen", "weight-change rs1 0→3 check-passed"]);
  });

  it("believes the least weight that they ask for", () => {
    const bench = both();
    const asks = (weight: number): CheckResult => ({ kind: "passed", latency: millis(1), weight });
    answer(bench, 81, asks(7), 1);
    assert.equal(bench.wanted, "rs1=7");
    answer(bench, 8080, asks(5), 1);
    assert.equal(bench.wanted, "rs1=5");
  });

  it("keeps one that gets another check as it is until that has failed", () => {
    const bench = new Bench([service([server("rs1")])]);
    bench.pass("rs1");
    bench.configure([service(TWO)]);
    assert.equal(bench.wanted, "rs1=3");
    answer(bench, 81, failed("refused"));
    assert.equal(bench.wanted, "rs1=0");
  });

  it("is no suspect while a check of a failed server passes", () => {
    const policy = { ...PLAIN_POLICY, panic: { below: 0.5, after: CHECK.interval } };
    const answering = new Bench([service(TWO, { policy })]);
    answer(answering, 0, PASSED, 1);
    answer(answering, 81, failed("timeout"), 2 * CHECK.fall);
    assert.equal(answering.wanted, "rs1=0", "it answers the other check: it is not we who cannot reach it");
    const silent = new Bench([service(TWO, { policy })]);
    answer(silent, 0, PASSED, 1);
    silent.failAll();
    silent.failAll();
    assert.equal(silent.wanted, "rs1=3");
    answer(silent, 81, failed("timeout"), CHECK.rise);
    assert.equal(silent.wanted, "rs1=3", "a check that passes again does not end it for the others");
  });

  it("keeps a weight that was asked for through a reload while the quorum is lost", () => {
    const asking = (fall: number) => server("rs1", { checks: [{ ...SCRIPT, fall }] });
    const policy = {
      ...PLAIN_POLICY,
      quorum: { of: "servers", need: 2, hysteresis: 0 },
      sorry: server("rs9", { checks: [] }),
    } as const;
    const bench = new Bench([service([asking(3), server("rs2")], { policy })]);
    bench.check("rs1", { kind: "passed", latency: millis(1), weight: 7 });
    bench.pass("rs2");
    bench.fail("rs2");
    assert.equal(bench.wanted, "rs1=0 rs2=0 rs9=3");
    bench.configure([service([asking(2), server("rs2")], { policy: PLAIN_POLICY })]);
    assert.equal(bench.wanted, "rs1=7 rs2=0");
  });

  it("asks once what is written twice", () => {
    const bench = new Bench([service([server("rs1", { checks: [CHECK, CHECK] })])]);
    bench.fail("rs1");
    const failures = bench.events().filter((text) => text.endsWith("refused"));
    assert.deepEqual(failures, [
      "check-failed rs1 refused",
      "check-failed rs1 refused",
      "server-down rs1 refused",
    ]);
  });
});

describe("Balance, of a service that is checked while it serves,", () => {
  const { address } = VIP;
  const serving = service([server("rs1")], {
    policy: { ...PLAIN_POLICY, checkWhile: "serving" },
  });
  const isElsewhere = (bench: Bench, elsewhere: boolean) =>
    bench.input({ kind: "serving", elsewhere: new Set(elsewhere ? [address] : []) });

  it("asks nobody while its addresses are elsewhere, and keeps what it knows", () => {
    const bench = new Bench([serving]);
    bench.pass("rs1");
    isElsewhere(bench, true);
    bench.wait(CHECK.interval);
    bench.wait(CHECK.interval);
    assert.deepEqual(bench.running.splice(0), []);
    assert.equal(bench.wanted, "rs1=3");
    isElsewhere(bench, false);
    bench.fail("rs1");
    assert.equal(bench.wanted, "rs1=0");
  });

  it("still asks for another service that has the same check", () => {
    const other = service([server("rs1")], { name: "other", listen: [{ address, port: 81 }] });
    const bench = new Bench([serving, other]);
    isElsewhere(bench, true);
    bench.fail("rs1");
    assert.equal(bench.wanted, "");
    assert.equal(bench.balance.snapshot()[0]?.servers[0]?.state, "down", "what is known is known");
  });

  it("counts no failures of before among those in a row", () => {
    const bench = new Bench([serving]);
    bench.pass("rs1");
    bench.fail("rs1", CHECK.fall - 1);
    isElsewhere(bench, true);
    isElsewhere(bench, false);
    bench.fail("rs1", CHECK.fall - 1);
    assert.equal(bench.wanted, "rs1=3");
    bench.fail("rs1", 1);
    assert.equal(bench.wanted, "rs1=0");
  });

  it("says that nobody is asked", () => {
    const bench = new Bench([serving]);
    assert.equal(bench.balance.snapshot()[0]?.resting, false);
    isElsewhere(bench, true);
    assert.equal(bench.balance.snapshot()[0]?.resting, true);
  });

  it("begins no slow start when it takes over", () => {
    const slow = { ...serving, policy: { ...serving.policy, slowStart: seconds(60) } };
    const bench = new Bench([slow]);
    isElsewhere(bench, true);
    isElsewhere(bench, false);
    bench.pass("rs1");
    assert.equal(bench.wanted, "rs1=3");
    bench.fail("rs1");
    bench.kernel("rs1=0/0");
    bench.pass("rs1", CHECK.rise);
    assert.equal(bench.wanted, "rs1=1", "but when a server comes back");
  });

  it("is ready without having asked", () => {
    const bench = new Bench([serving]);
    assert.equal(bench.balance.ready, false);
    isElsewhere(bench, true);
    assert.equal(bench.balance.ready, true);
  });
});
