import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Health, judge, UNKNOWN } from "../../src/checks/health.ts";
import { type CheckResult, FAILURES } from "../../src/checks/result.ts";
import { millis } from "../../src/net/time.ts";

const PASSED: CheckResult = { kind: "passed", latency: millis(3) };
const FAILED: CheckResult = { kind: "failed", reason: "refused", detail: "ECONNREFUSED" };
const NOT_RUN: CheckResult = { kind: "not-run", problem: "no-descriptor", detail: "EMFILE" };
const RESULTS = { "+": PASSED, "-": FAILED, "?": NOT_RUN };
const COUNTS = { rise: 2, fall: 3 };

describe("judge", () => {
  // Results as they come: + passed, - failed, ? not run; then the state after each: u unknown, U up, D down.
  const cases: [string, string, string][] = [
    ["one success is enough at first", "+", "U"],
    ["failures count before the first verdict, too", "---", "uuD"],
    ["a success among the first failures", "--+", "uuU"],
    ["`fall` failures in a row take it out", "+---", "UUUD"],
    ["a success in between starts anew", "+--+---", "UUUUUUD"],
    ["`rise` successes in a row bring it back", "+---++", "UUUDDU"],
    ["a failure in between starts anew", "+---+-++", "UUUDDDDU"],
    ["further failures change nothing", "+-------++", "UUUDDDDDDU"],
    ["a failed first round needs `rise`, too", "---++", "uuDDU"],
    ["what was not run counts for nothing", "?+?-?-?-?+?+?", "uUUUUUUDDDDUU"],
  ];
  for (const [name, results, states] of cases) {
    it(`${name}: ${results}`, () => {
      assert.equal(run(results).map(letterOf).join(""), states);
    });
  }

  it("names the cause of each transition, and no other", () => {
    let health = UNKNOWN;
    const causes: (string | undefined)[] = [];
    for (const result of results("+---++")) {
      const judgement = judge(health, result, COUNTS);
      health = judgement.health;
      causes.push(judgement.cause);
    }
    assert.deepEqual(causes, ["first-pass", undefined, undefined, "refused", undefined, "risen"]);
  });

  it("takes 1 for `rise` and `fall` at its word", () => {
    const once = { rise: 1, fall: 1 };
    const down = judge(UNKNOWN, FAILED, once);
    assert.deepEqual(down, { health: { state: "down", against: 0 }, cause: "refused" });
    assert.deepEqual(judge(down.health, PASSED, once).cause, "risen");
  });

  it("passes every reason on", () => {
    const reasons = Object.keys(FAILURES).filter(isReason);
    assert.equal(reasons.length, 12);
    for (const reason of reasons) {
      const result: CheckResult = { kind: "failed", reason, detail: "" };
      assert.equal(judge(UNKNOWN, result, { rise: 1, fall: 1 }).cause, reason);
    }
  });

  it("agrees with what the last results say, whatever came before", () => {
    const any = fc.array(fc.constantFrom("+", "-", "?"), { minLength: 1 }).map((list) => list.join(""));
    fc.assert(
      fc.property(any, (text) => {
        const state = run(text).at(-1)?.state;
        const said = text.replaceAll("?", "");
        if (said.endsWith("---")) assert.equal(state, "down");
        if (said.endsWith("++")) assert.equal(state, "up");
        if (!said.includes("---") && said.includes("+")) assert.equal(state, "up");
      }),
    );
  });
});

function run(text: string): Health[] {
  let health = UNKNOWN;
  return results(text).map((result) => {
    health = judge(health, result, COUNTS).health;
    return health;
  });
}

function results(text: string): CheckResult[] {
  return [...text].map((letter) => {
    assert.ok(letter === "+" || letter === "-" || letter === "?");
    return RESULTS[letter];
  });
}

function letterOf({ state }: Health): string {
  return { unknown: "u", up: "U", down: "D" }[state];
}

function isReason(text: string): text is keyof typeof FAILURES {
  return Object.hasOwn(FAILURES, text);
}
