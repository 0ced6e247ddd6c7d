/** A director whose table is in another network namespace than itself. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type DirectorProcess, pairFile, startDirector } from "../../support/director-process.ts";
import type { Lab } from "../../support/lab.ts";
import { destroyNamespaces, inNamespace, ipBatch, namespacePath } from "../../support/namespaces.ts";
import { must } from "../../support/processes.ts";
import { portOf } from "../../support/topology.ts";
import { until } from "../../support/until.ts";

const NAMESPACE = `kl-${process.pid}-balancing`;
const PATH = namespacePath(NAMESPACE);
const SERVER = `${portOf("r1", "inner").address}:80`;
const TABLE = ["-A -t 198.51.100.7:80 -s wlc", `-a -t 198.51.100.7:80 -r ${SERVER} -m -w 1`].join("\n");
const PATIENCE = { deadlineMs: 30_000 };

/** @param site whose director d2 is free; known when the tests run */
export function describeElsewhere(site: () => Lab): void {
  describe("a table in another network namespace", () => {
    const undos: (() => void | Promise<void>)[] = [];
    const scope = { after: (undo: () => void | Promise<void>) => void undos.push(undo) };
    let lab: Lab;
    let director: DirectorProcess;

    before(async () => {
      lab = site();
      scope.after(() => destroyNamespaces([NAMESPACE]));
      await makeNamespace();
      director = startDirector(scope, lab, "d2", clusterFile(NAMESPACE), { ordinaryScheduling: true });
      await director.event("ready");
    });
    after(async () => {
      for (const undo of undos.reverse()) await undo();
    });

    const there = (...command: string[]) => must(inNamespace(NAMESPACE, command));
    const here = (...command: string[]) => lab.exec("d2", ...command);

    /** Table, setting, daemons and timeouts, as ipvsadm and the kernel say. */
    async function seen(look: typeof there): Promise<readonly string[]> {
      const table = (await look("ipvsadm", "-Sn")).trim();
      const expires = (await look("cat", "/proc/sys/net/ipv4/vs/expire_nodest_conn")).trim();
      const daemons = (await look("ipvsadm", "-l", "--daemon")).match(/(master|backup)(?= sync)/g) ?? [];
      const timeouts = /: (.*)/.exec(await look("ipvsadm", "-l", "--timeout"))?.[1] ?? "";
      return [table, expires, daemons.join(), timeouts];
    }

    const KEPT = [TABLE, "1", "master,backup", "900 120 31"];
    const UNTOUCHED = ["", "0", "", "900 120 300"];

    async function becomes(wanted: readonly string[]): Promise<void> {
      await until("the table there", async () => `${await seen(there)}` === `${wanted}`, {
        ...PATIENCE,
        explain: async () => `${(await seen(there)).join("\n")}\n${director.explain()}`,
      });
    }

    it("is written there, with all that belongs to it, and nothing where the director is", async () => {
      await director.state("Master");
      await becomes(KEPT);
      assert.deepEqual(await seen(here), UNTOUCHED);
      assert.equal((await director.status())?.table?.namespace, PATH);
    });

    it("is where keelson ipvs looks", async () => {
      const places = ["--run-dir", director.runDir, "--state-dir", director.stateDir];
      const shown = await director.command("ipvs", "show", ...places);
      assert.match(shown.stdout, /^tcp 198\.51\.100\.7:80, wlc \(service web\)/m);
      assert.ok(shown.stdout.includes(`of the network namespace ${PATH}\n`), shown.stdout);
    });

    it("stays there: a file with another place is refused", async () => {
      director.write(clusterFile(lab.namespaceOf("r2")));
      const outcome = await director.reload();
      assert.match(outcome.kind === "refused" ? outcome.reason : outcome.kind, /restart it/);
      director.write(clusterFile(NAMESPACE));
      assert.deepEqual([await seen(there), await seen(here)], [KEPT, UNTOUCHED]);
    });

    it("is told to be gone with the namespace, and written again when there is one of that name", async () => {
      destroyNamespaces([NAMESPACE]);
      await director.state("Fault");
      assert.equal((await director.reload()).kind, "accepted");
      const { refusal } = await director.event("table-refused");
      assert.ok(refusal.code === "ENOENT" && refusal.text.includes(PATH), refusal.text);
      await makeNamespace();
      assert.equal((await director.reload()).kind, "accepted");
      assert.equal((await director.event("namespace-renewed")).namespace, PATH);
      await becomes(KEPT);
      await director.state("Master");
      assert.equal(director.eventsOf("namespace-renewed").length, 1);
    });

    it("is left as on_stop says, and the rest as it was", async () => {
      director.signal("SIGTERM");
      assert.equal((await director.ended).status, 0);
      assert.deepEqual(await seen(there), UNTOUCHED);
    });
  });
}

/** With an interface for the sync of connections. */
async function makeNamespace(): Promise<void> {
  await ipBatch([`netns add ${NAMESPACE}`]);
  const links = ["link add eth1 type veth peer name peer1", "link set eth1 up", "link set peer1 up"];
  await ipBatch([...links, "address add 10.9.9.1/24 dev eth1"], NAMESPACE);
}

function clusterFile(namespace: string): string {
  return pairFile({
    vrid: 52,
    addresses: ['"10.0.0.152"'],
    router: 'track = ["there"]',
    more: `[tracks.there]
type = "file"
path = "${PATH}"
[ipvs]
namespace = "${namespace}"
on_stop = "remove"
sysctls = { expire_nodest_conn = 1 }
timeouts = { udp = "31s" }
[ipvs.sync]
interface = "eth1"
before_move = "0s"
[services.web]
listen = ["198.51.100.7:80"]
check = { type = "none" }
[services.web.servers]
rs1 = { address = "${SERVER}" }`,
  });
}
