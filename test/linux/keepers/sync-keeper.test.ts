/** Which sync daemons run, against a kernel of our own that counts what it is asked. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { RunningDaemon, SyncDaemon, SyncRole } from "../../../src/ipvs/sync-daemon.ts";
import type { OwnDaemon } from "../../../src/ipvs/sync-plan.ts";
import type { SyncSettings } from "../../../src/ipvs/sync-settings.ts";
import { SyncKeeper } from "../../../src/linux/keepers/sync-keeper.ts";
import type { KeelsonEvent } from "../../../src/log/event.ts";
import { ip } from "../../../src/net/ip.ts";
import { seconds } from "../../../src/net/time.ts";
import { EEXIST, ENODEV } from "../../../src/netlink/errno.ts";
import type { KernelRefusal } from "../../../src/netlink/refusal.ts";

const PLACE = { interface: "eth1", id: 51, group: ip("224.0.0.81"), port: 8_848, ttl: 1 } as const;
const BOTH: SyncSettings = { ...PLACE, beforeMove: seconds(3) };
const FOLLOWING: SyncSettings = { ...BOTH, router: "front" };
const STRANGER: RunningDaemon = { role: "master", ...PLACE, id: 9, maxLength: 1_472 };
const NOWHERE: ReadonlySet<string> = new Set();
const FRONT: ReadonlySet<string> = new Set(["front"]);

class FakeKernel {
  running: RunningDaemon[];
  readonly asked: string[] = [];
  refusal: KernelRefusal | undefined;
  index: number | undefined = 3;

  constructor(...running: readonly RunningDaemon[]) {
    this.running = [...running];
  }

  daemons(): RunningDaemon[] {
    return this.running;
  }

  startDaemon(daemon: SyncDaemon): KernelRefusal | undefined {
    this.asked.push(`start ${daemon.role} ${daemon.id}`);
    if (this.refusal === undefined) this.running.push({ maxLength: 1_472, ...daemon });
    return this.refusal;
  }

  stopDaemon(role: SyncRole): undefined {
    this.asked.push(`stop ${role}`);
    this.running = this.running.filter((one) => one.role !== role);
  }

  close(): void {}
}

class FakeJournal {
  daemons: readonly OwnDaemon[] = [];

  setDaemons(daemons: readonly OwnDaemon[]): void {
    this.daemons = daemons;
  }
}

const keepers: SyncKeeper[] = [];
afterEach(() => {
  for (const keeper of keepers.splice(0)) keeper.close();
});

function run(kernel: FakeKernel, journal = new FakeJournal()) {
  const told: KeelsonEvent[] = [];
  const host = { connect: () => kernel, interfaceIndex: () => kernel.index };
  const keeper = new SyncKeeper(journal, (event) => told.push(event), host);
  keepers.push(keeper);
  return { keeper, told, journal };
}

function causes(told: readonly KeelsonEvent[]): string[] {
  return told.map((event) => (event.kind === "sync-changed" ? event.cause : event.kind));
}

describe("the keeper of the sync daemons", () => {
  it("has both all the time when they follow nobody, and none after an orderly end", () => {
    const kernel = new FakeKernel();
    const { keeper, told, journal } = run(kernel);
    keeper.configure(BOTH, false);
    keeper.serving(NOWHERE);
    keeper.serving(FRONT);
    assert.deepEqual(kernel.asked, ["start master 51", "start backup 51"]);
    assert.deepEqual(keeper.report?.daemons, [
      "sync master on eth1 (id 51, 224.0.0.81 port 8848)",
      "sync backup on eth1 (id 51, 224.0.0.81 port 8848)",
    ]);
    keeper.stop();
    assert.deepEqual([kernel.running, journal.daemons], [[], []]);
    assert.deepEqual(causes(told), ["configured", "stopping"]);
  });

  it("follows the role of the router, and waits until it is known", () => {
    const kernel = new FakeKernel();
    const { keeper, told } = run(kernel);
    keeper.configure(FOLLOWING, false);
    assert.deepEqual(kernel.asked, []);
    keeper.serving(NOWHERE);
    keeper.serving(new Set(["other"]));
    assert.deepEqual(kernel.asked, ["start backup 51"]);
    keeper.serving(FRONT);
    keeper.serving(NOWHERE);
    const moves = ["start master 51", "stop backup", "start backup 51", "stop master"];
    assert.deepEqual(kernel.asked.slice(1), moves);
    assert.deepEqual(causes(told), ["configured", "role", "role"]);
  });

  it("asks for nothing when it starts again with an unchanged file", () => {
    const kernel = new FakeKernel();
    const { keeper, journal } = run(kernel);
    keeper.configure(FOLLOWING, false);
    keeper.serving(FRONT);
    keeper.close();
    const later = run(kernel, journal);
    later.keeper.configure(FOLLOWING, false);
    later.keeper.serving(FRONT);
    assert.deepEqual([kernel.asked, later.told], [["start master 51"], []]);
  });

  it("begins anew with what the file has changed, and takes away what it has no more", () => {
    const kernel = new FakeKernel();
    const { keeper } = run(kernel);
    keeper.configure(BOTH, false);
    keeper.configure({ ...BOTH, id: 52 }, false);
    const anew = ["stop master", "stop backup", "start master 52", "start backup 52"];
    assert.deepEqual(kernel.asked.slice(2), anew);
    keeper.configure(undefined, false);
    assert.deepEqual([kernel.running, keeper.report], [[], undefined]);
  });

  it("begins anew when the interface is another one of the same name, and not while there is none", () => {
    const kernel = new FakeKernel();
    const { keeper } = run(kernel);
    keeper.configure(BOTH, false);
    kernel.index = undefined;
    keeper.configure(BOTH, false);
    assert.equal(kernel.asked.length, 2);
    kernel.index = 4;
    keeper.configure(BOTH, false);
    assert.deepEqual(kernel.asked.slice(2), [
      "stop master",
      "stop backup",
      "start master 51",
      "start backup 51",
    ]);
  });

  it("leaves a stranger's alone, says so once, and does not take it for its own later", () => {
    const kernel = new FakeKernel(STRANGER);
    const { keeper, told, journal } = run(kernel);
    keeper.configure(BOTH, false);
    keeper.configure(BOTH, false);
    assert.deepEqual(kernel.asked, ["start backup 51"]);
    assert.deepEqual(causes(told), ["sync-strangers", "configured"]);
    assert.deepEqual(keeper.report?.strangers, ["sync master on eth1 (id 9, 224.0.0.81 port 8848)"]);
    keeper.stop();
    assert.deepEqual([kernel.running, journal.daemons], [[STRANGER], []]);
  });

  it("puts back what somebody has stopped, and says why", () => {
    const kernel = new FakeKernel();
    const { keeper, told } = run(kernel);
    keeper.configure(FOLLOWING, false);
    keeper.serving(FRONT);
    kernel.running = [];
    keeper.look();
    assert.deepEqual(kernel.asked, ["start master 51", "start master 51"]);
    assert.deepEqual(causes(told), ["configured", "drift"]);
  });

  it("tells a refusal once, owns nothing by it, and tries again", () => {
    const kernel = new FakeKernel();
    const { keeper, told, journal } = run(kernel);
    kernel.refusal = { call: "IPVS_CMD_NEW_DAEMON", errno: ENODEV, code: "ENODEV", text: "No such device" };
    keeper.configure(BOTH, false);
    keeper.look();
    assert.deepEqual(causes(told), ["table-refused", "table-refused"], "one for each");
    assert.deepEqual(journal.daemons, []);
    kernel.refusal = { ...kernel.refusal, errno: EEXIST, code: "EEXIST", text: "File exists" };
    keeper.look();
    assert.equal(told.length, 4);
    kernel.refusal = undefined;
    keeper.look();
    assert.deepEqual([kernel.running.length, keeper.report?.refused], [2, []]);
  });

  it("only says what it would do while it observes", () => {
    const kernel = new FakeKernel();
    const { keeper, told, journal } = run(kernel);
    keeper.configure(BOTH, true);
    keeper.stop();
    assert.deepEqual([kernel.asked, told, journal.daemons], [[], [], []]);
    assert.deepEqual(
      keeper.report?.pending.map((line) => line.slice(0, "start sync master".length)),
      ["start sync master", "start sync backup"],
    );
  });
});
