/** New settings in every state: what a reload must not break while addresses are on the move. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import { ip } from "../../src/net/ip.ts";
import { millis, seconds } from "../../src/net/time.ts";
import type { VirtualAddress } from "../../src/vrrp/settings.ts";
import { Director, inShort, routerSettings } from "../support/director.ts";

function arm(last: number): VirtualAddress {
  return { address: ip(`192.0.2.${last}`), prefixLength: 32, interface: "eth0" };
}

/** `hold 101 102`: what was asked of the kernel, by the last byte of each address. */
function moves(actions: readonly ElectorAction[]): string[] {
  return actions.flatMap((action) => {
    if (action.kind !== "hold" && action.kind !== "release") return [];
    return [[action.kind, ...action.addresses.map(({ address }) => address.split(".")[3])].join(" ")];
  });
}

describe("a reload", () => {
  test("tells a master's new interval at once: who learned the old one would not wait for it", () => {
    const director = Director.master(routerSettings({ interval: millis(100) }));
    const actions = inShort(director.configure(routerSettings({ interval: seconds(1) })));
    assert.deepEqual(actions, ["advert 100"]);
  });

  test("says nothing while a master listens after a stall, whatever changes", () => {
    const director = Director.master();
    director.stall(millis(600));
    director.input({ kind: "tick" });
    const settings = routerSettings({ interval: millis(50), addresses: [arm(100), arm(101)] });
    const actions = [...director.configure(settings), ...director.wait(millis(51))];
    assert.deepEqual(inShort(actions), ["hold"]);
    assert.deepEqual(inShort(director.wait(millis(51))).slice(0, 2), ["advert 100", "announce"]);
  });

  test("changes nothing for whoever is stopping", () => {
    const front = routerSettings({ addresses: [arm(100)] });
    const back = routerSettings({ name: "back", vrid: 52, priority: 200, addresses: [arm(101)] });
    const director = Director.with(front, back);
    director.hear(200);
    director.wait(millis(330));
    assert.equal(director.state, "Backup,Master");
    director.input({ kind: "stop" });
    director.configure(front, back);
    assert.equal(director.state, "Initialize,Leaving");
    assert.ok(inShort(director.wait(seconds(1))).includes("stopped"));
  });

  for (const [title, order] of [
    ["the one that gets it comes first", ["back", "front"]],
    ["the one that loses it comes first", ["front", "back"]],
  ] as const) {
    test(`moves an address between two masters without taking it away: ${title}`, () => {
      const inOrder = (front: VirtualAddress[], back: VirtualAddress[]) => {
        const settings = {
          front: routerSettings({ addresses: front }),
          back: routerSettings({ name: "back", vrid: 52, addresses: back }),
        };
        return order.map((name) => settings[name]);
      };
      const director = Director.with(...inOrder([arm(100), arm(101)], [arm(102)]));
      director.wait(millis(400));
      const actions = director.configure(...inOrder([arm(100)], [arm(102), arm(101)]));
      assert.deepEqual(moves(actions), ["hold 102 101"]);
    });
  }

  test("lets an address go with its old prefix length and takes it with the new one", () => {
    const director = Director.master(routerSettings({ addresses: [arm(100)] }));
    const wide = { ...arm(100), prefixLength: 24 };
    const actions = director.configure(routerSettings({ addresses: [wide] }));
    assert.deepEqual(moves(actions).slice(0, 2), ["release 100", "hold 100"]);
  });

  test("during a drill: what left the file is let go also when the drill is called off", () => {
    const director = Director.master(routerSettings({ addresses: [arm(100), arm(101)] }));
    director.input({ kind: "drill" });
    director.configure(routerSettings({ addresses: [arm(100)] }));
    assert.deepEqual(moves(director.wait(seconds(1))).slice(0, 2), ["release 101", "hold 100"]);
  });

  test("that brings a router back while it leaves: it ends as one master, its addresses untouched", () => {
    const director = Director.master();
    director.configure();
    director.wait(millis(50));
    const actions = [...director.configure(routerSettings()), ...director.wait(seconds(2))];
    assert.equal(director.state, "Master");
    assert.ok(!inShort(actions).includes("release"));
    const wills = actions.flatMap((action) => (action.kind === "will" ? [action.will] : []));
    assert.notEqual(wills.at(-1), undefined, "the last word is the new router's will");
  });

  test("that renames a router: both hear the successor, and the address goes when the last lets go", () => {
    const director = Director.master();
    director.configure(routerSettings({ name: "new" }));
    assert.equal(director.state, "Leaving,Leaving");
    director.hear(150);
    assert.deepEqual(moves(director.wait(millis(19))), []);
    assert.ok(moves(director.wait(millis(1))).includes("release 100"));
    assert.equal(director.state, "Backup");
  });

  test("before a stop: a router that is handing over already is not made to let go by it", () => {
    const director = Director.master();
    director.configure();
    assert.deepEqual(inShort(director.input({ kind: "stop" })), []);
    assert.deepEqual(inShort(director.input({ kind: "stop" })), [
      "Initialize (let-go)",
      "release",
      "stopped",
    ]);
  });
});
