/** Routes and rules of a router, as its actions ask for them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import { ip } from "../../src/net/ip.ts";
import { millis, seconds } from "../../src/net/time.ts";
import type { Steering, VirtualRoute } from "../../src/vrrp/steering.ts";
import { Director, LEFTOVER_JOURNAL, routerSettings, VIP } from "../support/director.ts";

function route(metric: number): VirtualRoute {
  const destination = { address: ip("198.51.100.0"), length: 24 };
  const plain = { family: 4, type: "unicast", table: 254, scope: "global", onlink: false } as const;
  return { ...plain, destination, via: ip("192.0.2.1"), metric };
}

const STEERING: Steering = {
  routes: [route(1), route(2)],
  rules: [{ family: 4, iif: "eth0", table: 100, priority: 500 }],
};

/** `release`, `hold`; of routes `+1` came, `-1` went; `!`: somebody else's may be in the way. */
function shown(actions: readonly ElectorAction[]): string[] {
  return actions.flatMap((action) => {
    if (action.kind === "hold" || action.kind === "release") return [action.kind];
    if (action.kind !== "steer") return [];
    const { gone, wanted, anew } = action;
    const metrics = (sign: string, { routes }: Steering) => routes.map(({ metric }) => `${sign}${metric}`);
    return [[...metrics("-", gone), ...metrics("+", wanted), ...(anew ? ["!"] : [])].join(" ")];
  });
}

describe("routes and rules", () => {
  test("come after the addresses, are asked for again with them, and go before the last of them", () => {
    const director = Director.with(routerSettings({ steering: STEERING }));
    assert.deepEqual(shown(director.wait(millis(400))), ["hold", "+1 +2 !"]);
    assert.deepEqual(shown(director.wait(seconds(20))), ["hold", "+1 +2"]);
    director.hear(200);
    assert.deepEqual(shown(director.wait(millis(50))), ["-1 -2", "release"]);
  });

  test("of a backup that starts are taken away, for an earlier run may have left them", () => {
    const director = new Director();
    director.input({ kind: "ready" });
    assert.deepEqual(shown(director.configure(routerSettings({ steering: STEERING }))), ["-1 -2"]);
  });

  test("stay with leftover addresses, and go with them", () => {
    for (const [length, expected] of [
      [390, ["hold", "+1 +2"]],
      [50, ["-1 -2", "release"]],
    ] as const) {
      const director = new Director();
      director.input({ kind: "ready" });
      director.input({ kind: "address", interface: "eth0", address: VIP, present: true });
      const routers = [routerSettings({ steering: STEERING })];
      const begun = director.input({ kind: "configure", routers, journal: LEFTOVER_JOURNAL });
      assert.deepEqual(shown(begun), []);
      if (length === 50) director.hear(200);
      assert.deepEqual(shown(director.wait(millis(length))), expected);
    }
  });

  test("change in place with the file", () => {
    const director = Director.master(routerSettings({ steering: STEERING }));
    const other = { ...STEERING, routes: [route(2), route(3)] };
    assert.deepEqual(shown(director.configure(routerSettings({ steering: other }))), ["-1 +2 +3"]);
    const none = { routes: [], rules: [] };
    assert.deepEqual(shown(director.configure(routerSettings({ steering: none }))), ["-2 -3"]);
    assert.deepEqual(shown(director.configure(routerSettings({ steering: none }))), []);
  });

  test("that the kernel refuses are told, and the router serves on", () => {
    const director = Director.master(routerSettings({ steering: STEERING }));
    const refusal = { call: "RTM_NEWROUTE", errno: 17, code: "EEXIST", text: "exists already" };
    const told = director.input({ kind: "refused", router: "front", action: "steer", refusal });
    assert.deepEqual(
      told.flatMap((action) => (action.kind === "event" ? [action.event.kind] : [])),
      ["refused"],
    );
    assert.equal(director.state, "Master");
  });
});
