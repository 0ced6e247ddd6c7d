/** `keelson simulate` on the examples, and on files with other transports. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { z } from "zod";
import { filesUnder } from "../support/modules.ts";
import { keelson } from "./keelson.ts";

const PAIR = "examples/minimal-pair.toml";
/** Of the pair: 3 intervals of 100 ms and (256 - 100) / 256 of one for lb2; the last advert is up to 100 ms old. */
const SKEW_MS = (100 * (256 - 100)) / 256;
const MASTER_DOWN_MS = 300 + SKEW_MS;
const A_MOMENT_MS = 2;

const stretch = z.object({ fromMs: z.number(), lengthMs: z.number() });
const answer = z.object({
  seed: z.number(),
  lengthMs: z.number(),
  routers: z.array(
    z.object({
      router: z.string(),
      firstMasterMs: z.number().nullable(),
      withoutMaster: stretch,
      withoutAddress: stretch,
      overlaps: z.array(stretch.extend({ nodes: z.array(z.string()), hearing: z.boolean() })),
    }),
  ),
  timeline: z.array(z.object({ atMs: z.number(), text: z.string() })),
});

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "keelson-simulate-"));
});
after(() => rmSync(folder, { recursive: true }));

async function simulate(...words: string[]) {
  const { status, stdout, stderr } = await keelson(["simulate", "--json", ...words]);
  assert.deepEqual([status, stderr], [0, ""]);
  return answer.parse(JSON.parse(stdout));
}

describe("keelson simulate", { concurrency: 4 }, () => {
  it("says how long a killed master is missed", async () => {
    const { routers } = await simulate(PAIR, "--fault", "at=10s kill lb1 for=5s", "--duration=30s");
    const [{ withoutMaster, overlaps } = assert.fail("no router")] = routers;
    assert.equal(withoutMaster.fromMs, 10_000);
    assert.ok(withoutMaster.lengthMs <= MASTER_DOWN_MS + A_MOMENT_MS, `${withoutMaster.lengthMs}`);
    assert.ok(withoutMaster.lengthMs >= MASTER_DOWN_MS - 100, `${withoutMaster.lengthMs}`);
    assert.ok(overlaps.every(({ lengthMs, hearing }) => hearing && lengthMs <= 20));
  });

  it("says that a drill leaves no address alone", async () => {
    const { routers } = await simulate(PAIR, "--fault", "at=10s drill lb1", "--duration=30s");
    const [{ withoutMaster, withoutAddress } = assert.fail("no router")] = routers;
    assert.ok(Math.abs(withoutMaster.lengthMs - SKEW_MS) <= A_MOMENT_MS, `${withoutMaster.lengthMs}`);
    assert.equal(withoutAddress.lengthMs, 0);
  });

  it("shows two masters who do not hear each other, and several faults in one run", async () => {
    const faults = [
      "--fault",
      "at=10s part lb1 for=3s",
      "--fault=at=20s cut lb1 lb2 for=2s; at=25s reboot lb2",
    ];
    const { routers, timeline } = await simulate(PAIR, ...faults);
    const deaf = routers[0]?.overlaps.filter(({ hearing }) => !hearing) ?? [];
    assert.equal(deaf.length, 2);
    const [first = assert.fail("no overlap")] = deaf;
    assert.deepEqual(first.nodes, ["lb1", "lb2"]);
    assert.ok(first.lengthMs > 3_000 - MASTER_DOWN_MS - A_MOMENT_MS && first.lengthMs < 3_100 + A_MOMENT_MS);
    assert.equal(timeline.filter(({ text }) => text.startsWith("-- ")).length, 3);
  });

  it("draws faults from the seed, the same ones every time", async () => {
    const [one, again, other] = await Promise.all([
      simulate(PAIR, "--seed", "7"),
      simulate(PAIR, "--seed", "7"),
      simulate(PAIR, "--seed", "8"),
    ]);
    assert.deepEqual(one, again);
    assert.notDeepEqual(one.timeline, other.timeline);
    assert.equal(one.timeline.filter(({ text }) => text.startsWith("-- ")).length, 5);
  });

  for (const file of filesUnder(["examples"], /\.toml$/)) {
    it(`reads ${file}, for people too`, async () => {
      const { status, stdout } = await keelson(["simulate", file, "--duration=20s"]);
      assert.equal(status, 0);
      assert.match(stdout, /→ Master/);
      assert.match(stdout, /\n {2}without a master {6}/);
    });
  }

  it("follows every transport: version 2 with a password and a virtual MAC address, and signed unicast over IPv6", async () => {
    const file = join(folder, "cluster.toml");
    writeFileSync(
      file,
      `[cluster]
name = "mixed"
[directors.lb1]
interface = "eth0"
address = ["192.0.2.11", "fe80::11"]
[directors.lb2]
interface = "ens3"
address = ["192.0.2.12", "fe80::12"]
[routers.old]
vrid = 51
version = 2
password = "secret"
mac = "virtual"
priority = { lb1 = 150, lb2 = 100 }
addresses = ["192.0.2.100"]
[routers.six]
vrid = 52
unicast = true
interval = "100ms"
priority = { lb1 = 100, lb2 = 150 }
addresses = ["fe80::100", "2001:db8::100"]
authentication = { active_key = 1, keys = { 1 = "file:/nowhere/six.key" } }
`,
    );
    const { status, stdout, stderr } = await keelson([
      "simulate",
      file,
      "--json",
      "--fault=at=10s kill lb1",
      "--duration=30s",
    ]);
    assert.equal(status, 0, stderr);
    const { routers, timeline } = answer.parse(JSON.parse(stdout));
    const master = (router: string, before: number) => {
      const claims = timeline.filter(({ text, atMs }) => text.includes(`${router}: `) && atMs < before);
      return claims
        .filter(({ text }) => text.includes("→ Master"))
        .at(-1)
        ?.text.slice(0, 3);
    };
    assert.deepEqual(
      ["old", "six"].map((router) => master(router, 10_000)),
      ["lb1", "lb2"],
    );
    assert.equal(master("old", 20_000), "lb2");
    assert.deepEqual(
      routers.map(({ overlaps }) => overlaps.every(({ lengthMs }) => lengthMs < 20)),
      [true, true],
    );
  });

  const refusals: [string[], string, number][] = [
    [["--fault", "at=12s kil lb1"], '--fault "at=12s kil lb1": unknown fault "kil" (did you mean kill?)', 1],
    [["--fault", "at=70s kill lb1"], '--fault "at=70s kill lb1": the run is over by then (--duration)', 1],
    [["--seed", "x"], "--seed is a whole number, 0 or more", 1],
    [["--duration", "long"], "--duration is 1s to 60m, for example 90s", 1],
  ];
  for (const [words, message, code] of refusals) {
    it(`refuses ${words.join(" ")} in one line`, async () => {
      const { status, stdout, stderr } = await keelson(["simulate", PAIR, ...words]);
      assert.deepEqual([status, stdout, stderr], [code, "", `keelson simulate: ${message}\n`]);
    });
  }

  it("says what is wrong with a file like every verb that reads one", async () => {
    const file = join(folder, "bad.toml");
    writeFileSync(file, "[cluster]\nnam = 1\n");
    const { status, stderr } = await keelson(["simulate", file]);
    assert.equal(status, 2);
    assert.match(stderr, /bad\.toml:2:1/);
  });
});
