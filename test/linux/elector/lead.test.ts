import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { Lead } from "../../../src/linux/elector/lead.ts";
import { seconds } from "../../../src/net/time.ts";

/** What happens, in order. */
function stops(length: number) {
  const said: string[] = [];
  const lead = new Lead(() => said.push("told"));
  lead.set(seconds(length));
  return { said, stop: (serves = true) => lead.before(() => said.push("stop"), serves) };
}

describe("the time before a stop", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());

  it("is as long as the balancer has asked for, and it is told when it begins", () => {
    const { said, stop } = stops(5);
    stop();
    mock.timers.tick(4_999);
    assert.deepEqual(said, ["told"]);
    mock.timers.tick(1);
    assert.deepEqual(said, ["told", "stop"]);
  });

  it("is none where nobody has asked for one, and of a director that serves nobody", () => {
    for (const [length, serves] of [
      [0, true],
      [5, false],
    ] as const) {
      const { said, stop } = stops(length);
      stop(serves);
      assert.deepEqual(said, ["stop"]);
    }
  });

  it("is over at the second word", () => {
    const { said, stop } = stops(5);
    stop();
    stop();
    mock.timers.tick(10_000);
    assert.deepEqual(said, ["told", "stop"]);
  });
});
