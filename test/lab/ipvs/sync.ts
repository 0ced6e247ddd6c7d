/** Connections through NAT while directors change places: they go on where these tell each other of them, and break where not. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type DirectorProcess, pairFile } from "../../support/director-process.ts";
import type { Lab } from "../../support/lab.ts";
import type { OwnedProcess } from "../../support/processes.ts";
import { INNER_VIP, portOf, VIP } from "../../support/topology.ts";
import { until } from "../../support/until.ts";

const ROUTER = "side";
const PORT = 7;
const PATIENCE = { deadlineMs: 30_000 };
const ARMS = ["outer", "inner"] as const;
const SAY_EVERY_S = 0.4;
/** After so many packets, and then after so many more. */
const NEVER = "10000 20000";

const SERVER = `require("node:net").createServer((socket) => {
  socket.on("error", () => {});
  socket.pipe(socket);
}).listen(${PORT}, () => console.log("listens"))`;
/** A reset ends it. */
const CLIENT = `exec 3<>/dev/tcp/${VIP}/${PORT}
while echo said >&3 && read -r line <&3; do echo $line; sleep ${SAY_EVERY_S}; done; echo LOST`;

interface Site {
  readonly lab: Lab;
  readonly first: DirectorProcess;
  readonly second: DirectorProcess;
  /** Another one in the place of the first, which has ended; with the same file. */
  successorOfFirst(): DirectorProcess;
}

/** @param site with directors on d1 and d2, which get another file meanwhile; known when the tests run */
export function describeSync(site: () => Site): void {
  describe("the sync of connections", () => {
    let lab: Lab;
    let first: DirectorProcess;
    let second: DirectorProcess;

    before(async () => {
      ({ lab, first, second } = site());
      // The client is on a link of the server, which is to answer through the directors all the same.
      await lab.exec("r1", "ip", "route", "add", portOf("c", "outer").address, "via", INNER_VIP);
      const server = lab.start("r1", [process.execPath, "-e", SERVER]);
      await reload(first, SYNC);
      await first.state("Master", ROUTER);
      await reload(second, SYNC);
      await second.state("Backup", ROUTER);
      await until("a server that listens", () => server.stdout.includes("listens"), PATIENCE);
    });
    after(async () => {
      for (const arm of ARMS) await lab.plug("d2", arm);
    });

    it("runs where the file says, by the role of the router", async () => {
      await runs("d1", "master");
      await runs("d2", "backup");
      assert.match(
        await daemons("d1"),
        /\(mcast=eth1, syncid=52, maxlen=1400, group=224\.0\.0\.81, port=8848/,
      );
      assert.equal((await second.status())?.table?.sync?.daemons.length, 1);
    });

    it("lets a connection survive the death of the master", async () => {
      const client = talk();
      await goesOn(client);
      await until("a connection that the backup knows", () => knows("d2"), PATIENCE);
      await unplug("d1");
      await second.state("Master", ROUTER);
      await goesOn(client);
      await runs("d2", "master");
      await runs("d1", "backup");
      client.signal("SIGKILL");
    });

    it("lets one survive a drill of which the successor, just back, had never heard", async () => {
      // Otherwise what the kernel has yet to send of it might reach the one who comes back.
      await reload(second, UNTOLD);
      const client = talk();
      await goesOn(client);
      for (const arm of ARMS) await lab.plug("d1", arm);
      await first.state("Backup", ROUTER);
      const { status, stdout, stderr } = await second.command("drill", "--run-dir", second.runDir);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^handing over in 5s, .+: side$/m);
      await first.state("Master", ROUTER);
      await goesOn(client);
      client.signal("SIGKILL");
      await runs("d1", "master");
      for (const { events } of [first, second]) {
        const causes = events.flatMap((event) => (event.kind === "sync-changed" ? event.cause : []));
        assert.ok(!causes.includes("drift"), "what the kernel says of them is what was asked for");
      }
    });

    it("lets one survive an orderly stop of the master, which waits as a drill does", async () => {
      await reload(first, UNTOLD);
      const client = talk();
      await goesOn(client);
      first.signal("SIGTERM");
      assert.equal((await first.ended).status, 0);
      await second.state("Master", ROUTER);
      await goesOn(client);
      client.signal("SIGKILL");
      first = site().successorOfFirst();
      await first.router("it follows, and answers", ({ state }) => state === "Backup", ROUTER);
    });

    it("without it, the client is cut off", async () => {
      for (const director of [first, second]) await reload(director);
      assert.equal(await daemons("d2"), "");
      const client = talk();
      await goesOn(client);
      await unplug("d2");
      await first.state("Master", ROUTER);
      await until("the end of the connection", () => client.stdout.includes("LOST"), PATIENCE);
    });

    async function reload(director: DirectorProcess, more = ""): Promise<void> {
      director.write(clusterFile(more));
      assert.equal((await director.reload({ wireBreaking: true })).kind, "accepted");
    }

    function talk(): OwnedProcess {
      return lab.start("c", ["bash", "-c", CLIENT]);
    }

    /** It hears what it says, from now on. */
    async function goesOn(client: OwnedProcess): Promise<void> {
      const before = client.stdout.length;
      const explain = async () => `${client.stdout}${await connections("d1")}${await connections("d2")}`;
      await until("two more answers", () => client.stdout.length >= before + 2 * "said\n".length, {
        ...PATIENCE,
        explain,
      });
      assert.doesNotMatch(client.stdout, /[A-Z]/);
    }

    async function unplug(node: "d1" | "d2"): Promise<void> {
      for (const arm of ARMS) await lab.unplug(node, arm);
    }

    async function runs(node: "d1" | "d2", role: string): Promise<void> {
      const only = new RegExp(`^${role} sync daemon [^\\n]*$`);
      await until(`the ${role} daemon alone on ${node}`, async () => only.test(await daemons(node)), {
        ...PATIENCE,
        explain: () => daemons(node),
      });
    }

    async function daemons(node: "d1" | "d2"): Promise<string> {
      return (await lab.exec(node, "ipvsadm", "-l", "--daemon")).trim();
    }

    async function connections(node: "d1" | "d2"): Promise<string> {
      return lab.exec(node, "ipvsadm", "-Lcn");
    }

    async function knows(node: "d1" | "d2"): Promise<boolean> {
      return (await connections(node)).includes("ESTABLISHED");
    }
  });
}

const SYNC = `[ipvs.sync]\ninterface = "eth1"\nrouter = "${ROUTER}"\nmax_length = 1400\n`;
/** Of nothing before a planned move. */
const UNTOLD = `${SYNC}[ipvs]\nsysctls = { sync_threshold = "${NEVER}" }\n`;

function clusterFile(more = ""): string {
  const file = pairFile({
    vrid: 52,
    addresses: [`"${VIP}"`, `{ address = "${INNER_VIP}/24", interface = "eth1" }`],
    router: "preempt = false",
    more: `${more}
[services.echo]
listen = ["${VIP}:${PORT}"]
check = { type = "none" }
servers.rs1 = { address = "${portOf("r1", "inner").address}:${PORT}" }`,
  });
  // A kernel with one processor, which others are busy with, keeps adverts waiting for longer than three times 100 ms.
  return file
    .replace('interval = "100ms"', 'interval = "500ms"')
    .replace("routers.front", `routers.${ROUTER}`);
}
