import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SettingsHandOver } from "../../src/channel/hand-settings.ts";
import type { ToElector } from "../../src/channel/message.ts";
import { NO_STEERING } from "../../src/vrrp/steering.ts";
import { routerSettings } from "../support/director.ts";

const UNCHANGED = { journal: [], leftovers: NO_STEERING, links: [], left: [], wanted: [] };

describe("handing settings to the elector", () => {
  test("one message for each router between begin and commit; done when that revision is committed", async () => {
    const sent: ToElector[] = [];
    const handOver = new SettingsHandOver((message) => sent.push(message));
    const routers = [routerSettings(), routerSettings({ name: "back", vrid: 52 })];
    const outcome = handOver.hand(routers, { ...UNCHANGED, journal: ["eth0 192.0.2.100"] });
    assert.deepEqual(
      sent.map(({ kind }) => kind),
      ["begin", "router", "router", "commit"],
    );
    handOver.committed({ kind: "committed", revision: 99 });
    handOver.committed({ kind: "committed", revision: 1 });
    assert.equal(await outcome, true);
  });

  test("a newer hand-over ends an older one that was not answered", async () => {
    const handOver = new SettingsHandOver(() => {});
    const older = handOver.hand([], UNCHANGED);
    const newer = handOver.hand([], UNCHANGED);
    assert.equal(await older, false);
    handOver.committed({ kind: "committed", revision: 2 });
    assert.equal(await newer, true);
  });
});
