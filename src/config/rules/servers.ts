/** Rules about real servers: each once in its service, reachable, and able to answer. */
import { familyOf } from "../../net/ip.ts";
import { IP4_BITS, ip4Number, type Network, networkOf } from "../ip4.ts";
import { error, type Finding, type Path, warning } from "../issue.ts";
import type { Parts, Router, Server, Service } from "../schema.ts";

export function checkServers(parts: Parts): Finding[] {
  const floating = new Set(
    Object.values(parts.routers).flatMap(({ addresses }) => addresses.map(({ address }) => address)),
  );
  const listened = new Set(
    Object.values(parts.services).flatMap(({ listen }) => listen.map(({ address }) => address)),
  );
  return Object.entries(parts.services).flatMap(([name, service]) => {
    const servers = Object.entries(service.servers).map(([server, settings]) => {
      return { ...settings, path: ["services", name, "servers", server], name: server };
    });
    return [
      ...serversTaken(servers),
      ...floatingServers(servers, floating),
      ...mappedPorts(servers, service),
      ...missingGateway(servers, service, Object.values(parts.routers), listened),
    ];
  });
}

interface NamedServer extends Server {
  readonly name: string;
  readonly path: Path;
}

function serversTaken(servers: readonly NamedServer[]): Finding[] {
  const takenBy = new Map<string, string>();
  return servers.flatMap(({ path, name, address: { address, port } }) => {
    const key = `${address}:${port}`;
    const other = takenBy.get(key);
    takenBy.set(key, other ?? name);
    if (other === undefined) return [];
    return [error([...path, "address"], "server-taken", `${key} is server ${other} of this service already`)];
  });
}

function floatingServers(servers: readonly NamedServer[], floating: ReadonlySet<string>): Finding[] {
  return servers
    .filter(({ address }) => floating.has(address.address))
    .map(({ path, address: { address } }) => {
      const message = `${address} floats between the directors: a service cannot send its traffic there`;
      return error([...path, "address"], "server-floats", message, "write the server's own address");
    });
}

/** Direct routing changes nothing but the MAC address. */
function mappedPorts(servers: readonly NamedServer[], { listen, forward }: Service): Finding[] {
  return servers.flatMap(({ path, address, forward: method = forward }) => {
    const other = listen.find(({ port }) => port !== address.port);
    if (method !== "direct" || other === undefined) return [];
    const message = `direct routing keeps the port: the service's ${other.port} cannot become ${address.port}`;
    const hint = `let the server listen on ${other.port}, or use forward = "nat"`;
    return [error([...path, "address"], "direct-port", message, hint)];
  });
}

/**
 * With NAT the replies must come back through the master, so the servers' gateway has to float with the service.
 *
 * A router covers a server when one of its addresses is written with the server's network (`10.0.0.1/24`). A bare
 * address says nothing about its network: one that no service listens on can only be meant as a gateway and is trusted.
 */
function missingGateway(
  servers: readonly NamedServer[],
  { listen, forward }: Service,
  routers: readonly Router[],
  listened: ReadonlySet<string>,
): Finding[] {
  const addresses = routers
    .filter((router) =>
      router.addresses.some((floating) => listen.some(({ address }) => floating.address === address)),
    )
    .flatMap((router) => router.addresses)
    .filter(({ address }) => familyOf(address) === 4);
  if (addresses.length === 0) return [];
  if (addresses.some(({ address, prefixLength }) => prefixLength === IP4_BITS && !listened.has(address)))
    return [];
  const networks = addresses
    .filter(({ prefixLength }) => prefixLength < IP4_BITS)
    .map(({ address, prefixLength }) => networkOf(address, prefixLength));
  const uncovered = servers.filter(
    ({ address, forward: method = forward }) =>
      method === "nat" && !covers(networks, ip4Number(address.address)),
  );
  const [first] = uncovered;
  if (first === undefined) return [];
  const others = uncovered.length === 1 ? "" : ` and ${uncovered.length - 1} more`;
  const message = `no floating address is in the network of ${first.address.address}${others}: replies may miss the master`;
  const hint = "float the servers' gateway in the same router, with its prefix length, as in 10.0.0.1/24";
  return [warning([...first.path, "address"], "gateway-not-floating", message, hint)];
}

function covers(networks: readonly Network[], address: number): boolean {
  return networks.some(({ first, last }) => first <= address && address <= last);
}
