/** Announcements that keep a distance on their interface, as the engine lets them out. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import { ip } from "../../src/net/ip.ts";
import { type Instant, millis, seconds } from "../../src/net/time.ts";
import { type AnnounceSettings, DEFAULT_ANNOUNCE } from "../../src/vrrp/announcements.ts";
import type { RouterSettings, VirtualAddress } from "../../src/vrrp/settings.ts";
import { Director, routerSettings } from "../support/director.ts";

function addressesOf(count: number, net = 2, link = "eth0"): VirtualAddress[] {
  return Array.from({ length: count }, (_, index) => {
    return { address: ip(`192.0.${net}.${index + 101}`), prefixLength: 32, interface: link };
  });
}

function paced(changes: Partial<AnnounceSettings>, more: Partial<RouterSettings> = {}): RouterSettings {
  const announce = { ...DEFAULT_ANNOUNCE, burst: [], pace: millis(10), ...changes };
  return routerSettings({ announce, addresses: addressesOf(20), ...more });
}

interface Frame {
  readonly at: Instant;
  readonly address: string;
}

/** What the director announces, and when, from its claim on. */
class Watched {
  readonly director: Director;
  readonly frames: Frame[] = [];

  constructor(...routers: RouterSettings[]) {
    this.director = new Director();
    this.director.input({ kind: "link", interface: "eth1", up: true });
    this.director.input({ kind: "ready" });
    this.director.configure(...routers);
  }

  /** In steps of one millisecond: the frames of a step left in it. */
  wait(length: number): this {
    for (let step = 0; step < length; step++) this.note(this.director.wait(millis(1)));
    return this;
  }

  note(actions: readonly ElectorAction[]): void {
    for (const action of actions) {
      if (action.kind !== "announce") continue;
      this.frames.push(...action.addresses.map(({ address }) => ({ at: this.director.now, address })));
    }
  }

  /** Between two frames that follow each other, in microseconds. */
  get distances(): number[] {
    return this.frames.slice(1).map(({ at }, index) => at - (this.frames[index]?.at ?? 0));
  }

  get addresses(): string[] {
    return this.frames.map(({ address }) => address);
  }
}

const ALL = addressesOf(20).map(({ address }): string => address);

describe("paced announcements", () => {
  test("go out one by one, in order, the first at once", () => {
    const { frames, distances, addresses } = new Watched(paced({})).wait(1_000);
    assert.deepEqual(addresses, ALL);
    assert.deepEqual(new Set(distances), new Set([10_000]));
    assert.equal(frames.length, 20);
  });

  test("are repeated in rounds", () => {
    const { addresses, distances } = new Watched(paced({ repeat: 3 })).wait(2_000);
    assert.deepEqual(addresses, [...ALL, ...ALL, ...ALL]);
    assert.deepEqual(new Set(distances), new Set([10_000]));
  });

  test("wait once: bursts, lower masters and refreshes together are no faster", () => {
    const burst = [millis(50), millis(60), millis(70)];
    const watched = new Watched(paced({ burst, refresh: seconds(1) })).wait(400);
    assert.equal(watched.director.state, "Master");
    for (let count = 0; count < 30; count++) {
      watched.note(watched.director.hear(50));
      watched.wait(100);
    }
    assert.ok(Math.min(...watched.distances) >= 10_000);
    assert.ok(watched.frames.length <= 341);
  });

  test("share their interface with other routers, and no other interface", () => {
    const back = { name: "back", vrid: 52, announce: { ...DEFAULT_ANNOUNCE, burst: [] } };
    const { frames } = new Watched(
      paced({}, { addresses: [...addressesOf(5), ...addressesOf(5, 3, "eth1")] }),
      routerSettings({ ...back, addresses: addressesOf(5, 4) }),
    ).wait(600);
    const on = (net: string) => frames.filter(({ address }) => address.startsWith(net));
    const shared = [...on("192.0.2."), ...on("192.0.4.")].sort((left, right) => left.at - right.at);
    const distances = shared.slice(1).map(({ at }, index) => at - (shared[index]?.at ?? 0));
    assert.deepEqual([shared.length, new Set(distances)], [10, new Set([10_000])]);
    assert.equal(on("192.0.3.").length, 5);
  });

  test("are given up with the addresses", () => {
    const watched = new Watched(paced({})).wait(400);
    const sent = watched.frames.length;
    assert.ok(sent > 0 && sent < 20);
    watched.note(watched.director.hear(200));
    watched.wait(300);
    assert.equal(watched.director.state, "Backup");
    assert.equal(watched.frames.length, sent);
  });

  test("stop while a master doubts itself, and begin anew when it does no longer", () => {
    const watched = new Watched(paced({})).wait(400);
    const sent = watched.frames.length;
    assert.ok(sent > 0 && sent < 20);
    watched.director.stall(millis(500));
    watched.wait(90);
    assert.equal(watched.frames.length, sent);
    watched.wait(500);
    assert.deepEqual(new Set(watched.addresses.slice(sent)), new Set(ALL));
  });

  test("lose their distance when the file does", () => {
    const watched = new Watched(paced({})).wait(1_000);
    watched.director.configure(paced({ pace: millis(0) }));
    watched.note(watched.director.hear(50));
    assert.equal(watched.frames.length, 40);
  });
});
