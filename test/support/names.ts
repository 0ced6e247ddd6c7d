/** Real DNS servers of the lab that say their names, and a client that asks. */
import { spawnSync } from "node:child_process";
import type { Lab } from "./lab.ts";
import type { NodeName } from "./topology.ts";
import { until } from "./until.ts";

const QUESTION = "who.test";

export function namesSkip(): string | false {
  return spawnSync("dnsmasq", ["-v"]).error === undefined ? false : "needs the Debian package dnsmasq-base";
}

/** A dnsmasq on port 53 of every address of the node, over UDP and TCP. It knows one name, and whose it is. */
export async function startNameServer(lab: Lab, node: NodeName): Promise<void> {
  // Of the host it must take nothing: no configuration, hosts, servers or file for its process id.
  const own = ["--keep-in-foreground", "--conf-file=/dev/null", "--no-hosts", "--no-resolv", "--pid-file"];
  const command = ["dnsmasq", ...own, "--user=root", "--log-facility=-", `--txt-record=${QUESTION},${node}`];
  const server = lab.start(node, command);
  const listens = async () => (await lab.exec(node, "ss", "-Hltn", "sport = :53")) !== "";
  await until(`dnsmasq on ${node}`, listens, { explain: () => server.stderr });
}

/** Which nodes answer so many questions, one after the other, each from a port of its own. */
export async function askNames(lab: Lab, node: NodeName, address: string, times: number): Promise<string[]> {
  const program = `(async () => {
  for (let left = ${times}; left > 0; left--) {
    const resolver = new (require("node:dns").promises.Resolver)();
    resolver.setServers(["${address}"]);
    console.log((await resolver.resolveTxt("${QUESTION}")).join());
  }
})()`;
  return (await lab.exec(node, process.execPath, "--eval", program)).trim().split("\n");
}
