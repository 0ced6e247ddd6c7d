import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { electorSnapshotFile } from "../../src/channel/options.ts";
import { SAMPLES } from "../log/samples.ts";
import { run } from "../support/processes.ts";
import { keelson } from "./keelson.ts";
import { ELECTOR, withRunDir, withServer } from "./target.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Most of the time goes into starting processes. */
const TOGETHER = { concurrency: 4 };
const GOOD = `[cluster]
name = "shop"
[directors.lb1]
interface = "eth0"
[directors.lb2]
interface = "eth0"
[routers.front]
vrid = 51
interval = "100ms"
priority = { lb1 = 150, lb2 = 100 }
addresses = ["192.0.2.100", { address = "10.0.0.1", interface = "eth1" }]
[services.web]
listen = ["192.0.2.100:80"]
[services.web.servers.rs1]
address = "10.0.0.11:8080"
`;

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "keelson-cli-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function fileWith(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

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

  for (const verb of ["status", "reload", "drill", "explain"]) {
    it(`${verb} ends with exit code 3 when no daemon is there`, async () => {
      await withRunDir(async (runDir) => {
        const { status, stdout, stderr } = await keelson([verb, "--run-dir", runDir]);
        assert.deepEqual([status, stdout], [3, ""]);
        assert.equal(stderr, `keelson ${verb}: no daemon: there is no ${runDir}/control.sock\n`);
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

describe("keelson reload", TOGETHER, () => {
  const cases = [
    [{ kind: "accepted", changes: ["add server web/rs2"] }, 0, "in force:\n  add server web/rs2\n", ""],
    [{ kind: "accepted", changes: [] }, 0, "in force: no change\n", ""],
    [
      { kind: "bad-file", issues: ["a.toml:1:1: error: x"] },
      2,
      "",
      "a.toml:1:1: error: x\nkeelson reload: refused, nothing was changed\n",
    ],
    [
      { kind: "refused", reason: "no IPVS" },
      1,
      "",
      "keelson reload: refused, nothing was changed: no IPVS\n",
    ],
  ] as const;
  for (const [outcome, status, stdout, stderr] of cases) {
    it(`ends with ${status} when the daemon says ${outcome.kind}`, async () => {
      await withServer(async ({ runDir, target }) => {
        target.reload = () => Promise.resolve(outcome);
        const ending = await keelson(["reload", "--run-dir", runDir]);
        assert.deepEqual([ending.status, ending.stdout, ending.stderr], [status, stdout, stderr]);
      });
    });
  }
});

describe("keelson drill", TOGETHER, () => {
  it("names who hands over, or why nobody does", async () => {
    await withServer(async ({ runDir, target }) => {
      const started = await keelson(["drill", "--run-dir", runDir]);
      assert.deepEqual([started.status, started.stdout], [0, "handing over: front\n"]);
      target.drilled = { kind: "refused", reason: "no router is master here" };
      const refused = await keelson(["drill", "--run-dir", runDir]);
      assert.equal(refused.status, 1);
      assert.equal(refused.stderr, "keelson drill: refused: no router is master here\n");
    });
  });
});

describe("keelson explain", TOGETHER, () => {
  it("tells what happened and why, oldest first", async () => {
    await withServer(async ({ runDir, target }) => {
      const quiet = await keelson(["explain", "--run-dir", runDir]);
      assert.equal(quiet.stdout, "Nothing is remembered.\n");
      target.ring.add(Date.UTC(2026, 0, 2, 3, 4, 5, 6), SAMPLES.transition[0]);
      target.ring.add(Date.UTC(2026, 0, 2, 3, 4, 5, 7), SAMPLES["server-down"][0]);
      const all = await keelson(["explain", "--run-dir", runDir]);
      assert.deepEqual(all.stdout.trimEnd().split("\n"), [
        "2026-01-02T03:04:05.006Z  notice  front: Backup → Master: no advert arrived within the master-down interval (192.0.2.12, priority 150)",
        "2026-01-02T03:04:05.007Z  warn    web/rs1 is down: the HTTP status is none of those wanted (503)",
      ]);
      const one = await keelson(["explain", "front", "--json", "--run-dir", runDir]);
      assert.equal(JSON.parse(one.stdout).length, 1);
    });
  });
});

describe("keelson check", TOGETHER, () => {
  it("says what a good file would do on a director, or on all", async () => {
    const file = fileWith("good.toml", GOOD);
    const one = await keelson(["check", file, "--node", "lb2"]);
    assert.deepEqual([one.status, one.stderr], [0, ""]);
    assert.deepEqual(one.stdout.trimEnd().split("\n"), [
      `${file} is good.`,
      "",
      "lb2:",
      "  router front: VRID 51 on eth0, priority 100, every 100ms: 192.0.2.100/32, 10.0.0.1/32 on eth1",
      "  service web: tcp 192.0.2.100:80, wlc, 1 server, checked by tcp every 2s",
    ]);
    const all = await keelson(["check", file]);
    assert.equal(all.status, 0);
    assert.match(all.stdout, /^lb1:$[\s\S]*^lb2:$/m);
  });

  it("prints every issue with its place, and ends with exit code 2", async () => {
    const file = fileWith("bad.toml", GOOD.replace("vrid = 51", "vird = 51\npriorty = 3"));
    const { status, stdout, stderr } = await keelson(["check", file]);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /bad\.toml:8:1: error: .*vird/);
    assert.match(stderr, /bad\.toml:9:1: error: .*priorty/);
  });

  it("knows that there is no such file, and no such director", async () => {
    const missing = await keelson(["check", join(folder, "missing.toml")]);
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /^cannot read .*missing\.toml/);
    const stranger = await keelson(["check", fileWith("good.toml", GOOD), "--node", "lb9"]);
    assert.equal(stranger.status, 2);
    assert.match(stranger.stderr, /no director lb9/);
  });
});

describe("keelson plan", TOGETHER, () => {
  it("compares with the accepted file", async () => {
    const state = mkdtempSync(join(folder, "state-"));
    const plan = (file: string) => keelson(["plan", file, "--node", "lb1", "--state-dir", state]);
    const file = fileWith("good.toml", GOOD);
    const first = await plan(file);
    assert.equal(first.status, 0);
    assert.match(first.stderr, /^nothing was accepted yet/);
    assert.match(first.stdout, /front[\s\S]*web/);
    writeFileSync(join(state, "accepted.toml"), GOOD);
    assert.equal((await plan(file)).stdout, "no change\n");
    const changed = await plan(fileWith("changed.toml", GOOD.replace("lb1 = 150", "lb1 = 90")));
    assert.match(changed.stdout, /front.*150.*90/);
    assert.equal((await plan(fileWith("bad.toml", "nonsense"))).status, 2);
  });
});

describe("keelson schema", TOGETHER, () => {
  it("is a JSON Schema that knows every table", async () => {
    const { status, stdout } = await keelson(["schema"]);
    assert.equal(status, 0);
    const schema = JSON.parse(stdout);
    assert.deepEqual(Object.keys(schema.properties).sort(), [
      "cluster",
      "directors",
      "routers",
      "services",
      "stop",
    ]);
  });
});
