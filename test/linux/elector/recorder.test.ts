/** From the elector's inputs to lines in a file: what waits, what is lost, and what a file must be. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { Recorder } from "../../../src/linux/elector/recorder.ts";
import { RecordingFile } from "../../../src/linux/state/recording-file.ts";
import { instant } from "../../../src/net/time.ts";

const HEADER = { version: "0.1.0", node: "lb1", generation: 1, wall: 0, now: instant(0) };
const HEADER_LINE = '{"recording":1}\n';

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "keelson-recorder-"));
  context.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** A recorder, the pieces that it has sent, and a clock in the test's hand. */
function recorder({ mock }: TestContext) {
  mock.timers.enable({ apis: ["setTimeout"] });
  const sent: string[] = [];
  return {
    sent,
    recorder: new Recorder(HEADER, (text) => sent.push(text)),
    wait: () => mock.timers.tick(1_000),
  };
}

function fill(to: Recorder, count: number, length: number): void {
  const detail = "x".repeat(length);
  for (let at = 0; at < count; at++) to.note({ kind: "track", name: "a", detail }, instant(at));
}

/** The header has none. */
function numbers(...pieces: string[]): number[] {
  const lines = pieces.join("").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line).n ?? 0);
}

function upTo(count: number): number[] {
  return Array.from({ length: count + 1 }, (_, index) => index);
}

describe("the elector's recorder", () => {
  it("sends one piece after the other, each when the one before is written", (context) => {
    const { sent, recorder: one, wait } = recorder(context);
    fill(one, 150, 1_000);
    wait();
    assert.deepEqual(sent, [], "nobody is there");
    one.balancerReady();
    for (let count = 1; count <= 3; count++) {
      wait();
      fill(one, 1, 1);
      wait();
      assert.equal(sent.length, count);
      one.written();
    }
    one.finish();
    assert(sent.every(({ length }) => length <= 65_536));
    assert.deepEqual(numbers(...sent), upTo(153));
  });

  it("sends again what a balancer that died had not written", (context) => {
    const { sent, recorder: one, wait } = recorder(context);
    fill(one, 3, 1);
    one.balancerReady();
    wait();
    fill(one, 2, 1);
    one.balancerReady();
    wait();
    assert.deepEqual(
      sent.map((piece) => numbers(piece)),
      [upTo(3), upTo(5)],
    );
  });

  it("sends the rest when the elector ends", (context) => {
    const { sent, recorder: one } = recorder(context);
    fill(one, 2, 1);
    one.finish();
    assert.deepEqual(numbers(...sent), upTo(2));
  });

  it("keeps so much and no more while nobody takes it; the numbers tell what is missing", (context) => {
    const { sent, recorder: one } = recorder(context);
    fill(one, 50, 100_000);
    fill(one, 1, 1);
    one.finish();
    const [rest = ""] = sent;
    assert(rest.length < 4_194_304, `${rest.length}`);
    const kept = numbers(rest);
    assert.deepEqual(kept, [...upTo(kept.length - 2), 51]);
  });
});

describe("the file of a recording", () => {
  it("is appended to, whole lines only, and readable by its owner only", async (context) => {
    const path = join(folder(context), "a.jsonl");
    for (const [before, text] of [
      ["", HEADER_LINE],
      [HEADER_LINE, '{"n":1}\n'],
      [`${HEADER_LINE}{"n":1}\n{"n"`, HEADER_LINE],
    ] as const) {
      if (before !== "") writeFileSync(path, before);
      const reasons: string[] = [];
      const file = new RecordingFile(path, (reason) => reasons.push(reason));
      await file.write(text);
      await file.close();
      const gap = before.endsWith("\n") || before === "" ? "" : "\n";
      assert.equal(readFileSync(path, "utf8"), `${before}${gap}${text}`);
      assert.deepEqual(reasons, []);
    }
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("does not grow beyond its limit, and says so once", async (context) => {
    const path = join(folder(context), "a.jsonl");
    const reasons: string[] = [];
    const file = new RecordingFile(path, (reason) => reasons.push(reason), 1_048_576);
    const line = `${"x".repeat(299_999)}\n`;
    await file.write(HEADER_LINE);
    for (let count = 0; count < 9; count++) await file.write(line);
    await file.close();
    assert.deepEqual(reasons, ["it would have more than 1 MiB"]);
    assert.equal(statSync(path).size, HEADER_LINE.length + 3 * line.length);
  });

  for (const [title, prepare, reason] of [
    [
      "something else",
      (path: string) => writeFileSync(path, "root:x:0:0\n"),
      /^it is there, and is no recording$/,
    ],
    ["a link", (path: string) => symlinkSync("/dev/null", path), /^ELOOP/],
    ["a folder", (path: string) => mkdirSync(path), /^EISDIR/],
  ] as const) {
    it(`is not ${title} that is there already`, async (context) => {
      const path = join(folder(context), "a.jsonl");
      prepare(path);
      const reasons: string[] = [];
      const file = new RecordingFile(path, (one) => reasons.push(one));
      await file.write(HEADER_LINE);
      await file.write(HEADER_LINE);
      assert.equal(reasons.length, 1);
      assert.match(reasons[0] ?? "", reason);
      if (title === "something else") assert.equal(readFileSync(path, "utf8"), "root:x:0:0\n");
    });
  }
});
