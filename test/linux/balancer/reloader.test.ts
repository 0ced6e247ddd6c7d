/** The reload pipeline where the host's files refuse. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Reloader } from "../../../src/linux/balancer/reloader.ts";
import { Journal } from "../../../src/linux/state/journal.ts";
import { ip } from "../../../src/net/ip.ts";

type Steps = ConstructorParameters<typeof Reloader>[2];

const CLUSTER = `
[cluster]
name = "shop"
[directors.lb1]
interface = "eth0"
[routers.front]
vrid = 51
priority = { lb1 = 150 }
addresses = ["192.0.2.100"]
`;
const SOURCE = sourceOf(CLUSTER);
const PLAINLY = { wireBreaking: false };

function sourceOf(text: string) {
  return { kind: "text", text, file: "cluster.toml" } as const;
}

function reloader(stateDir: string, steps: Partial<Steps> = {}): Reloader {
  const options = { config: "", node: "lb1", runDir: "", stateDir, strict: false };
  return new Reloader(options, new Journal(stateDir), {
    busy: () => {},
    hostAddresses: () => [],
    hostLinks: () => [],
    openTable: () => undefined,
    makeRoom: () => {},
    handToElector: async () => true,
    accepted: () => {},
    ...steps,
  });
}

describe("a reload", () => {
  test("that cannot be written down is refused before anything is created, and the next one is not harmed", async () => {
    let handed = 0;
    const handToElector = async () => {
      handed += 1;
      return true;
    };
    const refusing = reloader("/dev/null/state", { handToElector });
    for (let attempt = 0; attempt < 2; attempt++) {
      const outcome = await refusing.apply(SOURCE, PLAINLY);
      assert.equal(outcome.kind, "refused");
      assert.match(outcome.kind === "refused" ? outcome.reason : "", /ENOTDIR/);
    }
    assert.equal(handed, 0);
  });

  test("says that it is busy before each part that a large file makes long", async (context) => {
    const stateDir = mkdtempSync(join(tmpdir(), "kl-reloader-"));
    context.after(() => rmSync(stateDir, { recursive: true }));
    const said: string[] = [];
    const pipeline = reloader(stateDir, {
      busy: () => said.push("busy"),
      hostAddresses: () => {
        said.push("read");
        return [];
      },
      handToElector: async () => {
        said.push("planned");
        return true;
      },
      accepted: () => said.push("accepted"),
    });
    await pipeline.apply(SOURCE, PLAINLY);
    const parts = ["busy", "busy", "read", "read", "planned", "busy", "accepted"];
    assert.deepEqual(said, parts);
  });

  test("hands on the old objects of services that are as they were, and says of the others what has changed", async (context) => {
    const stateDir = mkdtempSync(join(tmpdir(), "kl-reloader-"));
    context.after(() => rmSync(stateDir, { recursive: true }));
    const adopted: (readonly unknown[])[] = [];
    const pipeline = reloader(stateDir, {
      accepted: (_, { services }) => void adopted.push(services),
    });
    const web =
      '[services.web]\nlisten = ["192.0.2.100:80"]\nservers = { a = { address = "10.0.0.1:80" } }\n';
    const file = (mail: string) =>
      sourceOf(`${CLUSTER}${web}${web.replace("web", "mail").replace(":80", mail)}`);
    await pipeline.apply(file(":25"), PLAINLY);
    const outcome = await pipeline.apply(file(":26"), PLAINLY);
    assert.deepEqual(outcome.kind === "accepted" ? outcome.changes : outcome, [
      "service mail: listen 192.0.2.100:25 removed",
      "service mail: listen 192.0.2.100:26 added",
    ]);
    const [[first, other] = [], [second, another] = []] = adopted;
    assert.equal(second, first);
    assert.notEqual(another, other);
  });

  test("of a file with other comments adopts the settings in force", async (context) => {
    const stateDir = mkdtempSync(join(tmpdir(), "kl-reloader-"));
    context.after(() => rmSync(stateDir, { recursive: true }));
    const adopted: Parameters<Steps["accepted"]>[] = [];
    let handed = 0;
    const pipeline = reloader(stateDir, {
      accepted: (...file) => void adopted.push(file),
      handToElector: async () => {
        handed += 1;
        return true;
      },
    });
    const commented = sourceOf(`# night shift\n${CLUSTER}`);
    await pipeline.apply(SOURCE, PLAINLY);
    const outcome = await pipeline.apply(commented, PLAINLY);
    assert.deepEqual(outcome, { kind: "accepted", changes: [] });
    assert.equal(handed, 2);
    const [first, second] = adopted;
    assert.equal(second?.[0], commented.text);
    assert.equal(second?.[1], first?.[1]);
  });

  test("reads keys that stand outside of the file anew", async (context) => {
    const stateDir = mkdtempSync(join(tmpdir(), "kl-reloader-"));
    context.after(() => rmSync(stateDir, { recursive: true }));
    const path = join(stateDir, "key");
    const table = `authentication = { active_key = 1, keys = { 1 = "file:${path}" } }\n`;
    const pipeline = reloader(stateDir);
    const keys = async (letter: string) => {
      writeFileSync(path, letter.repeat(32), { mode: 0o600 });
      const outcome = await pipeline.apply(sourceOf(`${CLUSTER}${table}`), PLAINLY);
      assert.equal(outcome.kind, "accepted");
      return pipeline.current?.routers[0]?.transport.authentication?.keys;
    };
    assert.deepEqual(await keys("a"), [{ id: 1, secret: "61".repeat(32) }]);
    assert.deepEqual(await keys("b"), [{ id: 1, secret: "62".repeat(32) }]);
  });

  test("journals addresses before the elector hears of them", async (context) => {
    const stateDir = mkdtempSync(join(tmpdir(), "kl-reloader-"));
    context.after(() => rmSync(stateDir, { recursive: true }));
    let journalled: readonly string[] = [];
    const handToElector = async () => {
      journalled = [...new Journal(stateDir).addresses];
      return true;
    };
    const outcome = await reloader(stateDir, { handToElector }).apply(SOURCE, PLAINLY);
    assert.equal(outcome.kind, "accepted");
    assert.deepEqual(journalled, ["eth0 192.0.2.100"]);
  });

  test("journals no address that a router only observes, and minds nobody who has it", async (context) => {
    const stateDir = mkdtempSync(join(tmpdir(), "kl-reloader-"));
    context.after(() => rmSync(stateDir, { recursive: true }));
    const address = { interface: "eth0", address: ip("192.0.2.100") };
    const pipeline = reloader(stateDir, { hostAddresses: () => [address] });
    const observing = sourceOf(CLUSTER.replace("vrid", 'mode = "observe"\nvrid'));
    for (let again = 0; again < 2; again++)
      assert.equal((await pipeline.apply(observing, PLAINLY)).kind, "accepted");
    assert.deepEqual([...new Journal(stateDir).addresses], []);
    assert.match(JSON.stringify(await pipeline.apply(SOURCE, PLAINLY)), /refused.+not put there by Keelson/);
  });

  test("that neighbours would reject is done only when that is wanted, and never at the start", async (context) => {
    const stateDir = mkdtempSync(join(tmpdir(), "kl-reloader-"));
    context.after(() => rmSync(stateDir, { recursive: true }));
    const pair = CLUSTER.replace("[routers", '[directors.lb2]\ninterface = "eth0"\n[routers').replace(
      "lb1 = 150",
      "lb1 = 150, lb2 = 100",
    );
    const other = sourceOf(pair.replace("51", "52"));
    const accepted: string[] = [];
    const pipeline = reloader(stateDir, { accepted: (text) => accepted.push(text) });
    assert.equal((await pipeline.apply(sourceOf(pair), PLAINLY)).kind, "accepted");
    const refused = await pipeline.apply(other, PLAINLY);
    assert.deepEqual(accepted, [pair]);
    assert.match(
      refused.kind === "refused" ? refused.reason : "",
      /lb2 would drop .+ in this order.+lb2, lb1\n.+keelson reload --wire-breaking/s,
    );
    assert.equal((await pipeline.apply(other, { wireBreaking: true })).kind, "accepted");
    const restarted = reloader(stateDir);
    await restarted.apply(sourceOf(pair), PLAINLY);
    assert.equal(restarted.current?.routers[0]?.vrid, 51);
  });

  test("journals virtual links before the elector hears of them, but none that is somebody else's", async (context) => {
    for (const [there, journalled] of [
      [[], ["vrrp.51"]],
      [["vrrp.51"], []],
    ] as const) {
      const stateDir = mkdtempSync(join(tmpdir(), "kl-reloader-"));
      context.after(() => rmSync(stateDir, { recursive: true }));
      let links: readonly string[] = [];
      const handToElector = async () => {
        links = new Journal(stateDir).links;
        return true;
      };
      const one = reloader(stateDir, { handToElector, hostLinks: () => ["eth0", ...there] });
      await one.apply({ ...SOURCE, text: `${CLUSTER}mac = "virtual"\n` }, PLAINLY);
      assert.deepEqual(links, journalled);
    }
  });
});
