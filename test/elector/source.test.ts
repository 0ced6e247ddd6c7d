/** Where adverts leave from, when the cluster file says so. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ip } from "../../src/net/ip.ts";
import { millis } from "../../src/net/time.ts";
import { multicastTransport } from "../../src/vrrp/settings.ts";
import { Director, HIGHER_ADDRESS, inShort, routerSettings } from "../support/director.ts";

const PINNED = ip("192.0.2.77");
const SETTINGS = routerSettings({ transport: { ...multicastTransport(4), source: PINNED } });

function pinned(director: Director, present: boolean) {
  return director.input({ kind: "address", interface: "eth0", address: PINNED, present });
}

describe("a source address of the cluster file", () => {
  test("is waited for, and adverts leave from it", () => {
    const director = Director.with(SETTINGS);
    assert.equal(director.state, "Fault");
    assert.deepEqual(inShort(pinned(director, true)), ["Backup (source-address-found)"]);
    const [advert] = director.wait(millis(400)).filter(({ kind }) => kind === "advert");
    assert.ok(advert?.kind === "advert");
    assert.equal(advert.source, PINNED);
  });

  test("that is gone makes a master let go", () => {
    const director = Director.with(SETTINGS);
    pinned(director, true);
    director.wait(millis(400));
    assert.deepEqual(inShort(pinned(director, false)), ["Fault (no-source-address)", "release"]);
  });

  test("is our own: nobody else's adverts come from it", () => {
    const director = Director.with(SETTINGS);
    pinned(director, true);
    director.hear(200, PINNED);
    assert.deepEqual(director.engine.drops, { "own-packet": 1 });
    director.hear(200, HIGHER_ADDRESS);
    assert.deepEqual(director.engine.drops, { "own-packet": 1 });
  });
});
