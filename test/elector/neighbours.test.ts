/** Neighbours that the cluster file does not lead us to expect: told once, and heard all the same. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import { ip } from "../../src/net/ip.ts";
import { macFromBytes } from "../../src/net/mac.ts";
import { multicastTransport, type RouterSettings } from "../../src/vrrp/settings.ts";
import { Director, HIGHER_ADDRESS, LOWER_ADDRESS, OWN_ADDRESS, routerSettings } from "../support/director.ts";

const MAC = macFromBytes(Uint8Array.of(2, 0, 0, 0, 0, 99));

/** What is said of neighbours. */
function told(actions: readonly ElectorAction[]): string[] {
  return actions.flatMap((action) => {
    if (action.kind !== "event") return [];
    const { event } = action;
    if (event.kind === "stranger") return [`stranger ${event.from} ${event.priority}`];
    if (event.kind === "checksum-differs") return [`checksum ${event.theirs}`];
    return event.kind === "own-address-elsewhere" ? [`${event.address} at ${event.mac}`] : [];
  });
}

function fileWith(directors: readonly (typeof OWN_ADDRESS)[] | undefined): RouterSettings {
  const transport = multicastTransport(4);
  const known = directors === undefined ? {} : { directors };
  return routerSettings({ transport: { ...transport, audience: { ...transport.audience, ...known } } });
}

describe("who speaks for a router", () => {
  for (const [who, directors, expected] of [
    ["a director of the file", [HIGHER_ADDRESS], []],
    ["somebody else", [LOWER_ADDRESS], [`stranger ${HIGHER_ADDRESS} 150`]],
    ["anybody, when the file has no addresses", undefined, []],
  ] as const)
    test(`may be ${who}`, () => {
      const director = Director.with(fileWith(directors));
      assert.deepEqual(told(director.hear(150)), expected);
      assert.deepEqual(told(director.hear(160)), [], "once is enough");
      assert.equal(director.state, "Backup");
      director.configure(fileWith(directors));
      assert.deepEqual(told(director.hear(150)), expected, "another file, another judgement");
    });

  test("is named for as many as a segment has, and no more", () => {
    const director = Director.with(fileWith([LOWER_ADDRESS]));
    const events: string[] = [];
    for (let host = 0; host < 1_000; host++)
      events.push(...told(director.hear(150, ip(`198.18.${host >> 8}.${host & 255}`))));
    assert.equal(events.length, 64);
  });

  test("may sum its adverts in the other form, which is told, not minded", () => {
    for (const [ours, expected] of [
      ["pseudo-header", []],
      ["plain", ["checksum pseudo-header"]],
    ] as const) {
      const director = Director.with(
        routerSettings({ transport: { ...multicastTransport(4), checksum: ours } }),
      );
      assert.deepEqual(told(director.hear(150)), expected);
    }
  });
});

describe("the address that adverts leave from", () => {
  test("is not to be announced by anybody else", () => {
    const director = Director.with(routerSettings());
    const announce = (address: typeof OWN_ADDRESS) =>
      told(director.input({ kind: "announcement", interface: "eth0", address, mac: MAC }));
    assert.deepEqual(announce(HIGHER_ADDRESS), []);
    assert.deepEqual(announce(OWN_ADDRESS), [`${OWN_ADDRESS} at ${MAC}`]);
    assert.deepEqual(announce(OWN_ADDRESS), []);
  });
});
