import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after as afterAll, before, describe, it } from "node:test";
import { installedVersion } from "../../src/channel/version.ts";
import type { ElectorInput } from "../../src/elector/input.ts";
import { RecordingWriter } from "../../src/elector/recording.ts";
import { hmac } from "../../src/linux/elector/hmac.ts";
import { after, type Instant, instant, micros, millis } from "../../src/net/time.ts";
import { OWN_ADDRESS, routerSettings } from "../support/director.ts";
import { verb } from "./keelson.ts";

const NOW = instant(5_000_000);
const HEADER = {
  version: installedVersion(),
  node: "lb1",
  generation: 3,
  wall: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  now: NOW,
};
/** RFC 9568 §6.1: three intervals of 100 ms, and a skew of (256 - 100) / 256 of one. */
const DOWN = micros(360_938);

/** A lone router's life: it waits for its master-down interval, claims, and is stopped. */
function life(changes: Partial<typeof HEADER> = {}): string[] {
  const writer = new RecordingWriter(hmac);
  const inputs: readonly (readonly [ElectorInput, Instant])[] = [
    [{ kind: "link", interface: "eth0", up: true }, NOW],
    [{ kind: "source", interface: "eth0", family: 4, address: OWN_ADDRESS }, NOW],
    [{ kind: "configure", routers: [routerSettings()], journal: new Set() }, NOW],
    [{ kind: "tick" }, after(NOW, DOWN)],
    [{ kind: "stop" }, after(NOW, millis(400))],
    [{ kind: "stop" }, after(NOW, millis(401))],
  ];
  return [writer.header({ ...HEADER, ...changes }), ...inputs.map(([input, at]) => writer.line(input, at))];
}

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "keelson-replay-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileWith(text: string): string {
  const path = join(folder, "front.jsonl");
  writeFileSync(path, text);
  return path;
}

describe("the verb replay", () => {
  it("prints every transition of every life, with its instant and its cause", async () => {
    const again = life({ generation: 4, wall: HEADER.wall + 60_000 });
    const { status, stdout, stderr } = await verb("replay", fileWith([...life(), ...again].join("")));
    assert.deepEqual([status, stderr], [0, ""]);
    const lines = stdout.trimEnd().split("\n");
    assert.deepEqual(lines.slice(0, 5), [
      `lb1, keelson ${HEADER.version}, generation 3`,
      "2026-01-02T03:04:05.006000Z  front  Initialize → Backup  startup: the router was configured and its link and source address are there",
      "2026-01-02T03:04:05.366938Z  front  Backup → Master  master-silent: no advert arrived within the master-down interval (nobody was heard)",
      "2026-01-02T03:04:05.406000Z  front  Master → Leaving  stop: an orderly stop was asked for",
      "2026-01-02T03:04:05.407000Z  front  Leaving → Initialize  let-go: the deadline of an orderly stop passed without a successor, or a second stop was asked for (asked twice)",
    ]);
    assert.equal(lines[5], `lb1, keelson ${HEADER.version}, generation 4`);
    assert.match(lines[7] ?? "", /^2026-01-02T03:05:05\.366938Z {2}front {2}Backup → Master/);
    assert.equal(lines.length, 10);
  });

  it("prints objects with --json", async () => {
    const { stdout } = await verb("replay", "--json", fileWith(life().join("")));
    const claim = JSON.parse(stdout.split("\n")[1] ?? "");
    assert.deepEqual(claim, {
      time: "2026-01-02T03:04:05.366938Z",
      at: NOW + DOWN,
      router: "front",
      from: "Backup",
      to: "Master",
      cause: "master-silent",
      detail: "nobody was heard",
    });
  });

  const lines = life();
  for (const [title, text, place] of [
    ["inputs that are missing", lines.toSpliced(4, 1), ":5: note: 1 inputs are missing before this one"],
    ["a line that was cut short", [...lines, '{"n":7,"at'], ":8: note: the last line is cut short"],
    ["a recording of another version", life({ version: "0.0.9" }), ":1: note: recorded by keelson 0.0.9"],
  ] as const) {
    it(`goes on after ${title}, and says so`, async () => {
      const file = fileWith(text.join(""));
      const { status, stderr } = await verb("replay", file);
      assert.equal(status, 0);
      assert(stderr.startsWith(`${file}${place}`), stderr);
    });
  }

  for (const [title, rest] of [
    ["another life", life({ generation: 4 })],
    ["the same lines again", life()],
    ["what it would have said", life().slice(5)],
  ] as const) {
    it(`goes on after a line in the middle that was cut short, for ${title} follows`, async () => {
      const file = fileWith([...lines.slice(0, 5), '{"n":5,"at\n', ...rest].join(""));
      const { status, stdout, stderr } = await verb("replay", file);
      assert.deepEqual([status, stderr], [0, ""]);
      const states = stdout.match(/(?<=→ )\w+/g);
      const first = ["Backup", "Master"];
      const all = [...first, "Leaving", "Initialize"];
      assert.deepEqual(states, title === "another life" ? [...first, ...all] : all);
    });
  }

  for (const [title, text, message] of [
    ["what is no JSON", [...lines.slice(0, 2), "}\n", ...lines.slice(3)], ":3: error: it is no JSON"],
    ["what is no input", [...lines.slice(0, 2), '{"n":2,"at":1,"kind":"x"}\n'], ":3: error: kind: "],
    ["an input without a header", lines.slice(1), ":1: error: an input before any header"],
    [
      "time that goes back",
      [lines[0], '{"n":1,"at":4,"kind":"tick"}\n'],
      ":2: error: it is older than the line before",
    ],
    ["an empty file", [], ": error: it is no recording"],
    [
      "settings that no elector wrote",
      [...lines.slice(0, 3), (lines[3] ?? "").replace('"tracks":[]', '"tracks":null')],
      ":4: error: the engine failed: ",
    ],
  ] as const) {
    it(`ends with exit code 1 and the place at ${title}`, async () => {
      const file = fileWith(text.join(""));
      const { status, stderr } = await verb("replay", file);
      assert.equal(status, 1);
      assert(stderr.startsWith(`${file}${message}`), stderr);
    });
  }

  it("needs a file that can be read", async () => {
    const none = await verb("replay");
    assert.deepEqual(
      [none.status, none.stderr],
      [1, "keelson replay: say which recording (keelson replay --help)\n"],
    );
    for (const file of [folder, join(folder, "missing")]) {
      const { status, stderr } = await verb("replay", file);
      assert.equal(status, 1);
      assert.match(stderr, /^keelson replay: E(ISDIR|NOENT): /);
    }
  });
});
