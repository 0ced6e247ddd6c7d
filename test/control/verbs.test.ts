import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { seconds } from "../../src/net/time.ts";
import { SAMPLES } from "../log/samples.ts";
import { verb } from "./keelson.ts";
import { withServer } from "./target.ts";

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

describe("the verb reload", () => {
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
        const ending = await verb("reload", "--run-dir", runDir);
        assert.deepEqual([ending.status, ending.stdout, ending.stderr], [status, stdout, stderr]);
      });
    });
  }

  it("asks for what neighbours would reject only when it is told to", async () => {
    await withServer(async ({ runDir, target }) => {
      await verb("reload", "--run-dir", runDir);
      await verb("reload", "--wire-breaking", "--run-dir", runDir);
      assert.deepEqual(target.wishes, [{ wireBreaking: false }, { wireBreaking: true }]);
    });
  });
});

describe("the verb drill", () => {
  it("names who hands over, or why nobody does", async () => {
    await withServer(async ({ runDir, target }) => {
      const started = await verb("drill", "--run-dir", runDir);
      assert.deepEqual([started.status, started.stdout], [0, "handing over: front\n"]);
      target.drilled = { kind: "started", routers: ["front"], wait: seconds(3) };
      const waiting = await verb("drill", "--run-dir", runDir);
      assert.equal(waiting.stdout, "handing over in 3s, when others know of all connections: front\n");
      target.drilled = { kind: "refused", reason: "no router is master here" };
      const refused = await verb("drill", "--run-dir", runDir);
      assert.equal(refused.status, 1);
      assert.equal(refused.stderr, "keelson drill: refused: no router is master here\n");
    });
  });
});

describe("the verbs standby, release and step-down", () => {
  const cases = [
    ["standby", "on standby until `keelson release`\n", [true]],
    ["release", "released: the priorities of the cluster file count again\n", [false]],
    ["step-down", "", []],
  ] as const;
  for (const [name, said, wishes] of cases) {
    it(`${name} says who hands over, or why it is refused`, async () => {
      await withServer(async ({ runDir, target }) => {
        const done = await verb(name, "--run-dir", runDir);
        assert.deepEqual([done.status, done.stdout], [0, `${said}handing over: front\n`]);
        assert.deepEqual(target.standbys, wishes);
        target.drilled = { kind: "refused", reason: "no router is master here" };
        const refused = await verb(name, "--run-dir", runDir);
        assert.deepEqual(
          [refused.status, refused.stderr],
          [1, `keelson ${name}: refused: no router is master here\n`],
        );
      });
    });
  }

  it("say nothing of routers when none hands over", async () => {
    await withServer(async ({ runDir, target }) => {
      target.drilled = { kind: "started", routers: [] };
      const { stdout } = await verb("standby", "--run-dir", runDir);
      assert.equal(stdout, "on standby until `keelson release`\n");
    });
  });
});

describe("the verb explain", () => {
  it("tells what happened and why, oldest first", async () => {
    await withServer(async ({ runDir, target }) => {
      const quiet = await verb("explain", "--run-dir", runDir);
      assert.equal(quiet.stdout, "Nothing is remembered.\n");
      target.ring.add(Date.UTC(2026, 0, 2, 3, 4, 5, 6), SAMPLES.transition[0]);
      target.ring.add(Date.UTC(2026, 0, 2, 3, 4, 5, 7), SAMPLES["server-down"][0]);
      const all = await verb("explain", "--run-dir", runDir);
      assert.deepEqual(all.stdout.trimEnd().split("\n"), [
        "2026-01-02T03:04:05.006Z  notice  front: Backup → Master: no advert arrived within the master-down interval (192.0.2.12, priority 150)",
        "2026-01-02T03:04:05.007Z  warn    web/rs1 is down: the HTTP status is none of those wanted (503)",
      ]);
      const one = await verb("explain", "front", "--json", "--run-dir", runDir);
      assert.equal(JSON.parse(one.stdout).length, 1);
    });
  });
});

describe("the verb check", () => {
  it("says what a good file would do on a director, or on all", async () => {
    const file = fileWith("good.toml", GOOD);
    const one = await verb("check", file, "--node", "lb2");
    assert.deepEqual([one.status, one.stderr], [0, ""]);
    assert.deepEqual(one.stdout.trimEnd().split("\n"), [
      `${file} is good.`,
      "",
      "lb2:",
      "  router front: VRID 51 on eth0, VRRPv3 over IPv4, priority 100, every 100ms: 192.0.2.100/32, 10.0.0.1/32 on eth1",
      "  service web: tcp 192.0.2.100:80, wlc, 1 server, checked by tcp every 2s",
    ]);
    const all = await verb("check", file);
    assert.equal(all.status, 0);
    assert.match(all.stdout, /^lb1:$[\s\S]*^lb2:$/m);
  });

  it("prints every issue with its place, and ends with exit code 2", async () => {
    const file = fileWith("bad.toml", GOOD.replace("vrid = 51", "vird = 51\npriorty = 3"));
    const { status, stdout, stderr } = await verb("check", file);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /bad\.toml:8:1: error: .*vird/);
    assert.match(stderr, /bad\.toml:9:1: error: .*priorty/);
  });

  it("knows that there is no such file, and no such director", async () => {
    const missing = await verb("check", join(folder, "missing.toml"));
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /^cannot read .*missing\.toml/);
    const stranger = await verb("check", fileWith("good.toml", GOOD), "--node", "lb9");
    assert.equal(stranger.status, 2);
    assert.match(stranger.stderr, /no director lb9/);
  });
});

describe("the verb doctor", () => {
  it("says what this host lacks, and what it does not, and ends with exit code 1", async () => {
    const file = fileWith(
      "nowhere.toml",
      GOOD.replaceAll('"eth0"', '"kl-nowhere"').replaceAll('"eth1"', '"kl-nowhere"'),
    );
    const { status, stdout } = await verb("doctor", "--config", file, "--node", "lb1", "--state-dir", folder);
    assert.equal(status, 1);
    assert.match(stdout, /^error {4}interfaces: interface kl-nowhere: there is none on this host$/m);
    assert.match(stdout, /^ok {7}.*\baddresses\b/m);
  });

  it("knows that the file is bad, and no such director", async () => {
    assert.equal((await verb("doctor", "--config", fileWith("bad.toml", "nonsense"))).status, 2);
    const stranger = await verb("doctor", "--config", fileWith("good.toml", GOOD), "--node", "lb9");
    assert.deepEqual([stranger.status, stranger.stdout], [2, ""]);
  });
});

describe("the verb plan", () => {
  it("compares with the accepted file", async () => {
    const state = mkdtempSync(join(folder, "state-"));
    const plan = (file: string) => verb("plan", file, "--node", "lb1", "--state-dir", state);
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

  it("says what would change in the kernel's table, and in no more than a thousand lines", async () => {
    const state = mkdtempSync(join(folder, "state-"));
    writeFileSync(join(state, "accepted.toml"), GOOD);
    const plan = (text: string) =>
      verb("plan", fileWith("table.toml", text), "--node", "lb1", "--state-dir", state);
    const changed = await plan(`${GOOD}weight = 3\n[services.web.servers.rs2]\naddress = "10.0.0.12:8080"\n`);
    assert.deepEqual(changed.stdout.trimEnd().split("\n"), [
      "service web: server rs1: weight 1 → 3",
      "service web: server rs2 added (10.0.0.12:8080, nat, weight 1)",
      "IPVS, while every server is healthy:",
      "  add tcp 192.0.2.100:80 → 10.0.0.12:8080 (nat, weight 1)",
      "  set tcp 192.0.2.100:80 → 10.0.0.11:8080: weight 1 → 3",
    ]);
    const rehearsed = await plan(`${GOOD}weight = 3\n[ipvs]\nmode = "observe"\n`);
    assert.match(rehearsed.stdout, /^IPVS would change, if it were not only observed:$/m);
    assert.doesNotMatch((await plan(GOOD.replace("150", "140"))).stdout, /IPVS/);
    const gone = await plan(GOOD.replace("[services.web]", "[services.api]").replace(".web.", ".api."));
    assert.match(gone.stdout, /^service web removed/m);
    assert.doesNotMatch(gone.stdout, /IPVS/, "another name, and the same table");
    const many = Array.from(
      { length: 1_200 },
      (_, one) => `s${one} = { address = "10.1.${one >> 8}.${one & 255}:80" }`,
    );
    const lines = (
      await plan(
        `${GOOD}[services.big]\nlisten = ["192.0.2.100:81"]\n[services.big.servers]\n${many.join("\n")}\n`,
      )
    ).stdout;
    assert.equal(lines.trimEnd().split("\n").at(-1), "  … and 201 more");
  });

  it("says that the table does not move to another network namespace but by a restart, and is new there", async () => {
    const state = mkdtempSync(join(folder, "state-"));
    const plan = async (text: string) => {
      const file = fileWith("moved.toml", text);
      return (await verb("plan", file, "--node", "lb1", "--state-dir", state)).stdout.trimEnd().split("\n");
    };
    const moved = `${GOOD}[ipvs]\nnamespace = "lb"\n`;
    assert.doesNotMatch((await plan(moved)).join(), /refuses/);
    writeFileSync(join(state, "accepted.toml"), GOOD);
    const [change, refused, ...table] = await plan(moved);
    assert.equal(change, "cluster: ipvs.namespace Keelson's own → /run/netns/lb");
    assert.match(refused ?? "", /^a reload refuses it: .* on_stop \(keep\) says$/);
    assert.deepEqual(table, [
      "IPVS, while every server is healthy:",
      "  add tcp 192.0.2.100:80 (wlc)",
      "  add tcp 192.0.2.100:80 → 10.0.0.11:8080 (nat, weight 1)",
    ]);
  });

  it("says what neighbours would reject, in which order to change the directors, and how", async () => {
    const state = mkdtempSync(join(folder, "state-"));
    const file = fileWith("other-vrid.toml", GOOD.replace("vrid = 51", "vrid = 52"));
    const plan = () => verb("plan", file, "--node", "lb1", "--state-dir", state);
    assert.doesNotMatch((await plan()).stdout, /wire-breaking/);
    writeFileSync(join(state, "accepted.toml"), GOOD);
    const { status, stdout } = await plan();
    assert.equal(status, 0);
    const [change, ...lines] = stdout.trimEnd().split("\n");
    assert.equal(change, "router front: vrid 51 → 52");
    assert.match(lines[0] ?? "", /^wire-breaking: router front: lb2 would drop .+ \(unknown-vrid\)$/);
    assert.match(
      lines[1] ?? "",
      /^wire-breaking: router front: this director would drop .+ \(unknown-vrid\)$/,
    );
    assert.match(lines[2] ?? "", /in this order.+: lb2, lb1$/);
    assert.match(lines[4] ?? "", /keelson reload --wire-breaking/);
  });
});

describe("the verbs drain, undrain and weight", () => {
  const cases = [
    [
      ["drain", "web/rs1", "--until-connections", "3", "--deadline", "5m"],
      { kind: "drain", connections: 3, within: 300_000_000 },
    ],
    [["drain", "web/rs1"], { kind: "drain", connections: 0 }],
    [["undrain", "web/rs1"], { kind: "undrain" }],
    [["weight", "web/rs1", "7"], { kind: "weight", weight: 7 }],
    [["weight", "web/rs1", "--reset"], { kind: "reset" }],
  ] as const;
  for (const [[name, ...words], what] of cases) {
    it(`${name} ${words.join(" ")} says whose server it is, and who asks`, async () => {
      await withServer(async ({ runDir, target }) => {
        const ending = await verb(name, ...words, "--run-dir", runDir);
        assert.deepEqual(ending, { status: 0, stdout: "web/rs1 is as it should be\n", stderr: "" });
        const [wish] = target.overrides;
        assert.deepEqual([wish?.service, wish?.server, wish?.what], ["web", "rs1", what]);
        assert.ok((wish?.by ?? "").length > 0);
      });
    });
  }

  it("end with 1 when they are refused, or say no server or weight", async () => {
    await withServer(async ({ runDir, target }) => {
      target.overridden = { kind: "refused", reason: "nobody drains web/rs1" };
      const refused = await verb("undrain", "web/rs1", "--run-dir", runDir);
      assert.deepEqual(
        [refused.status, refused.stderr],
        [1, "keelson undrain: refused: nobody drains web/rs1\n"],
      );
      for (const words of [["web"], ["web/"], ["web/rs1/x"], []]) {
        const { status, stderr } = await verb("drain", ...words, "--run-dir", runDir);
        assert.deepEqual([status, /SERVICE\/SERVER/.test(stderr)], [1, true]);
      }
      for (const words of [["web/rs1"], ["web/rs1", "7", "--reset"]]) {
        const { status, stderr } = await verb("weight", ...words, "--run-dir", runDir);
        assert.deepEqual([status, /or --reset/.test(stderr)], [1, true]);
      }
      assert.equal((await verb("weight", "web/rs1", "many", "--run-dir", runDir)).status, 1);
    });
  });
});
