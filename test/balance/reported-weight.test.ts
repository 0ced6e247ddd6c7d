/** Weights that servers ask for by their checks: whom they come before, and how fast they may change. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CheckPassed, CheckResult } from "../../src/checks/result.ts";
import type { ScriptCheck } from "../../src/checks/settings.ts";
import { millis, seconds } from "../../src/net/time.ts";
import { Bench, CHECK, server, service } from "./fixture.ts";

const BEGUN = ["server-up rs1 first-pass", "weight-change rs1 absent→50 check-weight"];

const SCRIPT: ScriptCheck = { ...CHECK, type: "script", command: ["/bin/load"], dynamicWeight: true };

function asks(weight?: CheckPassed["weight"]): CheckResult {
  return { kind: "passed", latency: millis(2), ...(weight === undefined ? {} : { weight }) };
}

/** That has just asked for 50. */
function bench(): Bench {
  const found = new Bench([service([server("rs1")])]);
  found.events();
  found.check("rs1", asks(50));
  assert.deepEqual(
    found.events().filter((event) => event !== "checks-ready all-tried"),
    BEGUN,
  );
  return found;
}

/** Says it at each check for so long; answers the weight after each, repeated ones once. */
function weights(one: Bench, said: readonly CheckPassed["weight"][]): string[] {
  const seen: string[] = [];
  for (const weight of said) {
    one.check("rs1", asks(weight));
    if (seen.at(-1) !== one.wanted) seen.push(one.wanted);
  }
  return seen;
}

describe("a weight that a server asks for", () => {
  it("counts instead of the file's, until it asks for none", () => {
    const one = bench();
    assert.equal(one.wanted, "rs1=50");
    assert.equal(one.balance.snapshot()[0]?.servers[0]?.cause, "check-weight");
    one.wait(seconds(10));
    one.check("rs1", asks());
    assert.equal(one.wanted, "rs1=3");
    assert.deepEqual(one.events(), ["weight-change rs1 50→3 check-passed"]);
  });

  it("stays as it is when it says so", () => {
    const one = bench();
    assert.deepEqual(weights(one, new Array(10).fill("unchanged")), ["rs1=50"]);
    assert.deepEqual(one.events(), []);
  });

  it("changes 10 s after its last change, to the newest word", () => {
    const one = bench();
    // A check every 2 s: the fifth comes 10 s after the first.
    assert.deepEqual(weights(one, [51, 52, 53, 54, 55, 56, 57]), ["rs1=50", "rs1=55"]);
    assert.deepEqual(one.events(), ["weight-change rs1 50→55 check-weight"]);
  });

  it("of one that swings moves no client while it is back in time", () => {
    const one = bench();
    assert.deepEqual(weights(one, [90, 50, 90, 50, 50, 50]), ["rs1=50"]);
  });

  it("is 0 at once, and something again 10 s later", () => {
    const one = bench();
    assert.deepEqual(weights(one, [0, 50, 50, 50, 50, 50]), ["rs1=0", "rs1=50"]);
    assert.deepEqual(one.events(), [
      "weight-change rs1 50→0 check-weight",
      "weight-change rs1 0→50 check-weight",
    ]);
    one.wait(seconds(10));
    one.check("rs1", asks(0));
    assert.equal(one.balance.snapshot()[0]?.servers[0]?.state, "up");
    assert.ok(!one.balance.draining, "it is healthy, and stays in the table");
  });

  it("counts for nothing while the check fails, and again afterwards", () => {
    const one = bench();
    one.fail("rs1");
    assert.equal(one.wanted, "rs1=0");
    one.check("rs1", asks("unchanged"));
    one.check("rs1", asks("unchanged"));
    assert.equal(one.wanted, "rs1=50");
    assert.deepEqual(one.events().slice(-2), ["server-up rs1 risen", "weight-change rs1 0→50 check-weight"]);
  });

  it("gives way to an operator's, and is there when that is taken back", () => {
    const one = bench();
    const override = { kind: "weight", weight: 7, by: "root", at: 0 } as const;
    one.input({ kind: "override", service: "web", server: "rs1", override, by: "root" });
    one.check("rs1", asks(50));
    assert.equal(one.wanted, "rs1=7");
    one.input({ kind: "override", service: "web", server: "rs1", override: undefined, by: "root" });
    assert.equal(one.wanted, "rs1=50");
  });

  it("lives on through a reload that leaves the check as it is, and not through one that asks for none", () => {
    const one = bench();
    one.configure([service([server("rs1", { weight: 9 })])]);
    assert.equal(one.wanted, "rs1=50");
    one.configure([service([server("rs1", { weight: 9, checks: [{ ...CHECK, fall: 2 }] })])]);
    assert.equal(one.wanted, "rs1=9");
  });

  it("is kept as the kernel has it over a restart, and over a reload with another check, until it is asked again", () => {
    const asking = (fall: number) => service([server("rs1", { checks: [{ ...SCRIPT, fall }] })]);
    const one = new Bench([asking(3)], "rs1=50");
    assert.equal(one.wanted, "rs1=50");
    assert.equal(one.balance.snapshot()[0]?.servers[0]?.cause, "presumed-up");
    one.check("rs1", asks(50));
    assert.equal(one.wanted, "rs1=50");
    one.configure([asking(2)]);
    assert.equal(one.wanted, "rs1=50");
    assert.deepEqual(
      one.events().filter((event) => event.startsWith("weight-change")),
      [],
    );
    one.check("rs1", asks());
    assert.equal(one.wanted, "rs1=3", "it asks for none now");
  });

  it("is the file's at once where the kernel's is an operator's, or no check would ask for it", () => {
    assert.equal(new Bench([service([server("rs1")])], "rs1=50").wanted, "rs1=3");
    const one = new Bench([], "rs1=7");
    one.overrides.set("web/rs1", { kind: "weight", weight: 7, by: "root", at: 0 });
    one.configure([service([server("rs1", { checks: [SCRIPT] })])]);
    assert.equal(one.wanted, "rs1=7");
    one.input({ kind: "override", service: "web", server: "rs1", override: undefined, by: "root" });
    assert.equal(one.wanted, "rs1=3");
  });
});
