/** A director of very many routers: one engine, the same answers, in slices. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Engine } from "../../src/elector/engine.ts";
import type { ElectorInput } from "../../src/elector/input.ts";
import { ip } from "../../src/net/ip.ts";
import { after, type Instant, instant, micros, millis } from "../../src/net/time.ts";
import { OWN_ADDRESS, routerSettings } from "../support/director.ts";

const COUNT = 200;
const INTERVAL = millis(100);

function manyRouters(): { engine: Engine; feed: (input: ElectorInput, now: Instant) => string[] } {
  const engine = new Engine();
  const feed = (input: ElectorInput, now: Instant) =>
    engine.handle(input, now).flatMap((action) => (action.kind === "advert" ? [action.router] : []));
  const routers = Array.from({ length: COUNT }, (_, index) =>
    routerSettings({
      name: `r${index}`,
      vrid: 1 + index,
      addresses: [{ address: ip(`10.0.1.${1 + index}`), prefixLength: 32, interface: "eth0" }],
    }),
  );
  feed({ kind: "link", interface: "eth0", up: true }, instant(0));
  feed({ kind: "source", interface: "eth0", family: 4, address: OWN_ADDRESS }, instant(0));
  feed({ kind: "configure", routers, journal: new Set() }, instant(0));
  return { engine, feed };
}

describe("many routers that claim together", () => {
  it("are served in slices, each once, and the rest at once by the next tick", () => {
    const { engine, feed } = manyRouters();
    const now = engine.nextDeadline() ?? instant(0);
    const claims: string[] = [];
    let ticks = 0;
    for (; engine.nextDeadline() === now && ticks < COUNT; ticks++)
      claims.push(...feed({ kind: "tick" }, now));
    assert.equal(claims.length, COUNT);
    assert.equal(new Set(claims).size, COUNT);
    assert(ticks > 2, `${ticks} ticks`);
  });

  it("keep their distance only if it was they who spoke late", () => {
    const { engine, feed } = manyRouters();
    let now = engine.nextDeadline() ?? instant(0);
    const early = feed({ kind: "tick" }, now);
    // Half an interval later the others claim, and their adverts leave late.
    now = after(now, micros(INTERVAL / 2));
    const late: string[] = [];
    while ((engine.nextDeadline() ?? now) < now) late.push(...feed({ kind: "tick" }, now));
    feed({ kind: "performed" }, after(now, micros(INTERVAL / 4)));
    const next = feed({ kind: "tick" }, after(now, micros(INTERVAL / 2)));
    assert.deepEqual(next.toSorted(), early.toSorted());
    assert.equal(late.length, COUNT - early.length);
  });
});
