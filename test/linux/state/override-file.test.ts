import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { Override } from "../../../src/balance/override.ts";
import { OverrideFile } from "../../../src/linux/state/override-file.ts";
import { instant, seconds } from "../../../src/net/time.ts";
import { server, service } from "../../balance/fixture.ts";

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);
const CLOCKS = { now: instant(seconds(1_000)), at: AT };
const SEVEN: Override = { kind: "weight", weight: 7, by: "anna", at: AT };
const DRAIN: Override = {
  kind: "drain",
  connections: 2,
  deadline: instant(seconds(1_060)),
  by: "root",
  at: AT,
};

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "keelson-"));
  context.after(() => rmSync(path, { recursive: true }));
  return path;
}

describe("what operators have said", () => {
  it("outlives a restart, readable by its owner only", (context) => {
    const state = folder(context);
    const first = new OverrideFile(state, CLOCKS);
    assert.equal(first.set("web/rs1", SEVEN, CLOCKS), undefined);
    assert.equal(first.set("web/rs2", DRAIN, CLOCKS), undefined);
    const second = new OverrideFile(state, CLOCKS);
    assert.deepEqual(Object.fromEntries(second.all), { "web/rs1": SEVEN, "web/rs2": DRAIN });
    assert.equal(statSync(join(state, "overrides.json")).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(state), ["overrides.json"]);
    assert.equal(second.set("web/rs1", undefined, CLOCKS), undefined);
    assert.deepEqual([...new OverrideFile(state, CLOCKS).all.keys()], ["web/rs2"]);
  });

  it("keeps its deadlines in the world's time: a reboot begins another monotonic clock", (context) => {
    const state = folder(context);
    new OverrideFile(state, CLOCKS).set("web/rs2", DRAIN, CLOCKS);
    const halfAMinuteLater = { now: instant(seconds(7)), at: AT + 30_000 };
    const after = new OverrideFile(state, halfAMinuteLater).all.get("web/rs2");
    assert.equal(after?.kind === "drain" ? after.deadline : undefined, seconds(37));
  });

  it("is forgotten with its server, and named", (context) => {
    const state = folder(context);
    const file = new OverrideFile(state, CLOCKS);
    file.set("web/rs1", SEVEN, CLOCKS);
    file.set("api/rs1", SEVEN, CLOCKS);
    assert.deepEqual(file.keepFor([service([server("rs1")])], CLOCKS), ["api/rs1"]);
    assert.deepEqual([...new OverrideFile(state, CLOCKS).all.keys()], ["web/rs1"]);
    assert.deepEqual(file.keepFor([service([server("rs1")])], CLOCKS), []);
  });

  it("is as it was when it cannot be written down", (context) => {
    const state = join(folder(context), "file");
    writeFileSync(state, "");
    const file = new OverrideFile(state, CLOCKS);
    assert.notEqual(file.set("web/rs1", SEVEN, CLOCKS), undefined);
    assert.equal(file.all.size, 0);
  });

  for (const [title, spoil] of [
    ["cut short", (text: string) => text.slice(0, -9)],
    ["of another shape", () => '{"web/rs1": 7}'],
  ] as const) {
    it(`is nothing in a file ${title}`, (context) => {
      const state = folder(context);
      new OverrideFile(state, CLOCKS).set("web/rs1", SEVEN, CLOCKS);
      const path = join(state, "overrides.json");
      writeFileSync(path, spoil(readFileSync(path, "utf8")));
      assert.equal(new OverrideFile(state, CLOCKS).all.size, 0);
    });
  }
});
