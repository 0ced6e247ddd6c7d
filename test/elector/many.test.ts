/** A director of very many routers: one engine, the same answers, in slices. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Engine } from "../../src/elector/engine.ts";
import type { ElectorInput } from "../../src/elector/input.ts";
import { ip } from "../../src/net/ip.ts";
import {
  after,
  between,
  type Duration,
  type Instant,
  instant,
  micros,
  millis,
  seconds,
} from "../../src/net/time.ts";
import type { RouterSettings } from "../../src/vrrp/settings.ts";
import { OWN_ADDRESS, routerSettings } from "../support/director.ts";

const COUNT = 200;
const INTERVAL = millis(100);

interface ManyRouters {
  readonly engine: Engine;
  /** Answers with the names of those that speak. */
  readonly feed: (input: ElectorInput, now: Instant) => string[];
  /** When each has put its addresses on the interface, or has renewed them. */
  readonly held: ReadonlyMap<string, Instant[]>;
}

function routersOf(intervalOf: (index: number) => Duration): RouterSettings[] {
  return Array.from({ length: COUNT }, (_, index) =>
    routerSettings({
      name: `r${index}`,
      vrid: 1 + index,
      interval: intervalOf(index),
      addresses: [{ address: ip(`10.0.1.${1 + index}`), prefixLength: 32, interface: "eth0" }],
    }),
  );
}

/** @param intervals of the routers; 100 ms where there is none */
function manyRouters(...intervals: Duration[]): ManyRouters {
  const engine = new Engine();
  const held = new Map<string, Instant[]>();
  // The kernel does what it is asked.
  const feed = (input: ElectorInput, now: Instant): string[] =>
    engine.handle(input, now).flatMap((action) => {
      if (action.kind === "hold") {
        held.set(action.router, [...(held.get(action.router) ?? []), now]);
        for (const address of action.addresses) feed({ kind: "address", ...address, present: true }, now);
      }
      return action.kind === "advert" ? [action.router] : [];
    });
  const routers = routersOf((index) => intervals[index] ?? INTERVAL);
  feed({ kind: "link", interface: "eth0", up: true }, instant(0));
  feed({ kind: "source", interface: "eth0", family: 4, address: OWN_ADDRESS }, instant(0));
  feed({ kind: "configure", routers, journal: new Set() }, instant(0));
  return { engine, feed, held };
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
    // So few of each interval that none of them speak in turns, and those that count half an interval behind the others.
    const { engine, feed } = manyRouters(
      ...Array.from({ length: COUNT }, (_, index) => millis(index < 60 ? 100 : index < 120 ? 110 : 1_000)),
    );
    const begun = engine.nextDeadline() ?? instant(0);
    const early = feed({ kind: "tick" }, begun);
    // The others claim, and their adverts leave late.
    const late: string[] = [];
    let now = begun;
    for (
      let deadline = now;
      deadline < after(begun, micros(INTERVAL / 2));
      deadline = engine.nextDeadline() ?? now
    ) {
      now = deadline;
      late.push(...feed({ kind: "tick" }, now));
    }
    feed({ kind: "performed" }, after(now, micros(INTERVAL / 4)));
    const next = feed({ kind: "tick" }, after(begun, INTERVAL));
    assert.deepEqual(next.toSorted(), early.toSorted());
    assert.deepEqual([early.length, late.length], [60, 60]);
  });
});

/** Serves every deadline until then, exactly. Answers with the instants at which each router spoke. */
function spokenUntil(end: Instant, { engine, feed }: ManyRouters): Map<string, Instant[]> {
  const spoken = new Map<string, Instant[]>();
  for (let at = engine.nextDeadline(); at !== undefined && at <= end; at = engine.nextDeadline()) {
    for (const name of feed({ kind: "tick" }, at)) spoken.set(name, [...(spoken.get(name) ?? []), at]);
  }
  return spoken;
}

function gapsOf(instants: readonly Instant[]): number[] {
  return instants.slice(1).map((at, index) => between(instants[index] ?? at, at));
}

describe("many routers that have claimed together", () => {
  const TURNS = Math.ceil(COUNT / 64);

  function twoSeconds() {
    const many = manyRouters();
    const claimed = many.engine.nextDeadline() ?? instant(0);
    const end = after(claimed, millis(2_000));
    return { many, end, spoken: spokenUntil(end, many) };
  }

  it("speak in turns, each turn at a place of its own in the interval", () => {
    const { spoken } = twoSeconds();
    const places = new Map<number, number>();
    for (const instants of spoken.values()) {
      const place = (instants.at(-1) ?? 0) % INTERVAL;
      places.set(place, (places.get(place) ?? 0) + 1);
    }
    assert.equal(places.size, TURNS);
    const sorted = [...places.keys()].toSorted((one, other) => one - other);
    const gaps = sorted.map((place, index) => (sorted[index + 1] ?? INTERVAL + (sorted[0] ?? 0)) - place);
    for (const gap of gaps)
      assert(Math.abs(gap - INTERVAL / TURNS) <= 1, `turns ${gaps.join(", ")} µs apart`);
    for (const count of places.values()) assert(count <= 64, `${count} in one turn`);
  });

  it("are never silent for longer than an interval on their way there, and never speak twice in a pair", () => {
    const { spoken } = twoSeconds();
    assert.equal(spoken.size, COUNT);
    for (const [name, instants] of spoken) {
      const gaps = gapsOf(instants);
      assert(
        Math.max(...gaps) <= INTERVAL && Math.min(...gaps) >= INTERVAL / 2,
        `${name}: ${gaps.join(" ")}`,
      );
      assert(
        gaps.slice(2).every((gap) => gap === INTERVAL),
        `${name}: ${gaps.join(" ")}`,
      );
    }
  });

  it("do not all renew their addresses together, and none later than it should", () => {
    const many = manyRouters();
    const claimed = many.engine.nextDeadline() ?? instant(0);
    spokenUntil(after(claimed, seconds(45)), many);
    const renewals = [...many.held.values()];
    assert.equal(renewals.length, COUNT);
    assert.equal(new Set(renewals.map((instants) => instants[1])).size, TURNS);
    for (const instants of renewals) {
      const [first = 0, ...others] = gapsOf(instants);
      assert(first > seconds(10) && first <= seconds(20), `${first} µs`);
      assert(others.length > 0 && others.every((gap) => gap === seconds(20)), `${others.join(" ")} µs`);
    }
  });

  it("do not renew them together either when a reload has given each one more", () => {
    const { many, end } = twoSeconds();
    const routers = routersOf(() => INTERVAL).map((one, index) => ({
      ...one,
      addresses: [
        ...one.addresses,
        { address: ip(`10.0.2.${1 + index}`), prefixLength: 32, interface: "eth0" },
      ],
    }));
    many.feed({ kind: "configure", routers, journal: new Set() }, end);
    spokenUntil(after(end, seconds(25)), many);
    const renewals = [...many.held.values()].map((instants) => instants.find((at) => at > end));
    assert.equal(new Set(renewals).size, TURNS);
  });

  it("take up other turns in the same way when a reload changes their number", () => {
    const { many, end, spoken } = twoSeconds();
    const routers = routersOf(() => INTERVAL).slice(50);
    many.feed({ kind: "configure", routers, journal: new Set() }, end);
    const later = spokenUntil(after(end, millis(1_000)), many);
    for (const { name } of routers) {
      const gaps = gapsOf([spoken.get(name)?.at(-1) ?? end, ...(later.get(name) ?? [])]);
      assert(
        Math.max(...gaps) <= INTERVAL && Math.min(...gaps) >= INTERVAL / 2,
        `${name}: ${gaps.join(" ")}`,
      );
    }
  });

  it("speak as they like when only few have the same interval", () => {
    const many = manyRouters(...Array.from({ length: COUNT }, (_, index) => millis(100 + 10 * (index % 4))));
    const claimed = many.engine.nextDeadline() ?? instant(0);
    for (const instants of spokenUntil(after(claimed, millis(500)), many).values())
      assert.equal(new Set(gapsOf(instants)).size, 1);
  });
});
