/** The examples with services, as they are in the repository, between a real client and real servers. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type DirectorNode, type DirectorProcess, startDirector } from "../../support/director-process.ts";
import { type Lab, openLab } from "../../support/lab.ts";
import { ipBatch } from "../../support/namespaces.ts";
import { type NodeName, portOf } from "../../support/topology.ts";
import { until } from "../../support/until.ts";
import { askWeb, startWebServer, webSkip } from "../../support/web.ts";
import { describeSync } from "./sync.ts";

const EXAMPLES = join(import.meta.dirname, "../../../examples");
const PROGRAM = join(import.meta.dirname, "../../../dist/cli.js");
/** Starting directors, and their first checks. */
const PATIENCE = { deadlineMs: 60_000 };
const ASKED = 6;
const SERVERS = ["rs1", "rs2"] as const;
const OTHERS = [
  ...["192.168.122.189", "192.168.122.190", "2001:db8::188", "2001:db8::189", "192.168.122.191"],
  ...["192.168.122.192", "192.168.122.193", "192.168.122.194", "192.168.122.195", "192.168.122.196"],
];
const [GUE, GRE, SIX, SIX_IN_FOUR, FOUR_IN_SIX, ...MORE] = OTHERS;
const [CHECKED_GRE, GRE_IN_SIX, CHECKED_GRE_IN_SIX, GUE_IN_SIX, CHECKED_GUE_IN_SIX] = MORE;
/** Further addresses of the servers, for GRE of the other kind. */
const CHECKED = {
  r1: ["192.168.122.110", "2001:db8:6::110"],
  r2: ["192.168.122.111", "2001:db8:6::111"],
} as const;
const SERVER_NODES = ["r1", "r2"] as const;

describe("the examples with services", { skip: webSkip() }, () => {
  const undos: (() => void | Promise<void>)[] = [];
  const scope = { after: (undo: () => void | Promise<void>) => void undos.push(undo) };
  let lab: Lab;
  let first: DirectorProcess;
  let second: DirectorProcess;

  before(async () => {
    lab = await openLab(scope);
    await Promise.all([startWebServer(lab, "r1"), startWebServer(lab, "r2")]);
  });
  after(async () => {
    for (const undo of undos.reverse()) await undo();
  });

  it("nat-two-arm.toml: both ways pass the master, and both arms move", async () => {
    await addresses("c", "eth0", "172.30.2.50/24");
    await addresses("d1", "eth0", "172.30.2.11/24");
    await addresses("d2", "eth0", "172.30.2.12/24");
    await addresses("d1", "eth1", "172.16.225.2/24");
    await addresses("d2", "eth1", "172.16.225.3/24");
    await addresses("r1", "eth1", "172.16.225.110/24");
    await addresses("r2", "eth1", "172.16.225.111/24");
    for (const node of ["d1", "d2"] as const) await lab.sysctl(node, { "ipv4/ip_forward": "1" });
    for (const node of ["r1", "r2"] as const) {
      await lab.exec(node, "ip", "route", "add", "default", "via", "172.16.225.222");
    }
    const file = example("nat-two-arm.toml");
    first = start("d1", file);
    await first.state("Master");
    for (const name of SERVERS) await first.event("server-up", ({ server }) => server === name);
    await answeredInTurn("172.30.2.151");
    assert.deepEqual(await table("d1"), [
      "-A -t 172.30.2.151:80 -s rr",
      "-a -t 172.30.2.151:80 -r 172.16.225.110:80 -m -w 1",
      "-a -t 172.30.2.151:80 -r 172.16.225.111:80 -m -w 1",
    ]);
    await drainedOnlyWhenItsClientHasGone(first, "172.30.2.151");

    second = start("d2", file);
    await second.event("ready");
    await until(
      "the same table on the backup",
      async () => `${await table("d2")}` === `${await table("d1")}`,
      PATIENCE,
    );
  });

  describeSync(() => ({
    lab,
    first,
    second,
    successorOfFirst: () => {
      first = start("d1", readFileSync(first.clusterFile, "utf8"), first);
      return first;
    },
  }));

  it("… and again: another director takes over", async () => {
    for (const director of [first, second]) {
      director.write(example("nat-two-arm.toml"));
      assert.equal((await director.reload({ wireBreaking: true })).kind, "accepted");
    }
    await first.holds(true, "172.30.2.151");
    await answeredByBoth("172.30.2.151");
    const before = second.events.length;
    first.signal("SIGTERM");
    await second.event("transition", ({ to }) => to === "Master", before);
    assert.equal((await first.ended).status, 0);
    await answeredInTurn("172.30.2.151");
    assert.equal(await lab.holds("d2", "172.16.225.222"), true);
    assert.equal(await lab.holds("d1", "172.16.225.222"), false);
  });

  it("direct-routing.toml: the servers answer the client themselves, also after a reload", async () => {
    await addresses("c", "eth0", "192.168.122.50/24");
    await addresses("d2", "eth0", "192.168.122.11/24");
    await addresses("r1", "eth0", "192.168.122.100/24");
    await addresses("r2", "eth0", "192.168.122.101/24");
    await realServersUp(join(EXAMPLES, "direct-routing.toml"));
    await lab.sysctl("d2", { "ipv4/ip_forward": "0" });
    const before = second.events.length;
    second.write(example("direct-routing.toml"));
    // Another virtual router altogether.
    assert.equal((await second.reload({ wireBreaking: true })).kind, "accepted");
    for (const name of SERVERS) await second.event("server-up", ({ server }) => server === name, before);
    await second.holds(true, "192.168.122.188");
    await second.holds(false, "172.30.2.151");
    await answeredByBoth("192.168.122.188");
    assert.deepEqual(await table("d2"), [
      "-A -t 192.168.122.188:80 -s wlc",
      "-a -t 192.168.122.188:80 -r 192.168.122.100:80 -g -w 2",
      "-a -t 192.168.122.188:80 -r 192.168.122.101:80 -g -w 1",
    ]);
  });

  it("… and through tunnels, with one word changed; and with a few lines more by GUE, by GRE, and over or through IPv6", async () => {
    const file = example("direct-routing.toml")
      .replace('forward = "direct"', 'forward = "tunnel"')
      .replace(/addresses = .+/, `addresses = ${JSON.stringify(["192.168.122.188", ...OTHERS])}`);
    const four = `servers = { rs1.address = "192.168.122.100", rs2.address = "192.168.122.101" }`;
    const [one, two] = [portOf("r1", "outer").address6, portOf("r2", "outer").address6];
    const six = `servers = { rs1.address = "${one}", rs2.address = "${two}" }`;
    const [checkedFour, checkedSix] = ([0, 1] as const).map(
      (index) => `servers = { rs1.address = "${CHECKED.r1[index]}", rs2.address = "${CHECKED.r2[index]}" }`,
    );
    await addresses("d2", "eth0", "2001:db8:6::12/64");
    for (const node of SERVER_NODES)
      for (const [address, length] of [
        [CHECKED[node][0], 24],
        [CHECKED[node][1], 64],
      ])
        await addresses(node, "eth0", `${address}/${length}`);
    const more = `
[services.gue]
listen = ["${GUE}:80"]
forward = "tunnel"
tunnel = { type = "gue", port = 6080, checksum = "full" }
servers = { rs1.address = "192.168.122.100", rs2 = { address = "192.168.122.101", tunnel = { type = "gue", port = 6081, checksum = "remote" } } }
[services.gre]
listen = ["${GRE}:80"]
forward = "tunnel"
tunnel = { type = "gre" }
${four}
[services.six]
listen = ["[${SIX}]:80"]
forward = "direct"
${six}
[services.six-in-four]
listen = ["[${SIX_IN_FOUR}]:80"]
forward = "tunnel"
${four}
[services.four-in-six]
listen = ["${FOUR_IN_SIX}:80"]
forward = "tunnel"
${six}
[services.checked-gre]
listen = ["${CHECKED_GRE}:80"]
forward = "tunnel"
tunnel = { type = "gre", checksum = "full" }
${checkedFour}
[services.gre-in-six]
listen = ["${GRE_IN_SIX}:80"]
forward = "tunnel"
tunnel = { type = "gre" }
${six}
[services.checked-gre-in-six]
listen = ["${CHECKED_GRE_IN_SIX}:80"]
forward = "tunnel"
tunnel = { type = "gre", checksum = "full" }
${checkedSix}
[services.gue-in-six]
listen = ["${GUE_IN_SIX}:80"]
forward = "tunnel"
tunnel = { type = "gue", port = 6080 }
${six}
[services.checked-gue-in-six]
listen = ["${CHECKED_GUE_IN_SIX}:80"]
forward = "tunnel"
tunnel = { type = "gue", port = 6081, checksum = "full" }
servers = { rs1.address = "${one}", rs2 = { address = "${two}", tunnel = { type = "gue", port = 6081, checksum = "remote" } } }
`;
    const path = join(lab.folder, "tunnel.toml");
    writeFileSync(path, file + more);
    // With a filter that would take what comes out of a tunnel amiss.
    for (const node of SERVER_NODES) await lab.sysctl(node, { "ipv4/conf/all/rp_filter": "1" });
    await realServersUp(path);
    second.write(file + more);
    assert.equal((await second.reload()).kind, "accepted");
    for (const [way, count] of [
      ["-i .+ipip", 6],
      ["-i .+gue", 6],
      ["-i .+gre", 8],
      ["-g", 2],
    ] as const) {
      const line = new RegExp(` ${way}`);
      const lines = async () => (await table("d2")).filter((one) => line.test(one)).length;
      await until(`${way} in the table`, async () => (await lines()) === count, PATIENCE);
    }
    for (const address of ["192.168.122.188", ...OTHERS]) await answeredByBoth(address);
  });

  async function realServersUp(file: string): Promise<void> {
    for (const node of SERVER_NODES) {
      const places = ["--config", file, "--state-dir", join(lab.folder, node)];
      await lab.exec(node, process.execPath, PROGRAM, "realserver", "up", ...places);
    }
  }

  function start(node: DirectorNode, file: string, predecessor?: DirectorProcess): DirectorProcess {
    const successor = predecessor === undefined ? {} : { successorOf: predecessor };
    return startDirector(scope, lab, node, file, { ordinaryScheduling: true, ...successor });
  }

  async function drainedOnlyWhenItsClientHasGone(director: DirectorProcess, address: string): Promise<void> {
    const patient = `exec 3<>/dev/tcp/${address}/80; trap : USR1; sleep 600 & wait; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3`;
    const client = lab.start("c", ["bash", "-c", patient]);
    const busy = await until("a server with an active connection", async () => {
      const rows = [...(await lab.exec("d1", "ipvsadm", "-Ln")).matchAll(/-> (\S+) +Masq +1 +([1-9])/g)];
      return SERVERS.find((_, index) => rows[0]?.[1] === `172.16.225.${110 + index}:80`);
    });
    const server = `web/${busy}`;
    const { status, stderr } = await director.command("drain", server, "--run-dir", director.runDir);
    assert.equal(status, 0, stderr);
    await until("weight 0", async () => / -w 0$/m.test((await table("d1")).join("\n")), PATIENCE);
    const [, other] = await Promise.all([
      until("another look at the table", async () => (await director.status())?.table?.writes, PATIENCE),
      askWeb(lab, "c", address),
    ]);
    assert.notEqual(other, busy === "rs1" ? "r1" : "r2", "a new client is sent elsewhere");
    assert.deepEqual(director.eventsOf("server-removed"), [], "the old one still has its connection");
    client.signal("SIGUSR1");
    await until("its answer", () => client.stdout !== "");
    assert.equal(client.stdout, busy === "rs1" ? "r1" : "r2");
    await director.event("server-removed", ({ cause }) => cause === "drained");
    const undone = await director.command("undrain", server, "--run-dir", director.runDir);
    assert.equal(undone.status, 0, undone.stderr);
    await until("both servers again", async () => (await table("d1")).length === 3, PATIENCE);
  }

  async function addresses(node: NodeName, interfaceName: string, address: string): Promise<void> {
    await ipBatch([`address add ${address} dev ${interfaceName}`], lab.namespaceOf(node));
  }

  async function table(node: NodeName): Promise<string[]> {
    return (await lab.exec(node, "ipvsadm", "-Sn")).trim().split("\n").sort();
  }

  /** Round robin over two servers. */
  async function answeredInTurn(address: string): Promise<void> {
    await answeredByBoth(address);
    const answers: (string | undefined)[] = [];
    for (let count = 0; count < ASKED; count++) answers.push(await askWeb(lab, "c", address));
    for (const [index, answer] of answers.entries())
      assert.notEqual(answer, answers[index + 1], `${answers}`);
    assert.deepEqual([...new Set(answers)].sort(), ["r1", "r2"]);
  }

  async function answeredByBoth(address: string): Promise<void> {
    const seen = new Set<string | undefined>();
    await until(
      "answers of both servers",
      async () => seen.add(await askWeb(lab, "c", address)) && seen.has("r1") && seen.has("r2"),
      {
        ...PATIENCE,
        explain: async () => `${[...seen]}\n${await lab.exec("d2", "ipvsadm", "-Ln")}`,
      },
    );
  }
});

function example(name: string): string {
  return readFileSync(join(EXAMPLES, name), "utf8");
}
