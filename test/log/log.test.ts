import assert from "node:assert/strict";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { must, OwnedProcess, run } from "../support/processes.ts";
import { until } from "../support/until.ts";
import { SAMPLES } from "./samples.ts";

const TALKER = [process.execPath, "-C", "source", "--import", "tsx", join(import.meta.dirname, "talker.ts")];

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "keelson-log-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function objects(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("the log on a pipe", () => {
  it("is one JSON object per line, with the event's own fields", async () => {
    const lines = objects(await must([...TALKER, "all"]));
    assert.equal(lines.length, Object.values(SAMPLES).flat().length);
    const [first] = lines;
    assert.ok(first);
    const { pid, time, ...rest } = first;
    assert.equal(typeof pid, "number");
    assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.deepEqual(rest, {
      level: "notice",
      process: "elector",
      message:
        "front: Backup → Master: no advert arrived within the master-down interval (192.0.2.12, priority 150)",
      ...SAMPLES.transition[0],
    });
  });

  it("loses nothing at an exit in the same moment", async () => {
    const [line] = objects(await must([...TALKER, "one"]));
    assert.equal(line?.["kind"], "stall");
  });

  it("has a crash as its last line, after all others", async () => {
    const { status, stdout } = await run([...TALKER, "crash"]);
    assert.equal(status, 1);
    const lines = objects(stdout);
    assert.deepEqual(
      lines.map(({ level }) => level),
      ["warn", "fatal"],
    );
    assert.match(String(lines[1]?.["message"]), /^Error: boom\n\s+at /);
  });

  it("does not mind that its reader is gone", async () => {
    const command = [...TALKER, "many"].join(" ");
    await must(["bash", "-c", `set -o pipefail; ${command} | head -c 100 > ${folder}/head`]);
  });
});

describe("the log of a systemd service", () => {
  it("starts each line with its priority when standard output is the journal", async () => {
    const file = join(folder, "journal");
    writeFileSync(file, "");
    const { dev, ino } = statSync(file);
    await must(["bash", "-c", `exec ${TALKER.join(" ")} all >> ${file}`], {
      env: { JOURNAL_STREAM: `${dev}:${ino}` },
    });
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    assert.match(lines[0] ?? "", /^<5>\{"level":"notice"/);
    assert.match(lines[1] ?? "", /^<3>\{"level":"error"/);
    for (const line of lines) assert.match(line, /^<[3-7]>\{/);
  });

  it("and does not when that is something else", async () => {
    const text = await must([...TALKER, "one"], { env: { JOURNAL_STREAM: "1:2" } });
    assert.match(text, /^\{/);
  });
});

describe("a reader that has stopped", () => {
  async function withFifo(use: (path: string, descriptor: number) => Promise<void>): Promise<void> {
    const path = join(folder, "fifo");
    await must(["mkfifo", path]);
    // Open for both, so that nobody waits for the other end.
    const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      await use(path, descriptor);
    } finally {
      closeSync(descriptor);
      rmSync(path);
    }
  }

  it("does not keep the process from ending", async () => {
    await withFifo(async (path) => {
      await must(["bash", "-c", `exec ${TALKER.join(" ")} many > ${path}`]);
    });
  });

  it("neither freezes the process nor costs more than the bound; what it missed is counted", async () => {
    await withFifo(async (path, descriptor) => {
      const talker = new OwnedProcess(["bash", "-c", `exec ${TALKER.join(" ")} many-and-stay > ${path}`]);
      await until("sign of life", () => talker.stderr.includes("still alive"));
      const text = await until("line about lost lines", () => readUntil(descriptor, '"log-lines-lost"'));
      assert.equal((await talker.stop()).status, 0);
      const lines = objects(text);
      const kept = lines.filter(({ kind }) => kind === "drop").length;
      const lost = lines.find(({ kind }) => kind === "log-lines-lost");
      assert.ok(kept > 1_000 && kept < 20_000);
      assert.equal(lost?.["count"], 20_000 - kept);
    });
  });
});

const partial: string[] = [];

/** All that was read so far, once it has a line with `wanted`. */
function readUntil(descriptor: number, wanted: string): string | undefined {
  const buffer = Buffer.alloc(65_536);
  try {
    for (;;) partial.push(buffer.toString("utf8", 0, readSync(descriptor, buffer)));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
  }
  const text = partial.join("");
  return text.includes(wanted) && text.endsWith("\n") ? text : undefined;
}
