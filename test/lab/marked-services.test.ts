/**
 * Packets that our nftables rules mark, balanced by our services of these marks: in a kernel that has both, as Debian's own.
 * `marks.test.ts` has the marks, `ipvs/` has the services.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { serialize } from "node:v8";
import { build } from "esbuild";
import { Balance } from "../../src/balance/engine.ts";
import { settingsFor } from "../../src/config/settings.ts";
import { now } from "../../src/linux/clock.ts";
import { clusterOf } from "../config/support.ts";
import type { Wanted } from "../support/agents/marked.ts";
import { Initramfs } from "../support/initramfs.ts";
import { machineSkip, runInMachine } from "../support/virtual-machine.ts";
import { webSkip } from "../support/web.ts";

const ROOT = join(import.meta.dirname, "../..");
const MODULES = ["veth", "nf_tables", "ip_vs", "ip_vs_rr"];
const TIMEOUT_SECONDS = 300;

const CLUSTER = `[cluster]
name = "lab"
[directors.lb1]
address = "10.0.0.1"
interface = "client"
[routers.front]
vrid = 51
priority = 100
addresses = ["10.0.0.100", "2001:db8::100"]
[services.marked]
listen = [
  { mark = 5, family = 4, match = { tcp = ["10.0.0.100:80-90"] } },
]
scheduler = "rr"
check.type = "none"
servers = { a.address = "10.0.1.11", b.address = "10.0.1.12" }
[services.marked6]
listen = [{ mark = 6, family = 6, match = { tcp = ["[2001:db8::100]:*"] } }]
scheduler = "rr"
check.type = "none"
servers = { a.address = "2001:db8:1::11", b.address = "2001:db8:1::12" }
`;

/** Both real servers are in one namespace; the director is in the initial one. */
const NETWORK = `
ip -batch - << END
netns add c
netns add r
link set lo up
link add client type veth peer name eth0 netns c
link add inner type veth peer name eth0 netns r
link set client up
link set inner up
address add 10.0.0.1/24 dev client
address add 10.0.0.100/32 dev client
address add 2001:db8::1/64 dev client nodad
address add 2001:db8::100/128 dev client nodad
address add 10.0.1.1/24 dev inner
address add 2001:db8:1::1/64 dev inner nodad
END
ip -n c -batch - << END
link set eth0 up
address add 10.0.0.10/24 dev eth0
address add 2001:db8::10/64 dev eth0 nodad
END
ip -n r -batch - << END
link set eth0 up
address add 10.0.1.11/24 dev eth0
address add 10.0.1.12/24 dev eth0
address add 2001:db8:1::11/64 dev eth0 nodad
address add 2001:db8:1::12/64 dev eth0 nodad
route add default via 10.0.1.1
route add ::/0 via 2001:db8:1::1
END
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
ip netns exec r nginx -e stderr -c /nginx.conf
`;

const NGINX = `user root root;
events {}
http {
  access_log off;
  server {
    listen 80;
    listen 85;
    listen 91;
    listen [::]:80;
    default_type text/plain;
    location / { return 200 "$server_addr"; }
  }
}
`;

/** `ask WHO TIMES ADDRESS PORT`, where WHO is a namespace or nobody: a line for each of them, with who has answered. */
const QUESTIONS = `
ask() {
  where=$1; shift
  $where bash -c 'for ((i = 0; i < $1; i++)); do
    line=nobody
    exec 4<> /dev/tcp/$2/$3 && printf "GET / HTTP/1.0\\r\\n\\r\\n" >&4 && while IFS= read -r line <&4; do :; done
    echo "$line"
  done' bash "$@"
}
report() {
  name=$1; shift
  ask "$@" 2> /dev/null | while read -r line; do echo "$name $line" >&3; done
}
client="ip netns exec c"
report v4 "$client" 4 10.0.0.100 80
report range "$client" 2 10.0.0.100 85
report beside "$client" 1 10.0.0.100 91
report v6 "$client" 4 2001:db8::100 80
report director "" 2 10.0.0.100 80
nft delete table inet keelson-marks
report unmarked "$client" 1 10.0.0.100 80
`;

describe("a kernel with nftables and IPVS", { skip: machineSkip() || webSkip() }, () => {
  let answers: ReadonlyMap<string, readonly string[]>;

  before(async () => {
    const settings = settingsFor(clusterOf(CLUSTER), "lb1");
    const balance = new Balance();
    const { services } = settings;
    balance.handle({ kind: "configure", services, overrides: new Map(), random: 0 }, now());
    const files = await program();
    const wanted: Wanted = { settings, table: balance.wanted() };
    files.file("/wanted", serialize(wanted));
    files.file("/nginx.conf", NGINX);
    const script = [NETWORK, `${process.execPath} /keelson/marked.mjs /wanted`, QUESTIONS].join("\n");
    const lines = await runInMachine(script, files, { modules: MODULES, timeoutSeconds: TIMEOUT_SECONDS });
    const pairs = lines
      .trim()
      .split("\n")
      .map((line) => line.split(" "));
    const names = new Set(pairs.map(([name = ""]) => name));
    answers = new Map(
      [...names].map((name) => [
        name,
        pairs
          .filter(([of]) => of === name)
          .map(([, who = ""]) => who)
          .sort(),
      ]),
    );
  });

  it("balances a client's packets by the marks that our rules gave them", () => {
    const [one, two] = ["10.0.1.11", "10.0.1.12"];
    assert.deepEqual(answers.get("v4"), [one, one, two, two]);
    assert.deepEqual(answers.get("range"), [one, two]);
    assert.deepEqual(answers.get("director"), [one, two]);
  });

  it("over IPv6 too", () => {
    const [one, two] = ["2001:db8:1::11", "2001:db8:1::12"];
    assert.deepEqual(answers.get("v6"), [one, one, two, two]);
  });

  it("and no others", () => {
    assert.deepEqual([answers.get("beside"), answers.get("unmarked")], [["nobody"], ["nobody"]]);
  });
});

/** The agent, and the programs of the script. */
async function program(): Promise<Initramfs> {
  const files = new Initramfs();
  const extras = join(ROOT, "packages/dgram-extras");
  const installed = "/keelson/node_modules/dgram-extras";
  files.tree(`${installed}/dist`, join(extras, "dist"), (name) => /\.(js|node)$/.test(name));
  files.file(`${installed}/package.json`, readFileSync(join(extras, "package.json")));
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, "test/support/agents/marked.ts")],
    ...{ bundle: true, write: false, platform: "node", format: "esm", external: ["dgram-extras"] },
  });
  for (const { contents } of outputFiles) files.file("/keelson/marked.mjs", contents);
  for (const path of [process.execPath, "/usr/sbin/ip", "/usr/sbin/nft", "/usr/sbin/nginx"])
    await files.program(path);
  files.folder("/var/lib/nginx");
  files.file("/etc/passwd", "root:x:0:0:root:/:/bin/bash\n");
  files.file("/etc/group", "root:x:0:\n");
  return files;
}
