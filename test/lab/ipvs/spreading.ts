/** Services of a cluster file as clients meet them: who answers, over which family, by which way. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { EventOf } from "../../../src/log/event.ts";
import { type DirectorProcess, pairFile } from "../../support/director-process.ts";
import type { Lab } from "../../support/lab.ts";
import { askNames, startNameServer } from "../../support/names.ts";
import { ipBatch } from "../../support/namespaces.ts";
import { INNER_VIP, type NodeName, portOf, VIP } from "../../support/topology.ts";
import { until } from "../../support/until.ts";

const [VIP4, MARKED, VIP6] = ["198.51.100.100", "198.51.100.101", "2001:db8:1::100"];
const INNER_VIP6 = "2001:db8:2::100";
const [R1, R2] = [portOf("r1", "inner").address, portOf("r2", "inner").address];
const SERVERS = ["r1", "r2"] as const;
const MARK = 5;
/** A multiple of all weights together. */
const ASKED = 16;
const PATIENCE = { deadlineMs: 60_000 };

const CLUSTER = pairFile({
  // Of what is sent to these addresses only the services get anything, and they get all.
  router: "accept = false",
  addresses: [
    `"${VIP4}/24"`,
    `"${MARKED}/24"`,
    `"${VIP6}/64"`,
    `"${VIP}"`,
    `{ address = "${INNER_VIP}/24", interface = "eth1" }`,
    `{ address = "${INNER_VIP6}/64", interface = "eth1" }`,
  ],
  more: `[services]
weighted = { listen = ["${VIP4}:80-81"], scheduler = "wrr", servers = { a = { address = "${R1}:80", weight = 3 }, b = { address = "${R2}:80" } } }
sticky = { listen = ["${VIP4}:82"], scheduler = "rr", persistence = "60s", ${servers(":80")} }
hashed = { listen = ["${VIP4}:83"], scheduler = "sh", ${servers(":80")} }
ports = { listen = ["${VIP4}:84"], scheduler = "sh", scheduler_flags = ["sh-port"], ${servers(":80")} }
maglev = { listen = ["${VIP4}:85"], scheduler = "mh", scheduler_flags = ["mh-port"], ${servers(":80")} }
names = { protocol = "udp", listen = ["${VIP4}:53"], scheduler = "rr", check = { type = "tcp", port = 53 }, ${servers("")} }
six = { listen = ["[${VIP6}]:80"], scheduler = "rr", servers = { a.address = "2001:db8:2::11", b.address = "2001:db8:2::12" } }
marked = { listen = [{ mark = ${MARK}, family = 4, match = { tcp = ["${MARKED}:80"] } }], scheduler = "rr", check = { type = "tcp", port = 80 }, ${servers("")} }
tunnel = { listen = ["${VIP}:80"], scheduler = "rr", forward = "tunnel", ${servers("")} }
lost = { listen = ["${VIP4}:86"], scheduler = "nonesuch", ${servers(":80")} }
`,
});

function servers(port: string): string {
  return `servers = { a.address = "${R1}${port}", b.address = "${R2}${port}" }`;
}

interface Site {
  readonly lab: Lab;
  readonly director: DirectorProcess;
}

/** @param site with web servers on both real servers, and a director on d1; known when the tests run */
export function describeSpreading(site: () => Site): void {
  describe("services between a client and real servers", () => {
    let lab: Lab;

    before(async () => {
      const { director } = site();
      ({ lab } = site());
      await ip("c", [
        "address add 198.51.100.50/24 dev eth0",
        "address add 2001:db8:1::50/64 dev eth0 nodad",
      ]);
      for (const [node, number] of [
        ["r1", 11],
        ["r2", 12],
      ] as const) {
        await ip(node, [
          `address add 2001:db8:2::${number}/64 dev eth1 nodad`,
          `route add default via ${INNER_VIP}`,
          `route add ::/0 via ${INNER_VIP6}`,
          `link add wrapped type ipip local ${portOf(node, "inner").address}`,
          "link set wrapped up",
          `address add ${VIP}/32 dev wrapped`,
        ]);
        await lab.sysctl(node, { "ipv4/conf/all/arp_ignore": "1", "ipv4/conf/all/arp_announce": "2" });
      }
      await lab.sysctl("d1", { "ipv4/ip_forward": "1", "ipv6/conf/all/forwarding": "1" });
      await lab.exec("d1", "tc", "qdisc", "add", "dev", "eth0", "clsact");
      await Promise.all(SERVERS.map((node) => startNameServer(lab, node)));
      const seen = director.events.length;
      director.write(CLUSTER);
      assert.equal((await director.reload()).kind, "accepted");
      const isScheduler = ({ what }: EventOf["table-refused"]) => !what.includes("nftables");
      const refused = await director.event("table-refused", isScheduler, seen);
      assert.equal(refused.meaning, 'this kernel has no scheduler "nonesuch" (module ip_vs_nonesuch)');
      await hasNftables(seen);
      const areUp = async () => {
        const services = (await director.status())?.services;
        return services?.every(({ servers: all }) => all.every(({ state }) => state === "up"));
      };
      await until("healthy servers", areUp, { ...PATIENCE, explain: () => director.explain() });
      await until("the way to them", async () => (await answers(VIP6, 80, 1))[0], PATIENCE);
    });

    it("wrr shares connections by weight, at every port of a range", async () => {
      for (const port of [80, 81]) {
        assert.deepEqual(count(await answers(VIP4, port, ASKED)), { r1: 12, r2: 4 }, `port ${port}`);
      }
    });

    for (const [name, port] of [
      ["a persistent service", 82],
      ["sh", 83],
    ] as const) {
      it(`${name} keeps a client at its server`, async () => {
        assert.equal(new Set(await answers(VIP4, port, ASKED)).size, 1);
      });
    }

    for (const [name, port] of [
      ["sh with sh-port", 84],
      ["mh with mh-port", 85],
    ] as const) {
      it(`${name} spreads the connections of one client`, async () => {
        assert.deepEqual(Object.keys(count(await answers(VIP4, port, ASKED))), [...SERVERS]);
      });
    }

    for (const [name, address] of [
      ["IPv6, by NAT", VIP6],
      ["a firewall mark, by NAT, at the port that was asked", MARKED],
      ["IP in IP, straight back to the client", VIP],
    ] as const) {
      it(`both servers answer over ${name}`, async () => {
        assert.deepEqual(count(await answers(address, 80, 4)), { r1: 2, r2: 2 });
      });
    }

    it("two DNS servers answer in turn over UDP", async () => {
      assert.deepEqual(count(await askNames(lab, "c", VIP4, 4)), { r1: 2, r2: 2 });
    });

    /** Where the kernel has no nf_tables the director says so, and a firewall of another kind sets the mark. */
    async function hasNftables(seen: number): Promise<void> {
      const { director } = site();
      const problem = (await director.status())?.marks?.problem;
      if (problem === undefined) return;
      assert.match(problem, /^this kernel has no nf_tables for the family inet: /);
      for (const table of ["keelson", "keelson-marks"]) {
        const isOfTable = ({ what }: EventOf["table-refused"]) => what === `the nftables table ${table}`;
        assert.equal((await director.event("table-refused", isOfTable, seen)).meaning, problem);
      }
      await setMark(lab, `${MARKED}/32`, MARK);
    }

    function ip(node: NodeName, lines: readonly string[]): Promise<void> {
      return ipBatch(lines, lab.namespaceOf(node));
    }

    /** Which node has answered each of so many connections of the client, one after another; one that is refused ends it. */
    async function answers(address: string, port: number, times: number): Promise<string[]> {
      const script = `for ((i = 0; i < ${times}; i++)); do
  exec 3<>/dev/tcp/${address}/${port} || break
  printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3
  while IFS= read -r -t 5 line <&3; do :; done
  echo "$line"
done 2>/dev/null`;
      const text = await lab.exec("c", "bash", "-c", script);
      return text.split("\n").filter(Boolean);
    }
  });
}

/** On what comes to d1's clsact, in place of a firewall, which this kernel may lack. */
export async function setMark(lab: Lab, network: string, mark: number): Promise<void> {
  const filter = ["filter", "add", "dev", "eth0", "ingress", "protocol", "ip", "u32"];
  const action = ["match", "ip", "dst", network, "action", "skbedit", "mark", `${mark}`];
  await lab.exec("d1", "tc", ...filter, ...action);
}

function count(answers: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of [...answers].sort()) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}
