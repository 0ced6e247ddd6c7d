/** The kernel's table as a running director keeps it, read by ipvsadm: servers that die, strangers, drift, new files. */
import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { Random } from "../../../src/sim/random.ts";
import { program } from "../../delivery/support.ts";
import { type DirectorProcess, pairFile, startDirector } from "../../support/director-process.ts";
import { type Lab, openLab } from "../../support/lab.ts";
import { namesSkip } from "../../support/names.ts";
import type { OwnedProcess } from "../../support/processes.ts";
import { portOf, VIP, VIP6 } from "../../support/topology.ts";
import { until } from "../../support/until.ts";
import { startWebServer, webSkip } from "../../support/web.ts";
import { describeElsewhere } from "./elsewhere.ts";
import { describeSchedulers } from "./schedulers.ts";
import { changeAtRandom, inIpvsadm, inToml, type Services, thresholdsOf } from "./services.ts";
import { describeSpreading } from "./spreading.ts";

const [R1, R2] = [`${portOf("r1", "inner").address}:80`, `${portOf("r2", "inner").address}:80`];
const SORRY = "192.168.1.77:80";
const STRANGER_SERVER = "192.168.1.99:80";
const STRANGER = ["-A -t 10.0.0.99:80 -s rr", `-a -t 10.0.0.99:80 -r ${STRANGER_SERVER} -m -w 1`];
/** The kernel's table is looked at every 10 s, and on a busy machine, where a look takes long, more rarely. */
const AUDIT = { deadlineMs: 90_000 };

const ORDINARY = { ordinaryScheduling: true };
const CHANGES = 200;
const LOOK_EVERY = 10;
const SEED = Number(process.env["KEELSON_SEED"] ?? 4_711);
const ADDRESSES = [`"${VIP}"`, `"10.0.0.101"`, `"${VIP6}"`, `"2001:db8::101"`];

describe("the table of a running director", { skip: webSkip() || namesSkip() }, () => {
  const undos: (() => void | Promise<void>)[] = [];
  const scope = { after: (undo: () => void | Promise<void>) => void undos.push(undo) };
  let lab: Lab;
  let director: DirectorProcess;
  let first: OwnedProcess;

  const table = async () => {
    const text = await lab.exec("d1", "ipvsadm", "-Sn");
    return text.trim().split("\n").sort();
  };
  const expireNodest = async () => {
    const path = "/proc/sys/net/ipv4/vs/expire_nodest_conn";
    return (await lab.exec("d1", "cat", path)).trim();
  };
  const timeouts = async () => /: (.*)/.exec(await lab.exec("d1", "ipvsadm", "-l", "--timeout"))?.[1];
  const becomes = (...wanted: string[]) =>
    until("wanted table", async () => `${await table()}` === `${wanted.sort()}`, {
      ...AUDIT,
      explain: async () =>
        `${(await table()).join("\n")}\nwanted:\n${wanted.join("\n")}\n${director.explain()}`,
    });

  before(async () => {
    lab = await openLab(scope);
    await lab.exec("d1", "ipvsadm", "-A", "-t", "10.0.0.99:80", "-s", "rr");
    await lab.exec("d1", "ipvsadm", "-a", "-t", "10.0.0.99:80", "-r", "192.168.1.99:80", "-m", "-w", "1");
    [first] = await Promise.all([startWebServer(lab, "r1"), startWebServer(lab, "r2")]);
    director = startDirector(scope, lab, "d1", clusterFile(), ORDINARY);
  });
  after(async () => {
    for (const undo of undos.reverse()) await undo();
  });

  it("is written as the file says, beside what others made", async () => {
    await director.state("Master");
    await director.event("table-changed");
    await becomes(...STRANGER, ...service(3, 1));
    const { strangers } = await director.event("table-strangers");
    assert.deepEqual(strangers, ["tcp 10.0.0.99:80"]);
    assert.deepEqual([await expireNodest(), await timeouts()], ["1", "900 120 31"]);
  });

  it("loses a server that has died: first its weight, then itself; and gets it back", async () => {
    await director.event("track", ({ up }) => up);
    first.signal("SIGKILL");
    const weight = await director.event("weight-change", ({ to }) => to === 0);
    const lost = await director.event("priority");
    assert.deepEqual([lost.from, lost.to, lost.detail], [150, 99, "enough down"]);
    assert.deepEqual([weight.server, weight.from, weight.cause], ["rs1", 3, "check-failed"]);
    await director.event("server-removed");
    await becomes(...STRANGER, ...service(undefined, 1));
    const removal = `remove tcp ${VIP}:80 → ${R1}`;
    await director.event("table-changed", ({ changes }) => changes.at(-1) === removal);
    const changes = director.eventsOf("table-changed").flatMap((event) => event.changes);
    assert.deepEqual(changes.slice(-2), [`set tcp ${VIP}:80 → ${R1}: weight 3 → 0`, removal]);
    const back = director.events.length;
    first = await startWebServer(lab, "r1");
    await director.event("server-up", ({ server }) => server === "rs1", back);
    assert.equal((await director.event("priority", () => true, back)).to, 150);
    await becomes(...STRANGER, ...service(3, 1));
  });

  it("keeps a failed server at weight 0, and has a sorry server serve, when the file says so", async () => {
    const quorum = `quorum = 2\nsorry_server = { address = "${SORRY}", forward = "direct" }`;
    await reload(clusterFile({ keys: `on_failure = "drain"\n${quorum}` }));
    const before = director.events.length;
    first.signal("SIGKILL");
    await director.event("quorum", ({ held }) => !held, before);
    await becomes(...STRANGER, ...service(0, 0), `-a -t ${VIP}:80 -r ${SORRY} -g -w 1`);
    first = await startWebServer(lab, "r1");
    await director.event("quorum", ({ held }) => held, before);
    await becomes(...STRANGER, ...service(3, 1));
    await reload(clusterFile());
  });

  it("is put right when somebody else changes it, and that is told", async () => {
    await lab.exec("d1", "ipvsadm", "-d", "-t", `${VIP}:80`, "-r", R1);
    await lab.exec("d1", "ipvsadm", "-e", "-t", `${VIP}:80`, "-r", R2, "-m", "-w", "9");
    await becomes(...STRANGER, ...service(3, 1));
    // It may have been looked at between the two.
    const told = () => director.eventsOf("table-drift").flatMap(({ changes }) => changes);
    await until("both repairs told", () => told().length >= 2);
    assert.deepEqual(told(), [
      `add tcp ${VIP}:80 → ${R1} (nat, weight 3)`,
      `set tcp ${VIP}:80 → ${R2}: weight 9 → 1`,
    ]);
  });

  it("loses a server that an operator drains", async () => {
    const { status, stdout } = await director.command("drain", "web/rs1", "--run-dir", director.runDir);
    assert.equal(status, 0, stdout);
    await director.event("server-removed", ({ cause }) => cause === "drained");
    await becomes(...STRANGER, ...service(undefined, 1));
  });

  it("is not touched, and what would be is told, while the director only observes", async () => {
    await reload(clusterFile({ keys: 'scheduler = "rr"', table: 'mode = "observe"' }));
    const { changes } = await director.event("table-would-change");
    assert.deepEqual(changes, [`set tcp ${VIP}:80: scheduler wrr → rr`]);
    assert.deepEqual((await director.status())?.table?.pending, changes);
    assert.deepEqual(await table(), [...STRANGER, ...service(undefined, 1)].sort());
    assert.equal(await expireNodest(), "0");
    await reload(clusterFile());
    assert.equal(await expireNodest(), "1");
  });

  it("stays when the director stops, and is left as it is when it starts again, drained server and all", async () => {
    director.signal("SIGTERM");
    assert.equal((await director.ended).status, 0);
    assert.deepEqual(await table(), [...STRANGER, ...service(undefined, 1)].sort());
    assert.deepEqual([await expireNodest(), await timeouts()], ["0", "900 120 300"], "as the host had them");
    director = startDirector(scope, lab, "d1", clusterFile(), { ...ORDINARY, successorOf: director });
    await director.event("ready");
    await director.event("server-up", ({ server }) => server === "rs1");
    await director.event("server-up", ({ server }) => server === "rs2");
    assert.deepEqual(await table(), [...STRANGER, ...service(undefined, 1)].sort());
    assert.deepEqual([director.eventsOf("table-changed"), director.eventsOf("table-adopted")], [[], []]);
    assert.equal((await director.status())?.table?.writes, 0);
  });

  it("gets it back when the operator says so", async () => {
    const reported = (await director.status())?.services[0]?.servers[0];
    assert.deepEqual(
      [reported?.state, reported?.cause, reported?.override?.kind],
      ["up", "drained", "drain"],
    );
    const { status, stderr } = await director.command("undrain", "web/rs1", "--run-dir", director.runDir);
    assert.equal(status, 0, stderr);
    await becomes(...STRANGER, ...service(3, 1));
  });

  it("has the weight that a script says, as with keepalived's misc_dynamic, and the file's when it says none", async () => {
    chmodSync(lab.folder, 0o755);
    const path = program(lab.folder, `test "$KEELSON_ADDRESS:$KEELSON_PORT" = ${R1} && exit 12`, "exit 0");
    const check = `{ type = "script", command = ["${path}"], interval = "500ms", timeout = "10s", dynamic_weight = true }`;
    await reload(clusterFile({ check }));
    await becomes(...STRANGER, ...service(10, 1));
    const change = await director.event("weight-change", ({ cause }) => cause === "check-weight");
    assert.deepEqual([change.server, change.from, change.to], ["rs1", 3, 10]);
    assert.equal((await director.status())?.services[0]?.servers[0]?.cause, "check-weight");
    const shown = await director.command("ipvs", "show", "--run-dir", director.runDir);
    assert.match(shown.stdout, /check-weight/);
    await reload(clusterFile());
    await becomes(...STRANGER, ...service(3, 1));
  });

  it("loses a server when one of its two checks fails, which is named", async () => {
    const path = program(lab.folder, `test "$KEELSON_ADDRESS:$KEELSON_PORT" != ${R1}`);
    const script = `{ type = "script", command = ["${path}"], interval = "500ms", timeout = "10s", fall = 1 }`;
    await reload(clusterFile({ check: `[${CHECK}, ${script}]` }));
    const { check } = await director.event("server-down", ({ cause }) => cause === "exit-status");
    assert.equal(check, `script ${path}`);
    await becomes(...STRANGER, ...service(undefined, 1));
    const { stdout } = await director.command("status", "--run-dir", director.runDir);
    assert.match(stdout, /^ *checks of rs1: http :80\/ up, script \S+ down$/m);
    await reload(clusterFile());
    await becomes(...STRANGER, ...service(3, 1));
  });

  it("loses what was ours and is no longer in the file, also when that changed meanwhile", async () => {
    director.signal("SIGTERM");
    await director.ended;
    director = startDirector(scope, lab, "d1", pairFile(), { ...ORDINARY, successorOf: director });
    await director.event("ready");
    await becomes(...STRANGER);
  });

  it(`follows ${CHANGES} changes of the file (seed ${SEED})`, async (context) => {
    const random = new Random(SEED);
    const services: Services = new Map();
    let lines = 0;
    for (let count = 1; count <= CHANGES; count++) {
      changeAtRandom(services, random);
      const file = pairFile({ addresses: ADDRESSES, more: inToml(services) });
      director.write(file);
      const outcome = await director.reload();
      assert.equal(outcome.kind, "accepted", JSON.stringify(outcome));
      const wanted = inIpvsadm(services);
      if (count % LOOK_EVERY === 0) {
        await becomes(...STRANGER, ...wanted);
        await haveThresholds(thresholdsOf(services));
      }
      lines = Math.max(lines, wanted.length);
    }
    context.diagnostic(`up to ${lines} lines`);
    assert.deepEqual(director.eventsOf("table-refused"), []);
    assert.deepEqual(director.eventsOf("table-drift"), []);
  });

  describeSpreading(() => ({ lab, director }));
  describeSchedulers(() => ({ lab, director }));
  describeElsewhere(() => lab);

  /** What `ipvsadm -Sn` forgets. */
  async function haveThresholds(wanted: readonly string[]): Promise<void> {
    const list = async () => {
      const text = await lab.exec("d1", "ipvsadm", "-Ln", "--thresholds");
      return [...text.matchAll(/-> (\S+) +(\d+) +(\d+) /g)].map((row) => row.slice(1).join(" "));
    };
    const all = [...wanted, `${STRANGER_SERVER} 0 0`].sort();
    await until("wanted thresholds", async () => `${(await list()).sort()}` === `${all}`, {
      explain: async () => `${(await list()).join("\n")}\nwanted:\n${all.join("\n")}`,
    });
  }

  async function reload(file: string): Promise<void> {
    director.write(file);
    assert.equal((await director.reload()).kind, "accepted");
  }
});

interface Settings {
  /** Of the service; another scheduler than the usual one, or more. */
  readonly keys?: string;
  /** Of [ipvs]. */
  readonly table?: string;
  readonly check?: string;
}

const CHECK = '{ type = "http", interval = "300ms", timeout = "2s", fall = 2, rise = 2 }';

function clusterFile({ keys = "", table = "", check = CHECK }: Settings = {}): string {
  return pairFile({
    router: 'track = ["enough"]',
    more: `[ipvs]
sysctls = { expire_nodest_conn = 1 }
timeouts = { udp = "31s" }
${table}
[tracks.enough]
type = "quorum"
service = "web"
healthy = "100%"
[services.web]
listen = ["${VIP}:80"]
${keys.includes("scheduler") ? "" : 'scheduler = "wrr"'}
${keys}
check = ${check}
[services.web.servers]
rs1 = { address = "${R1}", weight = 3 }
rs2 = { address = "${R2}" }`,
  });
}

/** As ipvsadm lists it. */
function service(...weights: readonly (number | undefined)[]): string[] {
  const servers = [R1, R2].flatMap((server, index) => {
    const weight = weights[index];
    return weight === undefined ? [] : [`-a -t ${VIP}:80 -r ${server} -m -w ${weight}`];
  });
  return [`-A -t ${VIP}:80 -s wrr`, ...servers];
}
