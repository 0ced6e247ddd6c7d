import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RunningDaemon } from "../../src/ipvs/sync-daemon.ts";
import { describeSyncStep, type OwnDaemon, strangeDaemons, syncPlan } from "../../src/ipvs/sync-plan.ts";
import { wantedDaemons } from "../../src/ipvs/sync-settings.ts";
import { ip } from "../../src/net/ip.ts";
import { seconds } from "../../src/net/time.ts";

const PLACE = { interface: "eth1", id: 51, group: ip("224.0.0.81"), port: 8_848, ttl: 1 } as const;
const MASTER: OwnDaemon = { role: "master", ...PLACE, interfaceIndex: 3 };
const BACKUP: OwnDaemon = { ...MASTER, role: "backup" };
const OTHER_ID: OwnDaemon = { ...MASTER, id: 52 };
const REMADE: OwnDaemon = { ...MASTER, interfaceIndex: 9 };

function running({ interfaceIndex: _, ...daemon }: OwnDaemon): RunningDaemon {
  return { maxLength: 1_472, ...daemon };
}

describe("the plan of the sync daemons", () => {
  type Case = readonly [
    title: string,
    wanted: readonly OwnDaemon[],
    runs: readonly OwnDaemon[],
    owned: readonly OwnDaemon[],
    steps: readonly string[],
  ];
  const cases: readonly Case[] = [
    ["nothing for what runs", [MASTER, BACKUP], [MASTER, BACKUP], [BACKUP, MASTER], []],
    ["starts what is not there", [MASTER, BACKUP], [BACKUP], [MASTER, BACKUP], ["start master 51"]],
    [
      "begins one role before it ends the other",
      [MASTER],
      [BACKUP],
      [BACKUP],
      ["start master 51", "stop backup 51"],
    ],
    [
      "ends first what is to be another one",
      [OTHER_ID],
      [MASTER],
      [MASTER],
      ["stop master 51", "start master 52"],
    ],
    [
      "does so when only the interface is another one",
      [REMADE],
      [MASTER],
      [MASTER],
      ["stop master 51", "start master 51"],
    ],
    [
      "ends all that is not wanted",
      [],
      [MASTER, BACKUP],
      [MASTER, BACKUP],
      ["stop master 51", "stop backup 51"],
    ],
    ["leaves a stranger's, also in its way", [MASTER, BACKUP], [OTHER_ID], [], ["start backup 51"]],
    ["leaves a stranger's that is just as it should be", [MASTER], [MASTER], [], []],
    ["leaves one that is no longer as it was started", [], [OTHER_ID], [MASTER], []],
  ];
  for (const [title, wanted, runs, owned, steps] of cases) {
    it(title, () => {
      const plan = syncPlan(wanted, runs.map(running), owned);
      const told = plan.map(
        ({ kind, daemon }) => `${kind.slice(0, -"-daemon".length)} ${daemon.role} ${daemon.id}`,
      );
      assert.deepEqual(told, steps);
    });
  }

  it("is one line for each step, and for each stranger", () => {
    const [step] = syncPlan([MASTER], [], []);
    assert(step !== undefined);
    assert.equal(describeSyncStep(step), "start sync master on eth1 (id 51, 224.0.0.81 port 8848)");
    assert.deepEqual(strangeDaemons([running(OTHER_ID), running(BACKUP)], [BACKUP]), [
      "sync master on eth1 (id 52, 224.0.0.81 port 8848)",
    ]);
  });

  it("holds a length against what the kernel says only where the file has one", () => {
    const daemon = running(MASTER);
    assert.deepEqual(syncPlan([{ ...MASTER, maxLength: 1_472 }], [daemon], [MASTER]), []);
    assert.equal(syncPlan([{ ...MASTER, maxLength: 1_400 }], [daemon], [MASTER]).length, 2);
  });
});

describe("the sync daemons that a director is to have", () => {
  const sync = { ...PLACE, beforeMove: seconds(3) };
  const following = { ...sync, router: "front" };
  const roles = (...given: Parameters<typeof wantedDaemons>) =>
    wantedDaemons(...given)?.map(({ role }) => role);

  it("are both, whoever is master, or the one of the role that it has", () => {
    assert.deepEqual(roles(sync, undefined), ["master", "backup"]);
    assert.deepEqual(roles(following, new Set(["front"])), ["master"]);
    assert.deepEqual(roles(following, new Set(["other"])), ["backup"]);
    assert.deepEqual(roles(undefined, undefined), []);
  });

  it("are unknown while the role is", () => {
    assert.equal(roles(following, undefined), undefined);
  });
});
