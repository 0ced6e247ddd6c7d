/** Peers with another list of addresses: counted, told once, followed all the same. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import { type IpAddress, ip } from "../../src/net/ip.ts";
import { millis } from "../../src/net/time.ts";
import { Director, HIGHER_ADDRESS, LOWER_ADDRESS, routerSettings, VIP } from "../support/director.ts";

const INTERVAL = millis(100);
const OTHER = ip("192.0.2.101");

function told(actions: readonly ElectorAction[]): string[] {
  return actions.flatMap((action) => {
    if (action.kind !== "event" || action.event.kind !== "addresses-differ") return [];
    return [`${action.event.from}: ${action.event.theirs.join()}`];
  });
}

describe("a peer that adverts other addresses", () => {
  const director = Director.with(routerSettings());
  const hear = (addresses: readonly IpAddress[], source = HIGHER_ADDRESS) =>
    told(director.hear(150, source, INTERVAL, 51, addresses));
  const counted = () => director.engine.snapshot(director.now)[0]?.advertsDiffering;

  it("is told once, counted each time, and followed", () => {
    assert.deepEqual(hear([OTHER]), [`${HIGHER_ADDRESS}: ${OTHER}`]);
    for (let more = 0; more < 9; more++) {
      director.wait(INTERVAL);
      assert.deepEqual(hear([OTHER]), []);
    }
    assert.equal(counted(), 10);
    assert.equal(director.state, "Backup");
    assert.deepEqual(director.engine.drops, {});
  });

  it("is told again when its list changes, or another peer has one", () => {
    assert.deepEqual(hear([VIP, OTHER]), [`${HIGHER_ADDRESS}: ${VIP},${OTHER}`]);
    assert.deepEqual(hear([OTHER], LOWER_ADDRESS), [`${LOWER_ADDRESS}: ${OTHER}`]);
    assert.equal(counted(), 12);
  });

  it("is told again when it had ours in between, which counts for nothing", () => {
    assert.deepEqual(hear([VIP]), []);
    assert.equal(counted(), 12);
    assert.deepEqual(hear([VIP, OTHER]), [`${HIGHER_ADDRESS}: ${VIP},${OTHER}`]);
  });
});
