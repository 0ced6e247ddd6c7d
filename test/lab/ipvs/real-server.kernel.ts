/** A host that becomes a real server and ceases to be one: the command, in the network namespace of this process. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { verb } from "../../control/keelson.ts";
import { ipBatch } from "../../support/namespaces.ts";
import { must } from "../../support/processes.ts";

const FILE = `[cluster]
name = "shop"
[directors.lb1]
address = "192.0.2.1"
interface = "eth0"
[routers.front]
vrid = 51
priority = 100
addresses = ["192.0.2.100", "192.0.2.101"]
[services.web]
listen = ["192.0.2.100:80", "192.0.2.101:80"]
forward = "direct"
servers = { rs1 = { address = "192.0.2.11:80" }, rs2 = { address = "192.0.2.12:80" } }
`;

/** For GRE with checksums to 192.0.2.14. */
const CHECKED = "kgre-c000020e";

describe("keelson realserver", () => {
  let folder = "";

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "keelson-rs-"));
    writeFileSync(join(folder, "cluster.toml"), FILE);
    const link = "link add name eth7 type veth peer name peer7";
    // One of the two addresses was there before.
    const addresses = ["address add 192.0.2.11/24 dev eth7", "address add 192.0.2.101/32 dev lo"];
    await ipBatch([link, "link set eth7 up", "link set peer7 up", ...addresses]);
    await must(["sysctl", "-qw", "net.ipv4.conf.all.arp_ignore=0", "net.ipv4.conf.all.arp_announce=1"]);
  });
  after(async () => {
    await ipBatch(["link del eth7", "address del 192.0.2.101/32 dev lo"]);
    await must(["sysctl", "-qw", "net.ipv4.conf.all.arp_ignore=0", "net.ipv4.conf.all.arp_announce=0"]);
    rmSync(folder, { recursive: true, force: true });
  });

  const realserver = (word: "up" | "down" | "check", ...words: string[]) => {
    const places = ["--config", join(folder, "cluster.toml"), "--state-dir", folder];
    return verb(`realserver ${word}`, ...places, ...words);
  };
  const onLoopback = async () => {
    const text = await must(["ip", "-4", "-oneline", "address", "show", "dev", "lo"]);
    return [...text.matchAll(/inet (192\S+)/g)].map(([, address]) => address).sort();
  };
  const silence = async () => {
    const text = await must([
      "sysctl",
      "-n",
      "net.ipv4.conf.all.arp_ignore",
      "net.ipv4.conf.all.arp_announce",
    ]);
    return text.trim().split("\n").map(Number);
  };

  it("says what is missing, each with the line that mends it", async () => {
    const { status, stdout, stderr } = await realserver("check");
    assert.deepEqual([status, stdout], [1, ""]);
    const [ignore = "", announce = "", address = "", ...others] = stderr.trimEnd().split("\n");
    assert.match(ignore, /^missing: .+arp_ignore = 1 .+: sysctl -w net\.ipv4\.conf\.all\.arp_ignore=1$/);
    assert.match(announce, /sysctl -w net\.ipv4\.conf\.all\.arp_announce=2$/);
    assert.match(address, /^missing: 192\.0\.2\.100 on lo .+ip address replace 192\.0\.2\.100\/32 dev lo$/);
    assert.deepEqual(others, []);
  });

  it("goes up, and then finds nothing to do and nothing missing", async () => {
    const first = await realserver("up");
    assert.deepEqual([first.status, first.stderr], [0, ""]);
    assert.deepEqual(await onLoopback(), ["192.0.2.100/32", "192.0.2.101/32"]);
    assert.deepEqual(await silence(), [1, 2]);
    assert.equal((await realserver("up")).stdout, "nothing to do\n");
    assert.equal((await realserver("check")).stdout, "rs1 of service web: nothing is missing\n");
  });

  it("goes down, and leaves what was there before", async () => {
    const { status, stdout } = await realserver("down");
    assert.equal(status, 0);
    assert.equal(stdout.split("\n")[0], "ip address del 192.0.2.100/32 dev lo");
    assert.deepEqual(await onLoopback(), ["192.0.2.101/32"]);
    assert.deepEqual(await silence(), [0, 1]);
    assert.equal((await realserver("down")).stdout, "nothing to do\n");
  });

  it("prints lines for any server by name; run by a shell, they do the same", async () => {
    const { stdout } = await realserver("up", "--node", "rs2", "--print");
    assert.deepEqual(await silence(), [0, 1]);
    await must(["sh", "-e"], { input: stdout });
    assert.deepEqual(await onLoopback(), ["192.0.2.100/32", "192.0.2.101/32"]);
    assert.deepEqual(await silence(), [1, 2]);
    assert.equal((await realserver("check", "--node", "rs2")).status, 0);
    await must(["ip", "address", "del", "192.0.2.100/32", "dev", "lo"]);
  });

  it("refuses where the address is on another interface, and on a host that is no such server", async () => {
    await must(["ip", "address", "add", "192.0.2.100/32", "dev", "eth7"]);
    const there = await realserver("up");
    assert.equal(there.status, 1);
    assert.match(there.stderr, /^192\.0\.2\.100 is on eth7/);
    await must(["ip", "address", "flush", "dev", "eth7"]);
    const stranger = await realserver("up");
    assert.equal(stranger.status, 2);
    assert.match(stranger.stderr, /^none of this host's addresses .+--node NAME/);
    await must(["ip", "address", "add", "192.0.2.1/24", "dev", "eth7"]);
    assert.match((await realserver("up")).stderr, /^by its addresses this host is director lb1/);
    assert.match((await realserver("up", "--node", "rs9")).stderr, /^rs9 is not the name of a server/);
  });

  it("opens the ends of tunnels, and closes them", async () => {
    const tunnels = [
      '{ type = "gue", port = 6080, checksum = "none" }',
      '{ type = "gre", checksum = "none" }',
      '{ type = "gre", checksum = "full" }',
    ];
    const addresses = ["192.0.2.13", "192.0.2.13", "192.0.2.14"];
    const servers = tunnels.map(
      (tunnel, index) => `[services.t${index}]
listen = ["192.0.2.100:${81 + index}"]
forward = "tunnel"
tunnel = ${tunnel}
servers = { rs3 = { address = "${addresses[index]}:${81 + index}" } }
`,
    );
    writeFileSync(join(folder, "cluster.toml"), `${FILE}${servers.join("")}`);
    const up = await realserver("up", "--node", "rs3");
    assert.deepEqual([up.status, up.stderr], [0, ""]);
    const flags = async (name: string) => await must(["ip", "-oneline", "link", "show", name]);
    for (const name of ["tunl0", "gre0", CHECKED]) assert.match(await flags(name), /[<,]UP[,>]/);
    assert.match(
      await must(["ip", "-details", "link", "show", CHECKED]),
      / gre remote any local 192\.0\.2\.14 .*icsum/,
    );
    assert.match(await must(["ip", "fou", "show"]), /port 6080 gue/);
    assert.equal((await must(["sysctl", "-n", "net.ipv4.conf.tunl0.rp_filter"])).trim(), "2");
    assert.equal((await realserver("up", "--node", "rs3")).stdout, "nothing to do\n");
    assert.equal((await realserver("check", "--node", "rs3")).status, 0);
    assert.equal((await realserver("down")).status, 0);
    for (const name of ["tunl0", "gre0"]) assert.doesNotMatch(await flags(name), /[<,]UP[,>]/);
    await assert.rejects(flags(CHECKED), /does not exist/);
    assert.equal((await must(["ip", "fou", "show"])).trim(), "");
  });
});
