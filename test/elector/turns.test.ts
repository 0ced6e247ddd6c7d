import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Turns } from "../../src/elector/turns.ts";
import { millis } from "../../src/net/time.ts";
import type { RouterSettings } from "../../src/vrrp/settings.ts";
import { routerSettings } from "../support/director.ts";

const COUNT = 200;

function turnsOf(settings: (index: number) => Partial<RouterSettings>): (number | undefined)[] {
  const turns = new Turns();
  const routers = Array.from({ length: COUNT }, (_, index) =>
    routerSettings({ name: `r${index}`, ...settings(index) }),
  );
  turns.adopt(routers);
  return routers.map(({ name }) => turns.of(name));
}

describe("turns", () => {
  it("are none among so few that share an interval", () => {
    const turns = turnsOf((index) => ({ interval: millis(index < 64 ? 100 : 100 + index) }));
    assert.deepEqual(new Set(turns), new Set([undefined]));
  });

  it("divide the interval evenly, in the order of the file", () => {
    const turns = turnsOf(() => ({ interval: millis(100) }));
    assert.deepEqual([...new Set(turns)], [0, 25, 50, 75].map(millis));
  });

  it("are the same for those of one sync group, which claims when its last one is silent", () => {
    const turns = turnsOf((index) => (index >= 40 && index < 160 ? { syncGroup: "both" } : {}));
    assert.equal(new Set(turns.slice(40, 160)).size, 1);
    assert.equal(new Set(turns.slice(160)).size, 1);
    assert.notEqual(turns[159], turns[160]);
  });

  it("are the same for both elections of one router", () => {
    const turns = turnsOf((index) => ({ name: `r${(index + 1) >> 1}/ipv${index % 2 === 0 ? 6 : 4}` }));
    for (let index = 1; index + 1 < COUNT; index += 2) assert.equal(turns[index], turns[index + 1]);
    assert.equal(new Set(turns).size, 4);
  });
});
