import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import { millis, seconds } from "../../src/net/time.ts";
import { multicastTransport } from "../../src/vrrp/settings.ts";
import { virtualMac } from "../../src/vrrp/virtual-link.ts";
import { Director, inShort, routerSettings, VIP } from "../support/director.ts";

const LINK = "vrrp.51";
const SETTINGS = routerSettings({
  virtualLinks: [{ name: LINK, family: 4, parent: "eth0", mac: virtualMac(51, 4) }],
  transport: { ...multicastTransport(4), device: LINK },
  addresses: [{ address: VIP, prefixLength: 32, interface: LINK }],
});

function directorWith(up: boolean): Director {
  const director = new Director();
  director.input({ kind: "ready" });
  director.input({ kind: "link", interface: LINK, up });
  director.configure(SETTINGS);
  return director;
}

function devices(actions: readonly ElectorAction[]): string[] {
  return actions.flatMap((action) => (action.kind === "advert" ? [action.interface] : []));
}

describe("a router with a virtual MAC address", () => {
  test("claims with its interface's own, and speaks with the virtual one as soon as it has the addresses", () => {
    const director = directorWith(true);
    assert.deepEqual(devices(director.wait(seconds(1))), ["eth0", ...Array<string>(6).fill(LINK)]);
    assert.deepEqual(devices(director.input({ kind: "stop" })), [LINK]);
  });

  test("bequeaths a goodbye from the virtual one, and its addresses there", () => {
    const director = directorWith(true);
    const wills = director
      .wait(seconds(1))
      .flatMap((action) => (action.kind === "will" ? [action.will] : []));
    const will = wills.findLast((one) => one !== undefined);
    assert.deepEqual([will?.goodbye.interface, will?.addresses[0]?.interface], [LINK, LINK]);
  });

  test("hears its neighbours on the parent", () => {
    const director = directorWith(true);
    for (let time = 0; time < 10; time++) {
      director.hear(200);
      director.wait(millis(100));
    }
    assert.equal(director.state, "Backup");
  });

  test("cannot do without its interface", () => {
    const director = directorWith(false);
    assert.equal(director.state, "Fault");
    director.input({ kind: "link", interface: LINK, up: true });
    assert.equal(director.state, "Backup");
    director.wait(seconds(1));
    const gone = director.input({ kind: "link", interface: LINK, up: false });
    assert.equal(inShort(gone)[0], "Fault (link-down)");
  });
});

test("virtual MAC addresses are those of RFC 9568", () => {
  assert.deepEqual([virtualMac(51, 4), virtualMac(255, 6)], ["00:00:5e:00:01:33", "00:00:5e:00:02:ff"]);
});
