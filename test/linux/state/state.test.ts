/** What the daemon keeps on disk: journal, accepted file, snapshot, lock. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { acceptedFile } from "../../../src/channel/options.ts";
import { settingsFor } from "../../../src/config/settings.ts";
import { ClusterFiles } from "../../../src/linux/state/cluster-files.ts";
import { Journal } from "../../../src/linux/state/journal.ts";
import { lockRunDirectory } from "../../../src/linux/state/lock.ts";
import { SnapshotFile } from "../../../src/linux/state/snapshot-file.ts";
import { ip } from "../../../src/net/ip.ts";
import { clusterOf, DIRECTORS } from "../../config/support.ts";

const SYSCTL = { path: "ipv4/conf/eth0/arp_ignore", before: "0", value: "1" };
const STATICS = settingsFor(
  clusterOf(`${DIRECTORS}
[static]
routes = [{ destination = "198.51.100.0/24", via = "192.0.2.1", interface = "eth0", source = "192.0.2.2", metric = 5, mtu = 1300 }]
rules = [{ from = "10.0.0.0/8", to = "198.51.100.0/24", iif = "eth0", oif = "eth1", fwmark = 1, mask = 3, table = 9, priority = 8 }]
[directors.lb1.static]
addresses = [
  { address = "10.9.0.1/24", label = "a", scope = "link", broadcast = true, prefix_route = false },
  { address = "2001:db8::1", deprecated = true, home = true },
]
routes = [{ destination = "default", type = "blackhole", table = 9 }]
`),
  "lb1",
).statics;

const TIMEOUT = { path: "udp", before: "300", value: "31" };
const PLACE = { interface: "eth1", interfaceIndex: 3, id: 51, group: ip("ff02::81"), port: 8_848, ttl: 1 };
const DAEMON = { role: "backup", ...PLACE, maxLength: 1_400 } as const;

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "keelson-"));
  context.after(() => rmSync(path, { recursive: true }));
  return path;
}

describe("the journal", () => {
  test("knows nothing of the table in another place, and all the rest", (context) => {
    const state = folder(context);
    const journal = new Journal(state);
    journal.setAddresses(["eth0 10.0.0.100"]);
    const place = { namespace: "/run/netns/lb", id: "4:7" };
    for (const there of [place, { ...place, id: "4:8" }, undefined]) {
      journal.setTable(["tcp 10.0.0.100 80"]);
      journal.setTableSysctls([SYSCTL]);
      journal.setTableTimeouts([TIMEOUT]);
      journal.setDaemons([DAEMON]);
      journal.setMarks(true);
      journal.setTablePlace(there);
      const { table, tableSysctls, tableTimeouts, daemons, marks, tablePlace } = new Journal(state);
      assert.deepEqual([[...table], tableSysctls, tableTimeouts, daemons, marks], [[], [], [], [], false]);
      assert.deepEqual(tablePlace, there);
    }
    journal.setTablePlace(place);
    journal.setTable(["tcp 10.0.0.100 80"]);
    journal.setTablePlace({ ...place });
    assert.deepEqual([...new Journal(state).table], ["tcp 10.0.0.100 80"]);
    assert.deepEqual([...new Journal(state).addresses], ["eth0 10.0.0.100"]);
  });

  test("remembers over a restart what is ours, readable by its owner only", (context) => {
    const state = folder(context);
    const first = new Journal(state);
    first.setAddresses(["eth0 10.0.0.100"]);
    first.setTable(["tcp 10.0.0.100 80"]);
    first.setHost(["vrrp.51"], [SYSCTL]);
    first.setTableTimeouts([TIMEOUT]);
    first.setDaemons([DAEMON]);
    first.setFirewall(true);
    first.setMarks(true);
    first.setStatics(STATICS);
    const second = new Journal(state);
    assert.deepEqual([...second.addresses], ["eth0 10.0.0.100"]);
    assert.deepEqual([...second.table], ["tcp 10.0.0.100 80"]);
    assert.deepEqual([second.links, second.sysctls], [["vrrp.51"], [SYSCTL]]);
    assert.deepEqual([second.firewall, second.marks], [true, true]);
    assert.deepEqual([second.tableTimeouts, second.daemons], [[TIMEOUT], [DAEMON]]);
    assert.deepEqual(second.statics, STATICS);
    assert.deepEqual(
      ["10.0.0.100", "10.9.0.1", "10.9.0.2"].map((one) =>
        second.owns({ interface: "eth0", address: ip(one) }),
      ),
      [true, true, false],
    );
    assert.equal(statSync(join(state, "journal.json")).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(state), ["journal.json"]);
  });

  for (const [title, spoil] of [
    ["of another boot", (text: string) => text.replace(/"boot":"[^"]*"/, '"boot":"another"')],
    ["of another network namespace", (text: string) => text.replace(/"namespace":"\d+"/, '"namespace":"1"')],
    ["cut short", (text: string) => text.slice(0, -9)],
    ["of another shape", () => "[1, 2]"],
  ] as const) {
    test(`${title} names nothing`, (context) => {
      const state = folder(context);
      new Journal(state).setAddresses(["eth0 10.0.0.100"]);
      const path = join(state, "journal.json");
      writeFileSync(path, spoil(readFileSync(path, "utf8")));
      assert.deepEqual([...new Journal(state).addresses], []);
    });
  }
});

describe("cluster files", () => {
  test("a missing one is unreadable with a reason; nothing is accepted before it was", (context) => {
    const state = folder(context);
    const files = new ClusterFiles(join(state, "none.toml"), state);
    const missing = files.configured();
    assert.equal(missing.kind, "unreadable");
    assert.match(missing.kind === "unreadable" ? missing.reason : "", /ENOENT.*none\.toml/);
    assert.equal(files.accepted(), undefined);
  });

  test("the accepted one is kept whole, and made again where somebody has taken it away", (context) => {
    const state = folder(context);
    const files = new ClusterFiles(join(state, "cluster.toml"), state);
    for (const text of ["[cluster]\n", "[cluster]\n# again\n", "[cluster]\n# again\n"]) {
      files.accept(text);
      const accepted = files.accepted();
      assert.equal(accepted?.kind === "text" ? accepted.text : undefined, text);
      rmSync(acceptedFile(state));
    }
  });
});

describe("the elector's snapshot", () => {
  const snapshot = {
    at: 1,
    pid: 2,
    generation: 3,
    now: 4,
    routers: [],
    tracks: [],
    drops: {},
    scheduling: "rr",
  };

  test("the newest one wins, and an orderly end leaves none", async (context) => {
    const path = join(folder(context), "elector.json");
    const file = new SnapshotFile(path);
    for (let at = 0; at < 100; at++) file.write({ ...snapshot, at });
    await file.flushed();
    assert.equal(JSON.parse(readFileSync(path, "utf8")).at, 99);
    await file.remove();
    assert.throws(() => statSync(path));
  });

  test("a folder that cannot be written disturbs nobody", async () => {
    const file = new SnapshotFile("/proc/none/elector.json");
    file.write(snapshot);
    await file.flushed();
  });
});

describe("the run directory's lock", () => {
  test("another process is refused by name while we live; each start is a new generation", async (context) => {
    const run = folder(context);
    const code =
      `import { lockRunDirectory } from "${join(import.meta.dirname, "../../../src/linux/state/lock.ts")}";` +
      "console.log(lockRunDirectory(process.argv[1]).generation); setInterval(() => {}, 1000);";
    const flags = ["-C", "source", "--import", "tsx", "--input-type=module", "-e", code, run];
    const holder = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = await once(holder.stdout, "data");
    assert.equal(String(said).trim(), "1");
    assert.throws(() => lockRunDirectory(run), new RegExp(`process ${holder.pid}\\b.*--run-dir`));
    holder.kill("SIGKILL");
    await once(holder, "exit");
    assert.equal(lockRunDirectory(run).generation, 2);
  });

  test("ends the balancer that a dead generation left behind, and nobody who has its number by chance", async (context) => {
    const run = folder(context);
    const left = spawn("sleep", ["60"]);
    const bystander = spawn("sleep", ["60"]);
    context.after(() => [left, bystander].map((child) => child.kill("SIGKILL")));
    const lock = lockRunDirectory(run);
    lock.noteBalancer(left.pid ?? 0);
    lock.release();
    const ended = once(left, "exit");
    const next = lockRunDirectory(run);
    await ended;
    next.noteBalancer(bystander.pid ?? 0);
    next.release();
    writeFileSync(join(run, "balancer"), `${bystander.pid} 1\n`);
    lockRunDirectory(run).release();
    assert.equal(bystander.exitCode ?? bystander.signalCode, null);
  });
});
