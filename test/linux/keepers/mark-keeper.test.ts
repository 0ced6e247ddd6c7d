import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { SystemError } from "dgram-extras";
import { NO_TABLE_SETTINGS, type TableSettings } from "../../../src/balance/settings.ts";
import { MarkKeeper } from "../../../src/linux/keepers/mark-keeper.ts";
import type { KeelsonEvent } from "../../../src/log/event.ts";
import { ip } from "../../../src/net/ip.ts";
import type { MarkRule } from "../../../src/netlink/mark-rule.ts";
import type { MarkListing } from "../../../src/netlink/mark-table.ts";
import type { Message, Request } from "../../../src/netlink/message.ts";
import type { KernelRefusal } from "../../../src/netlink/refusal.ts";

const VIP = ip("10.0.0.100");

function port(number: number): MarkRule {
  return { mark: 5, protocol: "tcp", first: VIP, last: VIP, ports: { from: number, to: number } };
}

function marking(marks: readonly MarkRule[], change: Partial<TableSettings> = {}) {
  return { marks, table: { ...NO_TABLE_SETTINGS, ...change } };
}

const NOTHING = marking([]);
const TWO = marking([port(80), port(443)]);
const REFUSED: KernelRefusal = { call: "NFT_MSG_NEWTABLE", errno: 1, code: "EPERM", text: "no" };

/** Keeps whole tables that are written, and lists them as the kernel does. */
class FakeKernel {
  listing: MarkListing | undefined;
  refusal: KernelRefusal | undefined;
  absent: SystemError | undefined;
  reads = 0;
  /** Tells the one who watches. */
  changed: (() => void) | undefined;
  readonly written: string[][] = [];

  watch(changed: () => void): () => void {
    this.changed = changed;
    return () => {
      this.changed = undefined;
    };
  }

  read(): MarkListing | undefined {
    this.reads += 1;
    if (this.absent !== undefined) throw this.absent;
    return this.listing;
  }

  write(requests: readonly Request[]): KernelRefusal | undefined {
    this.written.push(requests.map(({ call }) => call));
    if (this.refusal !== undefined) return this.refusal;
    const of = (...calls: readonly string[]): Message[] => {
      const found = requests.slice(3).filter(({ call }) => calls.includes(call));
      return found.map(({ type, body }) => ({ type, flags: 0, sequence: 1, body }));
    };
    const frame = of("NFT_MSG_NEWTABLE", "NFT_MSG_NEWCHAIN", "NFT_MSG_NEWSET", "NFT_MSG_NEWRULE");
    this.listing = frame.length === 0 ? undefined : { frame, elements: of("NFT_MSG_NEWSETELEM") };
    return undefined;
  }
}

function run(kernel = new FakeKernel(), left = false) {
  const told: string[] = [];
  const journal = {
    marks: left,
    setMarks(there: boolean) {
      journal.marks = there;
    },
  };
  const tell = (event: KeelsonEvent) => {
    if (event.kind === "table-refused") told.push(event.meaning ?? event.refusal.code);
    else told.push("changes" in event ? `${event.kind}: ${event.changes.join("; ")}` : event.kind);
  };
  return { kernel, told, journal, keeper: new MarkKeeper(journal, tell, kernel) };
}

describe("the keeper of marks", () => {
  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ["setTimeout"] });
  });

  test("does not even look where no mark is ours to set", () => {
    const { kernel, keeper, told } = run();
    keeper.configure(NOTHING);
    keeper.configure(marking([port(80)], { mode: "observe" }));
    keeper.stop();
    assert.deepEqual([kernel.reads, kernel.written, told, keeper.report], [0, [], [], undefined]);
  });

  test("writes what the file says, once, and takes it away when the file says so no more", () => {
    const { kernel, keeper, told, journal } = run();
    keeper.configure(TWO);
    assert.equal(journal.marks, true);
    mock.timers.tick(60_000);
    assert.deepEqual(keeper.report, {
      rules: ["tcp 10.0.0.100:80 → mark 5", "tcp 10.0.0.100:443 → mark 5"],
      writes: 1,
    });
    keeper.configure(NOTHING);
    assert.deepEqual([kernel.listing, journal.marks, keeper.report], [undefined, false, undefined]);
    assert.deepEqual(told, [
      "marks-changed: tcp 10.0.0.100:80 → mark 5 added; tcp 10.0.0.100:443 → mark 5 added",
      "marks-changed: tcp 10.0.0.100:80 → mark 5 removed; tcp 10.0.0.100:443 → mark 5 removed",
    ]);
  });

  test("writes nothing after a restart with the same file", () => {
    const first = run();
    first.keeper.configure(TWO);
    first.keeper.close();
    const second = run(first.kernel, true);
    second.keeper.configure(TWO);
    assert.deepEqual([first.kernel.written.length, second.told], [1, []]);
    second.keeper.close();
  });

  test("of an earlier run is removed when no file wants it any more", () => {
    const first = run();
    first.keeper.configure(TWO);
    first.keeper.close();
    const second = run(first.kernel, true);
    second.keeper.configure(NOTHING);
    assert.deepEqual([first.kernel.listing, second.journal.marks], [undefined, false]);
  });

  test("puts back what somebody has flushed, and says so", () => {
    const { kernel, keeper, told } = run();
    keeper.configure(marking([port(80)]));
    kernel.listing = undefined;
    mock.timers.tick(5_000);
    assert.ok(kernel.listing);
    assert.equal(told.at(-1), "marks-drift: tcp 10.0.0.100:80 → mark 5 added");
    keeper.close();
  });

  test("looks at once when the kernel tells of a change, and then once a second at the most", () => {
    const { kernel, keeper, told } = run();
    keeper.configure(marking([port(80)]));
    kernel.changed?.();
    assert.equal(kernel.reads, 2);
    kernel.listing = undefined;
    for (let count = 0; count < 5; count++) kernel.changed?.();
    mock.timers.tick(999);
    assert.equal(kernel.reads, 2);
    mock.timers.tick(1);
    assert.equal(kernel.reads, 3);
    assert.equal(told.at(-1), "marks-drift: tcp 10.0.0.100:80 → mark 5 added");
    mock.timers.tick(4_999);
    assert.equal(kernel.reads, 3);
    mock.timers.tick(1);
    assert.equal(kernel.reads, 4, "whether the kernel tells anything or not");
    keeper.close();
    assert.equal(kernel.changed, undefined);
  });

  test("does not listen where nothing is ours, or no more", () => {
    const { kernel, keeper } = run();
    keeper.configure(NOTHING);
    assert.equal(kernel.changed, undefined);
    keeper.configure(marking([port(80)]));
    keeper.configure(NOTHING);
    assert.equal(kernel.changed, undefined);
  });

  test("makes the table anew when a stranger has put a rule in it", () => {
    const { kernel, keeper, told } = run();
    keeper.configure(marking([port(80)]));
    const { frame, elements } = kernel.listing ?? { frame: [], elements: [] };
    kernel.listing = { frame: [...frame, ...frame.slice(-1)], elements };
    mock.timers.tick(5_000);
    assert.equal(told.at(-1), "marks-drift: the nftables table keelson-marks made anew");
    keeper.close();
  });

  for (const [onStop, stays] of [
    ["keep", true],
    ["drain", true],
    ["remove", false],
  ] as const)
    test(`${stays ? "leaves" : "removes"} the marks at an orderly stop with on_stop = "${onStop}"`, () => {
      const { kernel, keeper, journal } = run();
      keeper.configure(marking([port(80)], { onStop }));
      keeper.stop();
      assert.deepEqual([kernel.listing !== undefined, journal.marks], [stays, stays]);
      const { reads } = kernel;
      mock.timers.tick(60_000);
      assert.equal(kernel.reads, reads);
    });

  test("tries again, ever more rarely, when the kernel refuses; tells it once, and the end of it", () => {
    const { kernel, keeper, told } = run();
    kernel.refusal = REFUSED;
    keeper.configure(marking([port(80)]));
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      mock.timers.tick(seconds * 1_000 - 1);
      const before = kernel.written.length;
      mock.timers.tick(1);
      assert.equal(kernel.written.length, before + 1);
    }
    assert.equal(keeper.report?.problem, "no (EPERM)");
    kernel.refusal = undefined;
    mock.timers.tick(30_000);
    assert.equal(keeper.report?.problem, undefined);
    assert.deepEqual(told, ["EPERM", "marks-changed: tcp 10.0.0.100:80 → mark 5 added"]);
    keeper.close();
  });

  for (const [errno, call] of [
    [93, "socket"],
    [22, "NFT_MSG_GETTABLE"],
    [95, "NFT_MSG_NEWTABLE"],
  ] as const)
    test(`names a kernel without nf_tables by its refusal of ${call}`, () => {
      const { kernel, keeper, told } = run();
      kernel.absent = new SystemError(errno, call, "");
      keeper.configure(marking([port(80)]));
      mock.timers.tick(120_000);
      assert.match(
        told.join("\n"),
        /^this kernel has no nf_tables for the family inet: load the module nf_tables [^\n]*$/,
      );
      assert.equal(keeper.report?.problem, told[0]);
      keeper.close();
    });
});
