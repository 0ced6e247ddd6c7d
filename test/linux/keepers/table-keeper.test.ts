/** Whose the entries of the kernel's table are, and what is written: against a kernel of our own that counts. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { NO_TABLE_SETTINGS, type TableSettings } from "../../../src/balance/settings.ts";
import {
  type KernelTable,
  kernelTable,
  recordOfDestination,
  recordOfService,
} from "../../../src/ipvs/kernel-table.ts";
import {
  memberId,
  type ServiceKey,
  serviceId,
  type Table,
  type VirtualService,
} from "../../../src/ipvs/settings.ts";
import type { PlanStep } from "../../../src/ipvs/step.ts";
import type { InParts } from "../../../src/linux/in-parts.ts";
import { TableKeeper } from "../../../src/linux/keepers/table-keeper.ts";
import type { KeelsonEvent } from "../../../src/log/event.ts";
import { ip } from "../../../src/net/ip.ts";
import type { KernelRefusal } from "../../../src/netlink/refusal.ts";

function web(...weights: readonly number[]) {
  const destinations = weights.map((weight, index) => {
    return { address: ip(`10.0.0.${index + 1}`), port: 80, forward: "nat", weight } as const;
  });
  return { protocol: "tcp", address: ip("192.0.2.100"), port: 80, scheduler: "wrr", destinations } as const;
}

/** Services without servers. */
function many(count: number): VirtualService[] {
  return Array.from({ length: count }, (_, port) => ({ ...web(), port }));
}

const STRANGER: VirtualService = { ...web(1), port: 99 };

const REFUSAL: KernelRefusal = { call: "IPVS_CMD_SET_DEST", errno: 12, code: "ENOMEM", text: "no memory" };

/** The kernel's table, and every step that it was asked for. */
class FakeKernel {
  services: VirtualService[];
  readonly steps: PlanStep[] = [];
  /** What happened, in order, as far as somebody waits for it. */
  readonly said: string[] = [];
  heeds = true;
  refuses: KernelRefusal | undefined;
  /** What was looked at, in order. */
  readonly asked: string[] = [];

  constructor(...services: readonly VirtualService[]) {
    this.services = [...services];
  }

  resolve(): undefined {
    return undefined;
  }

  *reading(only?: readonly ServiceKey[]): InParts<KernelTable> {
    yield;
    const ids = only?.map(serviceId);
    this.asked.push(ids?.join() ?? "everything");
    const asked = this.services.filter((service) => ids?.includes(serviceId(service)) ?? true);
    const listings = asked.map((service) => ({
      service: { record: recordOfService(service) },
      destinations: service.destinations.map((one) => ({
        record: recordOfDestination(one),
        activeConnections: 0,
        inactiveConnections: 0,
      })),
    }));
    return kernelTable(listings);
  }

  apply(steps: readonly PlanStep[]): (KernelRefusal | undefined)[] {
    if (this.refuses !== undefined) return steps.map(() => this.refuses);
    this.said.push(`${steps.length} steps`);
    for (const step of this.heeds ? steps : []) this.#take(step);
    this.steps.push(...steps);
    return steps.map(() => undefined);
  }

  close(): void {}

  #take(step: PlanStep): void {
    const id = serviceId(step.service);
    const others = this.services.filter((one) => serviceId(one) !== id);
    if (step.kind === "remove-service") this.services = others;
    const found = this.services.find((one) => serviceId(one) === id);
    if (step.kind === "add-service") this.services.push({ ...step.service, destinations: [] });
    if (found === undefined || !("destination" in step)) return;
    const member = memberId(found, step.destination);
    const rest = found.destinations.filter((one) => memberId(found, one) !== member);
    const destinations = step.kind === "remove-destination" ? rest : [...rest, step.destination];
    this.services = [...others, { ...found, destinations }];
  }
}

class FakeJournal {
  table: ReadonlySet<string> = new Set();

  setTable(keys: Iterable<string>): void {
    this.table = new Set(keys);
  }
}

const keepers: TableKeeper[] = [];
afterEach(() => {
  for (const keeper of keepers.splice(0)) keeper.close();
});

/** One run of the keeper: what it tells, by kind. */
function keep(
  kernel: FakeKernel,
  journal: FakeJournal,
  table: Table,
  settings: Partial<TableSettings> = {},
): { readonly told: KeelsonEvent[]; readonly keeper: TableKeeper; look(): void } {
  const told: KeelsonEvent[] = [];
  const keeper = new TableKeeper(
    journal,
    (event) => told.push(event),
    () => kernel.said.push("busy"),
    () => kernel,
  );
  keepers.push(keeper);
  keeper.configure({ ...NO_TABLE_SETTINGS, ...settings });
  keeper.open();
  keeper.want(table, false);
  keeper.flush();
  return { told, keeper, look: () => keeper.flush() };
}

function kinds(told: readonly KeelsonEvent[]): string[] {
  return told.map(({ kind }) => kind);
}

describe("the keeper of the table", () => {
  it("writes all of it when the table is another one, at once, and as nobody's drift", () => {
    const [kernel, journal] = [new FakeKernel(), new FakeJournal()];
    const { keeper, told } = keep(kernel, journal, [web(3, 1)]);
    kernel.services = [STRANGER];
    journal.setTable([]);
    keeper.startAnew();
    keeper.flush();
    assert.equal(kernel.services.length, 2);
    assert.deepEqual(kinds(told), ["table-changed", "table-strangers", "table-changed"]);
    assert.equal(journal.table.size, 3);
  });

  it("asks for nothing when it starts again with an unchanged file", () => {
    const [kernel, journal] = [new FakeKernel(), new FakeJournal()];
    const first = keep(kernel, journal, [web(3, 1)]);
    assert.equal(first.keeper.report?.writes, 3);
    assert.deepEqual(kinds(first.told), ["table-changed"]);
    first.keeper.close();
    const second = keep(kernel, journal, [web(3, 1)]);
    second.look();
    assert.equal(kernel.steps.length, 3);
    assert.equal(second.keeper.report?.writes, 0);
    assert.deepEqual(second.told, []);
    second.keeper.close();
  });

  it("says so before it works on a large table, and writes in parts", () => {
    for (const [count, said] of [
      [500, ["250 steps", "250 steps"]],
      [1_001, ["busy", ...["250", "250", "250", "250", "1"].map((count) => `${count} steps`)]],
    ] as const) {
      const kernel = new FakeKernel();
      kernel.heeds = false;
      keep(kernel, new FakeJournal(), many(count));
      assert.deepEqual(kernel.said, said);
    }
  });

  describe("once all is as it was wished", () => {
    const [other, others] = [{ ...web(5), port: 81 }, many(65)];

    it("looks only at the services of which something else is wished, and writes what differs there", () => {
      const [kernel, journal] = [new FakeKernel(), new FakeJournal()];
      const { told, keeper, look } = keep(kernel, journal, [web(3, 1), other]);
      kernel.services = [web(3, 1), { ...web(7), port: 81 }];
      kernel.asked.length = 0;
      keeper.want([web(3, 2), other], false);
      keeper.flush();
      assert.deepEqual(kernel.asked, ["tcp 192.0.2.100 80"]);
      assert.deepEqual(
        kernel.steps.slice(5).map(({ kind }) => kind),
        ["edit-destination"],
      );
      assert.equal(told.at(-1)?.kind, "table-changed");
      // What somebody did to the other one waits for the next look at everything.
      look();
      assert.equal(kernel.asked.at(-1), "everything");
      assert.equal(told.at(-1)?.kind, "table-drift");
    });

    it("makes and removes services, and has them in its journal before and after", () => {
      const [kernel, journal] = [new FakeKernel(STRANGER), new FakeJournal()];
      const { keeper } = keep(kernel, journal, [web(3)]);
      keeper.want([other], false);
      keeper.flush();
      assert.deepEqual(kernel.services, [STRANGER, other]);
      assert.deepEqual([...journal.table], ["tcp 192.0.2.100 81", "tcp 192.0.2.100 81 10.0.0.1 80"]);
    });

    it("does not look when the same is wished again, in other objects", async () => {
      const kernel = new FakeKernel();
      const { told, keeper } = keep(kernel, new FakeJournal(), [web(3), other]);
      kernel.asked.length = 0;
      keeper.want([web(3), { ...web(5), port: 81 }], false);
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual([kernel.asked, kinds(told)], [[], ["table-changed"]]);
    });

    it("looks at everything when much has changed, or another mode is wished", () => {
      const kernel = new FakeKernel();
      const { keeper } = keep(kernel, new FakeJournal(), others);
      kernel.asked.length = 0;
      keeper.want(
        others.map((one) => ({ ...one, scheduler: "rr" })),
        false,
      );
      keeper.flush();
      keeper.configure({ ...NO_TABLE_SETTINGS, mode: "observe" });
      keeper.want(others.slice(1), false);
      keeper.flush();
      assert.deepEqual(kernel.asked, ["everything", "everything"]);
    });

    it("looks at everything after it was refused something", () => {
      const kernel = new FakeKernel();
      const { keeper, told } = keep(kernel, new FakeJournal(), [web(3), other]);
      kernel.refuses = REFUSAL;
      kernel.asked.length = 0;
      keeper.want([web(4), other], false);
      keeper.flush();
      keeper.want([web(5), other], false);
      keeper.flush();
      assert.deepEqual(kernel.asked, ["tcp 192.0.2.100 80", "everything"]);
      assert.equal(told.at(-1)?.kind, "table-refused");
    });
  });

  it("lets others have their turn between parts, and calls back when all is done", async () => {
    const kernel = new FakeKernel();
    const { keeper } = keep(kernel, new FakeJournal(), []);
    keeper.want(many(600), false);
    keeper.whenDone(() => kernel.said.push("done"));
    while (kernel.said.at(-1) !== "done") {
      kernel.said.push("turn");
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(
      kernel.said.filter((one, at, all) => one !== "turn" || all[at - 1] !== "turn"),
      [...["turn", "250 steps", "turn", "250 steps", "turn", "100 steps", "done"]],
    );
    keeper.whenDone(() => kernel.said.push("nothing to wait for"));
    assert.equal(kernel.said.at(-1), "nothing to wait for");
  });

  it("removes what is no longer wished while a round is under way", async () => {
    const [kernel, journal] = [new FakeKernel(), new FakeJournal()];
    const { keeper } = keep(kernel, journal, [web(3), { ...web(5), port: 81 }]);
    keeper.want([web(4), { ...web(5), port: 81 }], false);
    await new Promise((resolve) => setImmediate(resolve));
    keeper.want([web(4)], false);
    await new Promise<void>((resolve) => keeper.whenDone(resolve));
    assert.deepEqual(kernel.services, [web(4)]);
    assert.equal(journal.table.size, 2);
  });

  it("does what is wished meanwhile, and only that, when a round is over", async () => {
    const kernel = new FakeKernel();
    const { keeper, told } = keep(kernel, new FakeJournal(), []);
    const services = many(600);
    const changed = services.map((one, at) => (at === 0 ? { ...one, scheduler: "rr" } : one));
    keeper.want(services, false);
    while (kernel.said.length === 0) await new Promise((resolve) => setImmediate(resolve));
    keeper.want(changed, false);
    kernel.asked.length = 0;
    await new Promise<void>((resolve) => keeper.whenDone(resolve));
    assert.deepEqual([kernel.asked, kernel.steps.length], [["tcp 192.0.2.100 0"], 601]);
    assert.deepEqual(kinds(told), ["table-changed", "table-changed"]);
  });

  it("tells the first thousand of many changes, and how many more there are", () => {
    const { told } = keep(new FakeKernel(), new FakeJournal(), many(1_003));
    const [event] = told;
    assert.equal(event?.kind, "table-changed");
    assert.equal(event?.kind === "table-changed" && event.changes.length, 1_001);
    assert.equal(event?.kind === "table-changed" && event.changes.at(-1), "and 3 more");
  });

  it("takes over in place what the file has, and says so once", () => {
    const [kernel, journal] = [new FakeKernel(web(9, 1)), new FakeJournal()];
    const first = keep(kernel, journal, [web(3, 1)]);
    assert.deepEqual(
      kernel.steps.map(({ kind }) => kind),
      ["edit-destination"],
    );
    const [adopted] = first.told;
    assert.deepEqual(adopted?.kind === "table-adopted" ? adopted.entries : adopted, [
      "tcp 192.0.2.100:80",
      "tcp 192.0.2.100:80 → 10.0.0.1:80",
      "tcp 192.0.2.100:80 → 10.0.0.2:80",
    ]);
    first.look();
    first.keeper.close();
    const second = keep(kernel, journal, [web(3, 1)]);
    assert.deepEqual(kinds([...first.told.slice(2), ...second.told]), []);
    second.keeper.close();
  });

  it("deletes outside of the file only what it made, and reports the rest once", () => {
    const [kernel, journal] = [new FakeKernel(STRANGER), new FakeJournal()];
    const first = keep(kernel, journal, [web(3), { ...web(1), port: 81 }]);
    first.look();
    assert.deepEqual(kinds(first.told), ["table-strangers", "table-changed"]);
    assert.deepEqual(first.keeper.report?.strangers, ["tcp 192.0.2.100:99"]);
    first.keeper.close();
    const second = keep(kernel, journal, []);
    assert.deepEqual(kernel.services, [STRANGER]);
    second.keeper.close();
    const third = keep(kernel, journal, []);
    kernel.services = [];
    third.look();
    assert.deepEqual(
      third.told.map((event) => (event.kind === "table-strangers" ? event.strangers.length : event.kind)),
      [1, 0],
    );
    third.keeper.close();
  });

  it("tells a refusal once, until it is another one, all is well, or a new file comes; the report has it meanwhile", () => {
    const kernel = new FakeKernel();
    kernel.refuses = { call: "IPVS_CMD_NEW_SERVICE", errno: 2, code: "ENOENT", text: "no such file" };
    const { told, keeper, look } = keep(kernel, new FakeJournal(), [web(1)]);
    look();
    assert.deepEqual(kinds(told), ["table-refused"]);
    const line = 'add tcp 192.0.2.100:80 (wrr): this kernel has no scheduler "wrr" (module ip_vs_wrr)';
    assert.deepEqual(keeper.report?.refused, [line]);
    kernel.refuses = { ...kernel.refuses, errno: 12, code: "ENOMEM", text: "out of memory" };
    look();
    look();
    assert.deepEqual(kinds(told), ["table-refused", "table-refused"]);
    keeper.configure(NO_TABLE_SETTINGS);
    look();
    assert.deepEqual(kinds(told.splice(0)), ["table-refused", "table-refused", "table-refused"]);
    const { refuses } = kernel;
    kernel.refuses = undefined;
    look();
    look();
    assert.deepEqual(kinds(told.splice(0)), ["table-changed"]);
    assert.deepEqual(keeper.report?.refused, []);
    kernel.services = [];
    kernel.refuses = refuses;
    look();
    assert.deepEqual(kinds(told), ["table-refused"]);
  });

  it("puts right what somebody else changes, and records it", () => {
    const kernel = new FakeKernel();
    const { told, look, keeper } = keep(kernel, new FakeJournal(), [web(3, 1)]);
    look();
    kernel.services = [web(3)];
    look();
    assert.deepEqual(kinds(told), ["table-changed", "table-drift"]);
    assert.deepEqual(kernel.services, [web(3, 1)]);
    keeper.close();
  });

  it("only says what it would do while it observes", () => {
    const [kernel, journal] = [new FakeKernel(web(9)), new FakeJournal()];
    const { told, look, keeper } = keep(kernel, journal, [web(3)], { mode: "observe" });
    look();
    const change = "set tcp 192.0.2.100:80 → 10.0.0.1:80: weight 9 → 3";
    assert.deepEqual(told, [{ kind: "table-would-change", changes: [change] }]);
    assert.deepEqual(keeper.report?.pending, [change]);
    keeper.stop();
    assert.deepEqual([kernel.steps, journal.table.size], [[], 0]);
    kernel.services = [web(3)];
    look();
    assert.deepEqual(told.at(-1), { kind: "table-would-change", changes: [] });
    keeper.close();
  });

  for (const [onStop, left, owned] of [
    ["keep", [STRANGER, web(3, 1)], 3],
    ["drain", [STRANGER, web(0, 0)], 3],
    ["remove", [STRANGER], 0],
  ] as const) {
    it(`leaves the table at an orderly stop as on_stop = "${onStop}" says`, () => {
      const [kernel, journal] = [new FakeKernel(STRANGER), new FakeJournal()];
      const { keeper } = keep(kernel, journal, [web(3, 1)], { onStop });
      keeper.stop();
      keeper.close();
      assert.deepEqual(kernel.services, left);
      assert.equal(journal.table.size, owned);
    });
  }
});
