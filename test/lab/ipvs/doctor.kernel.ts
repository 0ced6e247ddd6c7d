/** What the doctor says of a host with IPVS, and what it mends, in the network namespace of this process. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { verb } from "../../control/keelson.ts";
import { ipBatch } from "../../support/namespaces.ts";
import { must } from "../../support/processes.ts";

const FORWARD = "/proc/sys/net/ipv4/ip_forward";
const FILE = `[cluster]
name = "shop"
[directors.lb1]
interface = "eth8"
[routers.front]
vrid = 51
interval = "100ms"
priority = 100
addresses = ["198.51.100.100"]
[services.web]
listen = ["198.51.100.100:80"]
scheduler = "rr"
servers = { rs1 = { address = "198.51.100.11:80" } }
`;

describe("keelson doctor", () => {
  let folder = "";
  let forwardedBefore = "";

  before(async () => {
    forwardedBefore = readFileSync(FORWARD, "utf8").trim();
    folder = mkdtempSync(join(tmpdir(), "keelson-doctor-"));
    writeFileSync(join(folder, "cluster.toml"), FILE);
    const addresses = ["198.51.100.1/24", "198.51.100.100/32"].map((one) => `address add ${one} dev eth8`);
    const links = ["link add name eth8 type veth peer name peer8", "link set eth8 up", "link set peer8 up"];
    await ipBatch([...links, ...addresses]);
    await must(["sysctl", "-qw", "net.ipv4.ip_forward=0", "net.ipv4.conf.all.send_redirects=0"]);
    await must(["sysctl", "-qw", "net.ipv4.conf.eth8.send_redirects=0"]);
  });
  after(async () => {
    await ipBatch(["link del eth8"]);
    await must(["sysctl", "-qw", `net.ipv4.ip_forward=${forwardedBefore}`]);
    rmSync(folder, { recursive: true, force: true });
  });

  const doctor = (...words: string[]) => {
    const places = ["--config", join(folder, "cluster.toml"), "--state-dir", folder];
    return verb("doctor", ...places, "--node", "lb1", ...words);
  };
  const forwarding = /^warning {2}forwarding: .+\n {9}→ sysctl -w net\.ipv4\.ip_forward=1$/m;

  it("finds what is wrong, and that the kernel has IPVS and the scheduler; it changes nothing", async () => {
    const { status, stdout } = await doctor();
    assert.equal(status, 1);
    assert.match(stdout, /^error {4}addresses: .+\n {9}→ ip address del 198\.51\.100\.100 dev eth8$/m);
    assert.match(stdout, forwarding);
    assert.match(stdout, /^ok {7}interfaces, .*ipvs, schedulers/m);
    assert.equal(readFileSync(FORWARD, "utf8").trim(), "0");
  });

  it("mends what is safe, says how to undo it, and leaves the rest to people", async () => {
    const { status, stdout } = await doctor("--fix");
    assert.equal(status, 1);
    assert.match(
      stdout,
      /^fix {6}sysctl -w net\.ipv4\.ip_forward=1 {3}\(undo: sysctl -w net\.ipv4\.ip_forward=0\)$/m,
    );
    assert.doesNotMatch(stdout, forwarding);
    assert.match(stdout, /^error {4}addresses: /m);
    assert.equal(readFileSync(FORWARD, "utf8").trim(), "1");
    await ipBatch(["address del 198.51.100.100/32 dev eth8"]);
    assert.equal((await doctor()).status, 0);
  });
});
