/** Addresses that a router holds, and what becomes of them when others take them away or time passes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ip } from "../../src/net/ip.ts";
import { seconds } from "../../src/net/time.ts";
import { Director, inShort, OWN_ADDRESS, routerSettings } from "../support/director.ts";

const ADDRESSES = [101, 102, 103, 104].map((last) => {
  return { address: ip(`192.0.2.${last}`), prefixLength: 32, interface: "eth0" };
});

describe("addresses held", () => {
  test("all lost together are one loss of each: put back, and a fault only at the third time", () => {
    const director = Director.master(routerSettings({ addresses: ADDRESSES }));
    const flush = () =>
      ADDRESSES.flatMap(({ address }) =>
        director.input({ kind: "address", interface: "eth0", address, present: false }),
      );
    for (let time = 1; time <= 2; time++) {
      flush();
      assert.equal(director.state, "Master", `after flush ${time}`);
    }
    assert.ok(inShort(flush()).includes("Fault (address-contested)"));
  });

  test("are renewed during a long leaving, too: the kernel would drop them after 60 s", () => {
    const director = Director.master(routerSettings({ interval: seconds(20) }));
    director.input({ kind: "drill" });
    assert.equal(director.state, "Leaving");
    assert.deepEqual(inShort(director.wait(seconds(59))), ["hold", "hold"]);
  });

  test("that shall be told to the kernel in another way are taken off and put there anew, and no others", () => {
    const director = Director.master(routerSettings({ addresses: ADDRESSES }));
    const [first, ...others] = ADDRESSES.map((one, index) => {
      return index === 0 ? { ...one, traits: { label: "eth0:vip" } } : one;
    });
    assert.ok(first !== undefined);
    const actions = director.configure(routerSettings({ addresses: [first, ...others] }));
    const [release] = actions.filter(({ kind }) => kind === "release");
    assert.deepEqual(release?.kind === "release" && release.addresses, ADDRESSES.slice(0, 1));
    const holds = actions.flatMap((action) => (action.kind === "hold" ? [action.addresses] : []));
    assert.deepEqual(holds[0], [first, ...others]);
    assert.equal(director.state, "Master");
    const again = director.configure(routerSettings({ addresses: [first, ...others] }));
    assert.deepEqual(inShort(again), []);
  });

  test("renewing them changes no will; another source address does", () => {
    const director = Director.master();
    const wills = (actions: ReturnType<Director["wait"]>) => actions.filter(({ kind }) => kind === "will");
    assert.deepEqual(wills(director.wait(seconds(50))), []);
    const moved = ip("192.0.2.13");
    const [will] = wills(director.input({ kind: "source", interface: "eth0", family: 4, address: moved }));
    assert.equal(will?.kind === "will" && will.will?.goodbye.source, moved);
    assert.notEqual(moved, OWN_ADDRESS);
  });
});
