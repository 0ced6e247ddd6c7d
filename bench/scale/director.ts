/** Both products with many routers, or with many addresses, from files that say the same. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Keelson } from "../../test/support/keelson.ts";
import { Keepalived } from "../../test/support/keepalived.ts";
import { until } from "../../test/support/until.ts";
import type { DirectorNode, Product } from "../director.ts";
import { floatingAddress, interfaceName, ownAddress, type Site } from "./site.ts";

const ROOT = join(import.meta.dirname, "../..");
const START_MS = 60_000;
export const PRIORITIES = { d1: 150, d2: 100 } as const;
/** keepalived wants those beyond an advert's limit in a list of their own. */
const MOST_ADVERTISED = 255;

export interface Load {
  /** On each of them as many routers, numbered from 1 on. */
  readonly links: number;
  readonly routersPerLink: number;
  /** Of each router. */
  readonly addresses: number;
  readonly intervalMillis: number;
}

interface Router {
  readonly name: string;
  readonly interface: string;
  readonly vrid: number;
  readonly addresses: readonly string[];
}

/** A running director of either product. */
export type ScaleDirector = Keelson | Keepalived;

/** Settles when it has read its file. */
export function startDirector(
  site: Site,
  product: Product,
  node: DirectorNode,
  load: Load,
  build = ROOT,
): Promise<ScaleDirector> {
  const folder = join(site.folder, `${product}-${node}`);
  mkdirSync(folder, { recursive: true });
  return product === "keelson"
    ? startKeelson(site, node, load, folder, build)
    : startKeepalived(site, node, load, folder);
}

async function startKeelson(site: Site, node: DirectorNode, load: Load, folder: string, build: string) {
  const file = (name: string) => join(folder, name);
  writeFileSync(file("cluster.toml"), clusterFile(node, load));
  writeFileSync(file("log"), "");
  const places = ["--config", file("cluster.toml"), "--run-dir", file("run"), "--state-dir", file("state")];
  const program = [join(build, "bin/keelson"), "run", "--node", node, ...places];
  const child = site.start(node, ["sh", "-c", 'exec "$@" >>"$0" 2>&1', file("log"), ...program]);
  const keelson = new Keelson(child, node, folder);
  await started(keelson, '"kind":"file-accepted"');
  return keelson;
}

async function startKeepalived(site: Site, node: DirectorNode, load: Load, folder: string) {
  const file = (name: string) => join(folder, name);
  writeFileSync(file("keepalived.conf"), keepalivedFile(node, load));
  const pidFiles = ["-p", file("parent.pid"), "-r", file("vrrp.pid")];
  const command = ["keepalived", "-n", "-P", "-l", "-G", "-f", file("keepalived.conf"), ...pidFiles];
  const keepalived = new Keepalived(site.start(node, command), node, file("keepalived.conf"));
  await started(keepalived, "Entering BACKUP STATE");
  return keepalived;
}

async function started(director: ScaleDirector, word: string): Promise<void> {
  const explain = () => director.log.slice(-500);
  await until(`"${word}"`, () => director.log.includes(word), { deadlineMs: START_MS, explain });
}

function routersOf({ links, routersPerLink, addresses }: Load): Router[] {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  return numbers(links).flatMap((link) =>
    numbers(routersPerLink).map((place) => ({
      name: `r${link}-${place + 1}`,
      interface: interfaceName(link),
      vrid: place + 1,
      addresses: numbers(addresses).map((number) => floatingAddress(link, place * addresses + number)),
    })),
  );
}

function clusterFile(node: DirectorNode, load: Load): string {
  const routers = routersOf(load).map(
    ({ name, interface: link, vrid, addresses }) => `[routers.${name}]
vrid = ${vrid}
interface = "${link}"
interval = "${load.intervalMillis}ms"
priority = ${PRIORITIES[node]}
addresses = ${JSON.stringify(addresses)}
`,
  );
  return `[cluster]
name = "scale"

[directors.${node}]
address = "${ownAddress(node, 0)}"
interface = "${interfaceName(0)}"

${routers.join("\n")}`;
}

function keepalivedFile(node: DirectorNode, load: Load): string {
  const instances = routersOf(load).map(({ name, interface: link, vrid, addresses }) => {
    const excluded = addresses.slice(MOST_ADVERTISED);
    return `vrrp_instance ${name} {
  interface ${link}
  state BACKUP
  virtual_router_id ${vrid}
  priority ${PRIORITIES[node]}
  advert_int ${load.intervalMillis / 1_000}
  virtual_ipaddress {
    ${addresses.slice(0, MOST_ADVERTISED).join("\n    ")}
  }
  ${excluded.length === 0 ? "" : `virtual_ipaddress_excluded {\n    ${excluded.join("\n    ")}\n  }`}
}
`;
  });
  return `global_defs {\n  router_id ${node}\n  vrrp_version 3\n}\n${instances.join("")}`;
}
