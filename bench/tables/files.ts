/** One large table in three languages: Keelson's cluster file, keepalived's file, and what `ipvsadm -R` reads. */
import { portOf } from "../../test/support/topology.ts";

export interface Size {
  readonly services: number;
  readonly servers: number;
}

interface Server {
  readonly address: string;
  readonly weight: number;
}

interface Service {
  readonly address: string;
  readonly port: number;
  readonly servers: readonly Server[];
}

/** Services in the order of the file, which is that of their addresses and ports too. */
export type Site = readonly Service[];

const SERVICES_PER_ADDRESS = 100;
const FIRST_PORT = 1_000;
const WEIGHTS = 9;
export const INTERVAL_MS = 100;

/** Three digits in each place: sorted as text or as numbers, the order is the same. */
export function site({ services, servers }: Size): Site {
  let made = 0;
  return Array.from({ length: services }, (_, index) => {
    const last = Math.round(((index + 1) * servers) / services);
    const address = `10.0.0.${100 + Math.floor(index / SERVICES_PER_ADDRESS)}`;
    const own = Array.from({ length: last - made }, (_unused, place) => serverOf(made + place));
    made = last;
    return { address, port: FIRST_PORT + (index % SERVICES_PER_ADDRESS), servers: own };
  });
}

function serverOf(number: number): Server {
  const [high, middle, low] = [Math.floor(number / 10_000), Math.floor(number / 100) % 100, number % 100];
  return { address: `10.${100 + high}.${100 + middle}.${100 + low}`, weight: 1 + (number % WEIGHTS) };
}

/** The same with another weight for the very last server. */
export function withOtherWeight(services: Site): Site {
  const [last] = services.slice(-1);
  const [server] = last?.servers.slice(-1) ?? [];
  if (last === undefined || server === undefined) throw new Error("a site without servers");
  const servers = [...last.servers.slice(0, -1), { ...server, weight: server.weight + WEIGHTS }];
  return [...services.slice(0, -1), { ...last, servers }];
}

function addressesOf(services: Site): string[] {
  return [...new Set(services.map(({ address }) => address))];
}

export function clusterFile(services: Site): string {
  const tables = services.map(({ address, port, servers }) => {
    const lines = servers.map(
      (server, place) => `r${place} = { address = "${server.address}:${port}", weight = ${server.weight} }`,
    );
    const name = `services.s${address.split(".").at(-1)}-${port}`;
    return `[${name}]
listen = ["${address}:${port}"]
scheduler = "wrr"
forward = "direct"
check = { type = "none" }
[${name}.servers]
${lines.join("\n")}
`;
  });
  return `[cluster]
name = "tables"

[directors.d1]
address = "${portOf("d1", "outer").address}"
interface = "eth0"

[routers.front]
vrid = 51
interval = "${INTERVAL_MS}ms"
priority = 150
addresses = ${JSON.stringify(addressesOf(services))}

${tables.join("\n")}`;
}

export function keepalivedFile(services: Site): string {
  const tables = services.map(({ address, port, servers }) => {
    const lines = servers.map(
      (server) => `  real_server ${server.address} ${port} {\n    weight ${server.weight}\n  }`,
    );
    return `virtual_server ${address} ${port} {
  lvs_sched wrr
  lvs_method DR
  protocol TCP
${lines.join("\n")}
}
`;
  });
  return `global_defs {
  router_id d1
  vrrp_version 3
}
vrrp_instance front {
  interface eth0
  state BACKUP
  virtual_router_id 51
  priority 150
  advert_int ${INTERVAL_MS / 1_000}
  virtual_ipaddress {
    ${addressesOf(services).join("\n    ")}
  }
}
${tables.join("")}`;
}

export function ipvsadmFile(services: Site): string {
  const lines = services.flatMap(({ address, port, servers }) => [
    `-A -t ${address}:${port} -s wrr`,
    ...servers.map(
      (server) => `-a -t ${address}:${port} -r ${server.address}:${port} -g -w ${server.weight}`,
    ),
  ]);
  return `${lines.join("\n")}\n`;
}
