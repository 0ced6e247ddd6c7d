/** Whom a pair of directors tells that a router has moved, also across deaths, reloads and stops. */
import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readIfThere } from "../../src/linux/state/state-files.ts";
import {
  type DirectorProcess,
  isRunning,
  pairFile,
  startDirector,
  startPair,
} from "../support/director-process.ts";
import { type Lab, labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { until } from "../support/until.ts";

const DONE = 0;
let traces = 0;

/** A script that writes down who told it what, and the cluster file that names it. */
class Diary {
  readonly #trace: string;
  readonly table: string;

  constructor(lab: Lab, keys = "") {
    const base = join(lab.folder, `diary-${++traces}`);
    this.#trace = `${base}.txt`;
    const script = `${base}.sh`;
    writeFileSync(this.#trace, "");
    const line = "$KEELSON_DIRECTOR $2 $3 from [$KEELSON_FROM] because $KEELSON_CAUSE";
    writeFileSync(script, `#!/bin/sh\necho "${line}" >> "$1"\n`);
    chmodSync(script, 0o755);
    const command = `command = ["${script}", "${this.#trace}"]`;
    this.table = `[notify.diary]\ntype = "script"\nuser = "root"\n${command}\n${keys}`;
  }

  /** Of one director, in order. */
  of(director: string): string[] {
    const lines = readFileSync(this.#trace, "utf8").split("\n");
    return lines.filter((line) => line.startsWith(director)).map((line) => line.slice(director.length + 1));
  }

  async has(director: string, expected: readonly string[]): Promise<void> {
    const explain = () => readFileSync(this.#trace, "utf8");
    await until(`${director}: ${expected.join()}`, () => this.of(director).length >= expected.length, {
      explain,
    });
    assert.deepEqual(this.of(director), expected);
  }
}

describe("a script that is told of transitions", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("runs on both directors at the start, at a drill and at a fail-over", async (context) => {
    const diary = new Diary(lab());
    const [first, second] = await startPair(context, lab(), pairFile({ more: diary.table }));
    const started = ["front Backup from [Initialize] because startup"];
    const claimed = "front Master from [Backup] because master-silent";
    await diary.has("lb2", started);
    await until("the first master", () => diary.of("lb1").includes(claimed));

    first.signal("SIGUSR2");
    await second.state("Master");
    await diary.has("lb2", [...started, "front Master from [Backup] because master-left"]);
    await until("the one that was drilled", () =>
      diary.of("lb1").includes("front Backup from [Leaving] because hand-over-done"),
    );

    await second.crash();
    await until("its successor", () => diary.of("lb1").at(-1) === claimed);
    assert.deepEqual(first.eventsOf("notify-failed"), []);
  });

  it("is told again where the router is by the successor of a killed balancer", async (context) => {
    const diary = new Diary(lab());
    const first = startDirector(context, lab(), "d1", pairFile({ more: diary.table }));
    await first.state("Master");
    const seen = await told(first, "Master");
    first.signalBalancer("SIGKILL");
    await first.event("balancer-died");
    await until("the news again", () => first.eventsOf("notified").length > seen);
    const last = diary.of("lb1").at(-1);
    assert.equal(last, "front Master from [] because master-silent");
  });

  it("does not go on beside its successor when its balancer is killed", async (context) => {
    const folder = lab().folder;
    const script = join(folder, "slow.sh");
    writeFileSync(script, `#!/bin/sh\necho $$ >> ${folder}/slow.txt\nsleep 1000\n`);
    chmodSync(script, 0o755);
    const keys = `type = "script"\nuser = "root"\ncommand = ["${script}"]\ntimeout = "10m"\n`;
    const first = startDirector(context, lab(), "d1", pairFile({ more: `[notify.slow]\n${keys}` }));
    const started = () => readIfThere(`${folder}/slow.txt`)?.trim().split("\n") ?? [];
    await until("the first", () => started().length === 1);
    await first.state("Master");
    first.signalBalancer("SIGKILL");
    await until("the second", () => started().length === 2);
    const [before, after] = started().map(Number);
    assert(before !== undefined && after !== undefined);
    await until("the end of the first", () => !isRunning(before));
    assert.equal(isRunning(after), true);
    first.signal("SIGTERM");
    await first.ended;
    assert.equal(isRunning(after), false);
  });

  it("is told where the router is when a reload brings it, and nothing by the next one", async (context) => {
    const diary = new Diary(lab());
    const first = startDirector(context, lab(), "d1", pairFile());
    await first.state("Master");
    first.write(pairFile({ more: diary.table }));
    assert.equal((await first.reload()).kind, "accepted");
    const expected = ["front Master from [Backup] because master-silent"];
    await diary.has("lb1", expected);
    const more = `${diary.table}[notify.other]\ntype = "fifo"\npath = "${first.runDir}/events.fifo"\n`;
    first.write(pairFile({ more }));
    assert.equal((await first.reload()).kind, "accepted");
    first.signal("SIGTERM");
    await first.ended;
    assert.deepEqual(diary.of("lb1"), expected);
  });

  it("is told of the end, if it wants to hear of it, before the director is gone", async (context) => {
    const diary = new Diary(lab(), 'states = ["Leaving", "Initialize"]\n');
    const [first] = await startPair(context, lab(), pairFile({ more: diary.table }));
    first.signal("SIGTERM");
    const { status } = await first.ended;
    assert.equal(status, DONE);
    assert.equal(diary.of("lb1").at(-1), "front Initialize from [Leaving] because hand-over-done");
  });

  it("that is not safe is refused, and said so", async (context) => {
    const diary = new Diary(lab());
    const script = /"([^"]*\.sh)"/.exec(diary.table)?.[1] ?? "";
    chmodSync(script, 0o777);
    const file = pairFile({ more: diary.table });
    const first = startDirector(context, lab(), "d1", file);
    const { reason, detail } = await first.event("notify-failed");
    assert.deepEqual([reason, detail], ["unsafe", `${script} can be written by everybody`]);
    assert.deepEqual(diary.of("lb1"), []);
    const check = await first.command("check", "--host", "--node", "lb1", first.clusterFile);
    const line = `error: notifier diary: root will not run ${script}: ${detail}`;
    assert.ok(check.stderr.includes(line), check.stderr);
  });
});

/** Waits for that, and counts what was told so far. */
async function told(director: DirectorProcess, state: string): Promise<number> {
  await director.event("notified", (event) => event.state === state);
  return director.eventsOf("notified").length;
}
