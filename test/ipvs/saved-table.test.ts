import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { savedText } from "../../src/ipvs/ipvsadm.ts";
import { recordOfDestination, recordOfService } from "../../src/ipvs/kernel-table.ts";
import { readSavedTable } from "../../src/ipvs/saved-table.ts";
import type { Table } from "../../src/ipvs/settings.ts";
import { ip } from "../../src/net/ip.ts";
import { seconds } from "../../src/net/time.ts";
import { SAVED_BY_IPVSADM } from "./saved-by-ipvsadm.ts";

function read(text: string): Table {
  const saved = readSavedTable(text);
  assert(saved.kind === "ok", JSON.stringify(saved));
  return saved.table;
}

function written(table: Table): string {
  return table
    .map(({ destinations, ...head }) =>
      savedText({ record: recordOfService(head), destinations: destinations.map(recordOfDestination) }),
    )
    .join("");
}

describe("a saved table", () => {
  it("of ipvsadm is read, and written again letter by letter", () => {
    assert.equal(written(read(SAVED_BY_IPVSADM)), SAVED_BY_IPVSADM);
  });

  it("is a table like that of a cluster file", () => {
    const [first, ...others] = read(SAVED_BY_IPVSADM);
    const { destinations = [], ...head } = first ?? {};
    assert.deepEqual(head, {
      protocol: "tcp",
      address: ip("192.0.2.1"),
      port: 80,
      scheduler: "sh",
      schedulerFlags: ["sh-fallback", "sh-port"],
      persistence: { timeout: seconds(100), clientPrefix: 24 },
    });
    assert.deepEqual(destinations.slice(0, 2), [
      { address: ip("10.0.0.1"), port: 80, forward: "direct", weight: 1 },
      {
        address: ip("10.0.0.2"),
        port: 80,
        forward: "tunnel",
        weight: 0,
        tunnel: { type: "gue", port: 6_080, checksum: "full" },
      },
    ]);
    assert.deepEqual(others.at(-1), {
      protocol: "mark",
      family: 6,
      mark: 7,
      scheduler: "rr",
      destinations: [],
    });
  });

  it("has the defaults of ipvsadm(8), and its long words; blank lines and comments are passed over", () => {
    const long = `
# made by hand
  --add-service --tcp-service=192.0.2.1:80 --persistent
--add-server --tcp-service 192.0.2.1:80 --real-server 10.0.0.1
`;
    const short = "-A -t 192.0.2.1:80 -s wlc -p 300\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1\n";
    assert.equal(written(read(long)), short);
  });

  it("keeps thresholds, which ipvsadm reads and does not write", () => {
    const text = "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1 -x 9 -y 4\n";
    assert.equal(written(read(text)), text);
  });
});

const SERVICE = "-A -t 192.0.2.1:80 -s rr\n";
const SERVER = "-a -t 192.0.2.1:80 -r";
const NO_ENDPOINT = "is no address and port; names are not looked up (ipvsadm -S -n writes none)";

describe("a saved table with a mistake", () => {
  const cases: readonly (readonly [text: string, message: string, line?: number])[] = [
    ["-C", "`-C` is no word of a saved table"],
    ["-t 192.0.2.1:80", "a line of a saved table adds a service (-A) or a server (-a)"],
    ["-A -a -t 192.0.2.1:80", "a line of a saved table adds a service (-A) or a server (-a)"],
    ["-A -s rr", "a line names one service: -t, -u, --sctp-service or -f"],
    ["-A -t 192.0.2.1:80 -f 1", "a line names one service: -t, -u, --sctp-service or -f"],
    ["-A -t www:http", `\`www:http\` ${NO_ENDPOINT}`],
    ["-A -t 192.0.2.1:65536", `\`192.0.2.1:65536\` ${NO_ENDPOINT}`],
    ["-A -t [192.0.2.1]:80", `\`[192.0.2.1]:80\` ${NO_ENDPOINT}`],
    ["-A -t 192.0.2.1:80 -t 192.0.2.1:80", "`-t` is there twice"],
    ["-A -t", "`-t` needs a value"],
    ["-A --ops=1 -u 192.0.2.1:80", "`--ops` takes no value"],
    ["-A -t 192.0.2.1:80 -o", "`--ops` is for UDP"],
    ["-A -t 192.0.2.1:80 -w 1", "`--weight` does not go with `--add-service`"],
    ["-A -t 192.0.2.1:80 -s a-b", "`a-b` is no name of a scheduler"],
    ["-A -t 192.0.2.1:0", "port 0, which is every port, needs `--persistent`"],
    ["-A -t 192.0.2.1:80 -M 255.255.255.0", "`--netmask` needs `--persistent`"],
    ["-A -u 192.0.2.1:80 --pe sip", "`--pe` needs `--persistent`"],
    ["-A -u 192.0.2.1:80 -p 60 --pe sap", "`sap` is no persistence engine: sip"],
    ["-A -t 192.0.2.1:80 -p 60 -M 255.0.255.0", "`255.0.255.0` is no netmask"],
    ["-A -t 192.0.2.1:80 -p 0", "`--persistent` wants a number from 1 to 2678400, not `0`"],
    ["-A -t 192.0.2.1:80 -b flag-4", "`flag-4` is no flag of a scheduler"],
    ["-A -f 0 -s rr", "`--fwmark-service` wants a number from 1 to 4294967295, not `0`"],
    [`${SERVICE}${SERVICE}`, "there is this service already in an earlier line", 2],
    [`${SERVER} 10.0.0.1:80`, "no earlier line adds the service of this server"],
    [`${SERVICE}${SERVER} rs1`, "`rs1` is no address of a server: -r ADDRESS:PORT", 2],
    [`${SERVICE}${SERVER} 10.0.0.1:81`, "without `-m` a server has the service's port, 80", 2],
    [`${SERVICE}${SERVER} 10.0.0.1:80 -g -m`, "one of -g, -i and -m", 2],
    [`${SERVICE}${SERVER} 10.0.0.1:80 -w -1`, "`--weight` wants a number from 0 to 65535, not `-1`", 2],
    [`${SERVICE}${SERVER} 10.0.0.1:80 -y 1`, "`--l-threshold` is above `--u-threshold`", 2],
    [
      `${SERVICE}${SERVER} [2001:db8::1]:80`,
      "a server of the other family is reached by a tunnel only (`-i`)",
      2,
    ],
    [`${SERVICE}${SERVER} 10.0.0.1:80 --tun-type ipip`, "what begins with `--tun-` needs `-i`", 2],
    [`${SERVICE}${SERVER} 10.0.0.1:80 -i --tun-type gue`, "a gue tunnel needs `--tun-port`", 2],
    [`${SERVICE}${SERVER} 10.0.0.1:80 -i --tun-csum`, "an ipip tunnel has no checksum", 2],
    [`${SERVICE}${SERVER} 10.0.0.1:80 -i --tun-type gre --tun-port 1`, "`--tun-port` is for gue", 2],
    [`${SERVICE}${SERVER} 10.0.0.1:80 -i --tun-type gre --tun-remcsum`, "`--tun-remcsum` is for gue", 2],
    [
      `${SERVICE}${SERVER} 10.0.0.1:80 -i --tun-type vxlan`,
      "`vxlan` is no type of tunnel: ipip, gue, gre",
      2,
    ],
    [
      `${SERVICE}${SERVER} 10.0.0.1:80\n${SERVER} 10.0.0.1:80`,
      "the service has the server 10.0.0.1:80 already",
      3,
    ],
  ];
  for (const [text, message, line = 1] of cases) {
    it(message, () => assert.deepEqual(readSavedTable(text), { kind: "bad", issues: [{ line, message }] }));
  }

  it("names every mistake at once, and none that follows from another", () => {
    const saved = readSavedTable(`-A -t 192.0.2.1:80 -s rr -p 0\n${SERVER} 10.0.0.1:80\n${SERVER} rs2\n`);
    assert.deepEqual(saved.kind === "bad" ? saved.issues.map(({ line }) => line) : saved, [1, 3]);
  });
});
