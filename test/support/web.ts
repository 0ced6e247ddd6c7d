/** Real servers of the lab that say their names over HTTP, and a client that asks. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "./lab.ts";
import { inNamespace } from "./namespaces.ts";
import { type OwnedProcess, run } from "./processes.ts";
import type { NodeName } from "./topology.ts";
import { until } from "./until.ts";

const ANSWER_MS = 5_000;

export function webSkip(): string | false {
  return spawnSync("nginx", ["-v"]).error === undefined ? false : "needs the Debian package nginx-light";
}

/** An nginx on port 80 of every address of the node. It answers whatever is asked with the node's name. */
export async function startWebServer(lab: Lab, node: NodeName): Promise<OwnedProcess> {
  const folder = join(lab.folder, `nginx-${node}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "nginx.conf");
  writeFileSync(file, configuration(folder, node));
  const server = lab.start(node, ["nginx", "-e", "stderr", "-p", folder, "-c", file]);
  const listens = async () => (await lab.exec(node, "ss", "-Hltn", "sport = :80")) !== "";
  await until(`nginx on ${node}`, listens, { explain: () => server.stderr });
  return server;
}

/** One process, so that one signal ends it. */
function configuration(folder: string, node: NodeName): string {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${name};`,
  );
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  keepalive_timeout 0;
  ${paths.join("\n  ")}
  server {
    listen 80;
    listen [::]:80;
    default_type text/plain;
    location / { return 200 "${node}"; }
  }
}
`;
}

/** Which node answers this one; `undefined` when none does. A new connection each time. */
export async function askWeb(lab: Lab, node: NodeName, address: string): Promise<string | undefined> {
  const script = `exec 3<>/dev/tcp/${address}/80 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && tail -n 1 <&3`;
  const command = inNamespace(lab.namespaceOf(node), ["bash", "-c", script]);
  const { status, stdout } = await run(command, { timeoutMs: ANSWER_MS });
  return status === 0 && stdout !== "" ? stdout : undefined;
}
