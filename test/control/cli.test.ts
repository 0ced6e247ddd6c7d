import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { electorSnapshotFile } from "../../src/channel/options.ts";
import { run } from "../support/processes.ts";
import { keelson } from "./keelson.ts";
import { ELECTOR, withRunDir, withServer } from "./target.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Most of the time goes into starting processes. */
const TOGETHER = { concurrency: 4 };

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "keelson-cli-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** The project's modules and the packages that a command line loads. */
async function loadedBy(words: readonly string[]): Promise<string[]> {
  const record = join(mkdtempSync(join(folder, "loads-")), "modules");
  const flags = ["--import", join(import.meta.dirname, "record-loads.mjs")];
  await keelson(words, flags, { LOADED_MODULES: record });
  const files = readFileSync(record, "utf8")
    .split("\n")
    .filter((url) => url.startsWith("file:"))
    .map((url) => relative(ROOT, fileURLToPath(url)));
  return files.filter((file) => !/node_modules\/(tsx|get-tsconfig)\//.test(file));
}

describe("keelson loads", TOGETHER, () => {
  for (const words of [["--version"], ["status", "--help"]]) {
    it(`no package and no verb for ${words.join(" ")}`, async () => {
      const files = await loadedBy(words);
      assert.deepEqual(files.sort(), [
        "src/channel/options.ts",
        "src/channel/version.ts",
        "src/cli.ts",
        "src/config/nearest.ts",
        "src/control/command-line.ts",
        "src/control/exit-code.ts",
        "src/control/help.ts",
        "src/control/verbs.ts",
        "src/net/bug.ts",
      ]);
    });
  }

  it("only what a verb needs for that verb", async () => {
    const files = await loadedBy(["reload", "--run-dir", folder]);
    assert.ok(files.includes("src/control/reload.ts"));
    assert.ok(files.some((file) => file.startsWith("node_modules/zod/")));
    assert.ok(
      !files.some((file) =>
        /src\/(control\/(status|check|plan)|log|linux)|node_modules\/(toml|pino)/.test(file),
      ),
    );
  });
});

describe("keelson", TOGETHER, () => {
  it("prints its version", async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const { status, stdout } = await keelson(["--version"]);
    assert.deepEqual([status, stdout], [0, `${version}\n`]);
  });

  it("refuses what it does not know in one line, with exit code 1", async () => {
    const { status, stdout, stderr } = await keelson(["stauts"]);
    assert.deepEqual([status, stdout], [1, ""]);
    assert.equal(stderr, "keelson: unknown verb stauts (did you mean status?)\n");
  });

  for (const verb of ["status", "reload", "drill", "step-down", "standby", "release", "explain"]) {
    it(`${verb} ends with exit code 3 when no daemon is there`, async () => {
      await withRunDir(async (runDir) => {
        const { status, stdout, stderr } = await keelson([verb, "--run-dir", runDir]);
        assert.deepEqual([status, stdout], [3, ""]);
        assert.equal(stderr, `keelson ${verb}: no daemon: there is no ${runDir}/control.sock\n`);
      });
    });
  }

  for (const words of [
    ["drain", "web/rs1"],
    ["undrain", "web/rs1"],
    ["weight", "web/rs1", "7"],
  ] as const) {
    it(`${words.join(" ")} ends with exit code 3 when no daemon is there`, async () => {
      await withRunDir(async (runDir) => {
        const { status, stderr } = await keelson([...words, "--run-dir", runDir]);
        assert.equal(status, 3);
        assert.match(stderr, /no daemon/);
      });
    });
  }

  it("does not mind that nobody reads its answer", async () => {
    const cli = join(ROOT, "src/cli.ts");
    const command = `${process.execPath} -C source --import tsx ${cli} schema`;
    const { status, stderr } = await run(["bash", "-c", `set -o pipefail; ${command} | head -c 1`]);
    assert.deepEqual([status, stderr], [0, ""]);
  });
});

describe("keelson status", TOGETHER, () => {
  it("prints tables, or JSON", async () => {
    await withServer(async ({ runDir }) => {
      const text = await keelson(["status", "--run-dir", runDir]);
      assert.equal(text.status, 0);
      assert.match(text.stdout, /^lb1: keelson 0\.1\.0/);
      assert.match(text.stdout, /^front {3}Master/m);
      const json = await keelson(["status", "--json", "--run-dir", runDir]);
      assert.equal(JSON.parse(json.stdout).services[0].servers[0].name, "rs1");
    });
  });

  it("shows the elector's own snapshot while the balancer is away", async () => {
    await withRunDir(async (runDir) => {
      const snapshot = { ...ELECTOR, at: Date.now() - 65_000 };
      writeFileSync(electorSnapshotFile(runDir), JSON.stringify(snapshot));
      const { status, stdout } = await keelson(["status", "--run-dir", runDir]);
      assert.equal(status, 0);
      assert.match(stdout, /^The balancer is away: no daemon: there is no .*control\.sock\.$/m);
      assert.match(
        stdout,
        new RegExp(`^The elector \\(process ${process.pid}\\) lives\\..* 1m\\d\\ds ago`, "m"),
      );
      assert.match(stdout, /^back {4}Backup \(held back\)/m);
    });
  });

  it("believes no snapshot of a process that is gone, nor half a one", async () => {
    await withRunDir(async (runDir) => {
      // Above the largest process id there can be.
      writeFileSync(electorSnapshotFile(runDir), JSON.stringify({ ...ELECTOR, pid: 2 ** 22 + 1 }));
      const dead = await keelson(["status", "--run-dir", runDir]);
      assert.deepEqual([dead.status, dead.stdout], [3, ""]);
      assert.match(dead.stderr, /the elector \(process 4194305\) is gone/);
      writeFileSync(electorSnapshotFile(runDir), '{"at": 1');
      assert.equal((await keelson(["status", "--run-dir", runDir])).status, 3);
    });
  });
});

describe("keelson check", TOGETHER, () => {
  it("prints issues on standard error, and ends with exit code 2", async () => {
    const file = join(folder, "bad.toml");
    writeFileSync(file, "[cluster]\nnmae = 1\n");
    const { status, stdout, stderr } = await keelson(["check", file]);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /bad\.toml:2:1: error: .*nmae/);
  });
});

describe("keelson schema", TOGETHER, () => {
  it("is a JSON Schema that knows every table", async () => {
    const { status, stdout } = await keelson(["schema"]);
    assert.equal(status, 0);
    const schema = JSON.parse(stdout);
    assert.deepEqual(Object.keys(schema.properties).sort(), [
      "announce",
      "cluster",
      "directors",
      "ipvs",
      "notify",
      "routers",
      "services",
      "start",
      "static",
      "stop",
      "sync_groups",
      "tracks",
    ]);
  });
});
