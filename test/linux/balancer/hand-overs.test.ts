import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HandOvers } from "../../../src/linux/balancer/hand-overs.ts";
import { type Duration, seconds } from "../../../src/net/time.ts";
import type { RouterSettings } from "../../../src/vrrp/settings.ts";
import { ELECTOR } from "../../control/target.ts";
import { director } from "../../host/fixture.ts";
import { routerSettings } from "../../support/director.ts";

/** A director that is master of `front` and backup of `back`, and what it is told, in order. */
function handOvers(front: Partial<RouterSettings> = {}, lead?: Duration) {
  const said: string[] = [];
  const settings = director({ routers: [routerSettings(front), routerSettings({ name: "back" })] });
  const moves = {
    begin: (wait: Duration, move: () => void) => {
      if (wait > 0) said.push(`wait ${wait}`);
      move();
    },
    cancel: () => void said.push("cancel"),
  };
  const standby = { set: (on: boolean) => void said.push(`write ${on}`) };
  const all = new HandOvers(standby, moves, {
    send: (message) => said.push(message.kind === "standby" ? `standby ${message.on}` : message.kind),
    elector: async () => ELECTOR,
    settings: () => settings,
    lead: () => lead,
  });
  return { all, said };
}

describe("hand-overs", () => {
  it("are of what is master here, at once, or after other directors have heard of all connections", async () => {
    const plain = handOvers();
    assert.deepEqual(await plain.all.drill(), { kind: "started", routers: ["front"] });
    assert.deepEqual(plain.said, ["drill"]);
    const waiting = handOvers({}, seconds(3));
    const started = { kind: "started", routers: ["front"], wait: seconds(3) };
    assert.deepEqual(await waiting.all.drill(), started);
    assert.deepEqual(waiting.said, ["wait 3000000", "drill"]);
  });

  it("of nothing are refused", async () => {
    const owner = handOvers({ priority: 255 });
    assert.equal((await owner.all.drill()).kind, "refused");
    const eager = handOvers();
    assert.equal((await eager.all.stepDown()).kind, "refused");
    assert.deepEqual([owner.said, eager.said], [[], []]);
    const patient = handOvers({ preempt: false });
    assert.equal((await patient.all.stepDown()).kind, "started");
    assert.deepEqual(patient.said, ["step-down"]);
  });

  it("for good are written down first, wait as others do, and are taken back at once", async () => {
    const { all, said } = handOvers({}, seconds(3));
    await all.setStandby(true);
    assert.deepEqual(said.splice(0), ["write true", "cancel", "wait 3000000", "standby true", "drill"]);
    assert.deepEqual(await all.setStandby(false), { kind: "started", routers: [] });
    assert.deepEqual(said, ["write false", "cancel", "standby false"]);
  });
});
