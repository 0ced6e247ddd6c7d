/** Which adverts may wait in a socket: those that change nothing but when the master was last heard. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ip } from "../../src/net/ip.ts";
import { after, millis, seconds } from "../../src/net/time.ts";
import type { RouterSettings } from "../../src/vrrp/settings.ts";
import { Director, HIGHER_ADDRESS, LOWER_ADDRESS, routerSettings } from "../support/director.ts";

const BETTER = 150;
const OTHER = ip("192.0.2.101");

/** What the edge was told since the last time: `wait 51`, `tell 51`. */
function told(director: Director): string[] {
  return director.engine.expectations
    .take()
    .map(({ vrid, packet }) => `${packet === undefined ? "tell" : "wait"} ${vrid}`);
}

/** Follows a master of priority 150 whose adverts may wait. */
function follower(changes: Partial<RouterSettings> = {}): Director {
  const director = Director.with(routerSettings(changes));
  director.hear(BETTER);
  director.hear(BETTER);
  return director;
}

describe("adverts of a better master", () => {
  it("may wait from the second one on that says the same", () => {
    const director = Director.with(routerSettings());
    director.hear(BETTER);
    assert.deepEqual(told(director), []);
    director.hear(BETTER);
    assert.deepEqual(told(director), ["wait 51"]);
    director.hear(BETTER);
    assert.deepEqual(told(director), []);
  });

  it("put the claim off by the last of many, and are counted", () => {
    const director = follower();
    const [expectation] = director.engine.expectations.take();
    assert.ok(expectation?.packet !== undefined);
    director.stall(seconds(2));
    const packet = { ...expectation.packet, receivedAt: after(director.now, millis(-1)), times: 20 };
    director.input({ kind: "packet", packet });
    director.wait(millis(300));
    assert.equal(director.state, "Backup");
    assert.equal(director.engine.snapshot(director.now)[0]?.advertsReceived, 22);
    director.wait(millis(100));
    assert.equal(director.state, "Master");
    assert.deepEqual(told(director), ["tell 51"]);
  });

  const news: [string, (director: Director) => void][] = [
    ["its goodbye", (director) => director.hear(0)],
    ["another priority of its", (director) => director.hear(BETTER + 1)],
    ["another better master", (director) => director.hear(BETTER, LOWER_ADDRESS)],
    [
      "another list of addresses",
      (director) => director.hear(BETTER, HIGHER_ADDRESS, millis(100), 51, [OTHER]),
    ],
    ["its silence", (director) => director.wait(seconds(1))],
    ["a dead link", (director) => director.input({ kind: "link", interface: "eth0", up: false })],
    ["another file", (director) => director.configure(routerSettings({ addresses: [] }))],
    [
      "a priority of ours that is higher",
      (director) => director.configure(routerSettings({ priority: 200 })),
    ],
    ["the end", (director) => director.input({ kind: "stop" })],
  ];
  for (const [what, happens] of news) {
    it(`wake us again after ${what}`, () => {
      const director = follower();
      told(director);
      happens(director);
      assert.deepEqual(told(director)[0], "tell 51");
    });
  }

  it("may wait again when the file has changed and they go on", () => {
    const director = follower();
    director.configure(routerSettings({ stopTimeout: seconds(5) }));
    told(director);
    director.hear(BETTER);
    director.hear(BETTER);
    assert.deepEqual(told(director), ["wait 51"]);
  });
});

describe("adverts that never wait", () => {
  const heard: [string, () => Director, number][] = [
    ["of a lower master", () => Director.with(routerSettings({ preempt: false })), 50],
    ["of an equal", () => Director.with(routerSettings()), 100],
    ["that a master hears", () => Director.master(), 50],
    [
      "that a member of a sync group hears",
      () => Director.with(routerSettings({ syncGroup: "pair" })),
      BETTER,
    ],
    [
      "with another list of addresses than ours",
      () => Director.with(routerSettings({ addresses: [] })),
      BETTER,
    ],
  ];
  for (const [which, make, priority] of heard) {
    it(`are those ${which}`, () => {
      const director = make();
      for (let count = 0; count < 3; count++) director.hear(priority);
      assert.deepEqual(told(director), []);
    });
  }
});
