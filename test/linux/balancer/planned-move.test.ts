import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { PlannedMove } from "../../../src/linux/balancer/planned-move.ts";
import { seconds } from "../../../src/net/time.ts";

const WAIT_MS = 3_000;
const LONG_AFTER_MS = 10_000;

/** What happens, in order. */
function moves() {
  const said: string[] = [];
  const move = new PlannedMove((on) => said.push(on ? "every packet" : "as before"));
  return { said, move, begin: (what: string) => move.begin(seconds(3), () => said.push(what)) };
}

describe("a planned move", () => {
  it("waits while every packet is told of, and puts that back when nobody needs it any more", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const { said, begin } = moves();
      begin("drill");
      mock.timers.tick(WAIT_MS - 1);
      assert.deepEqual(said, ["every packet"]);
      mock.timers.tick(1);
      assert.deepEqual(said, ["every packet", "drill"]);
      mock.timers.tick(LONG_AFTER_MS);
      assert.deepEqual(said, ["every packet", "drill", "as before"]);
    } finally {
      mock.timers.reset();
    }
  });

  it("is made at once where there is nobody to tell", () => {
    const { said, move } = moves();
    move.begin(seconds(0), () => said.push("drill"));
    move.cancel();
    assert.deepEqual(said, ["drill"]);
  });

  it("is the last that was asked for, or none", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const { said, move, begin } = moves();
      begin("drill");
      begin("standby");
      mock.timers.tick(WAIT_MS);
      assert.deepEqual(said, ["every packet", "every packet", "standby"]);
      begin("drill");
      move.cancel();
      mock.timers.tick(WAIT_MS + LONG_AFTER_MS);
      assert.deepEqual(said.slice(3), ["every packet", "as before"]);
    } finally {
      mock.timers.reset();
    }
  });
});
