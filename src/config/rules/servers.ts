/** Rules about real servers: each once in its service, reachable, and able to answer. */
import { isMark, listenText, serverText } from "../../ipvs/listen.ts";
import { familyOf, type IpAddress } from "../../net/ip.ts";
import { IP4_BITS, ip4Number, type Network, networkOf } from "../ip4.ts";
import { error, type Finding, type Path, warning } from "../issue.ts";
import { servedBy } from "../match.ts";
import type { Parts, Router, Server, Service } from "../schema.ts";

export function checkServers(parts: Parts): Finding[] {
  const floating = new Set(
    Object.values(parts.routers).flatMap(({ addresses }) => addresses.map(({ address }) => address)),
  );
  const isServed = servedBy(Object.values(parts.services).flatMap(({ listen }) => listen.flat()));
  return Object.entries(parts.services).flatMap(([name, service]) => {
    const servers = Object.entries(service.servers).map(([server, settings]) => {
      const { address, forward = service.forward } = settings;
      return { service: name, name: server, address, forward };
    });
    return [
      ...serversTaken(servers, service),
      ...floatingServers(servers, floating),
      ...mappedPorts(servers, service),
      ...missingGateway(servers, service, Object.values(parts.routers), isServed),
    ];
  });
}

interface NamedServer extends Required<Pick<Server, "address" | "forward">> {
  readonly service: string;
  readonly name: string;
}

function pathOf({ service, name }: NamedServer): Path {
  return ["services", service, "servers", name, "address"];
}

/** A server without a port of its own is at every port of the service. */
function serversTaken(servers: readonly NamedServer[], { listen }: Service): Finding[] {
  // As nearly always.
  if (new Set(servers.map(({ address }) => address.address)).size === servers.length) return [];
  const ports = new Set(listen.flat().map((one) => (isMark(one) ? 0 : one.port)));
  const takenBy = new Map<string, string>();
  return servers.flatMap((server) => {
    const { address, port } = server.address;
    const keys = (port === 0 ? [...ports] : [port]).map((one) => serverText({ address, port: one }));
    const taken = keys.find((key) => takenBy.has(key));
    for (const key of keys) takenBy.set(key, takenBy.get(key) ?? server.name);
    if (taken === undefined) return [];
    const message = `${taken} is server ${takenBy.get(taken)} of this service already`;
    return [error(pathOf(server), "server-taken", message)];
  });
}

function floatingServers(servers: readonly NamedServer[], floating: ReadonlySet<string>): Finding[] {
  return servers
    .filter(({ address }) => floating.has(address.address))
    .map((server) => {
      const message = `${server.address.address} floats between the directors: a service cannot send its traffic there`;
      return error(pathOf(server), "server-floats", message, "write the server's own address");
    });
}

/** Direct routing and tunnels change no port, and NAT none of a service that has all of them. */
function mappedPorts(servers: readonly NamedServer[], { listen }: Service): Finding[] {
  const all = listen.flat();
  const mapped = ({ forward, address: { port } }: NamedServer) =>
    port === 0
      ? undefined
      : all.find((one) =>
          forward === "nat" ? !isMark(one) && one.port === 0 : isMark(one) || one.port !== port,
        );
  const findings: Finding[] = [];
  for (const server of servers) {
    const other = mapped(server);
    if (other === undefined) continue;
    const { forward, address: endpoint } = server;
    const message = `the port of ${listenText(other)} is kept on the way to the server, and cannot become ${endpoint.port}`;
    const hint = forward === "nat" ? "" : ', or use forward = "nat"';
    const what = `write "${endpoint.address}" without a port${hint}`;
    findings.push(error(pathOf(server), "direct-port", message, what));
  }
  return findings;
}

/**
 * With NAT the replies must come back through the master, so the servers' gateway has to float with the service.
 *
 * A router covers a server when one of its addresses is written with the server's network (`10.0.0.1/24`). A bare
 * address says nothing about its network: one that no service listens on can only be meant as a gateway and is trusted.
 */
function missingGateway(
  servers: readonly NamedServer[],
  { listen }: Service,
  routers: readonly Router[],
  isServed: (address: IpAddress) => boolean,
): Finding[] {
  if (!servers.some(({ forward }) => forward === "nat")) return [];
  const isOurs = servedBy(listen.flat());
  const addresses = routers
    .filter((router) => router.addresses.some(({ address }) => isOurs(address)))
    .flatMap((router) => router.addresses)
    .filter(({ address }) => familyOf(address) === 4);
  if (addresses.length === 0) return [];
  if (addresses.some(({ address, prefixLength }) => prefixLength === IP4_BITS && !isServed(address)))
    return [];
  const networks = addresses
    .filter(({ prefixLength }) => prefixLength < IP4_BITS)
    .map(({ address, prefixLength }) => networkOf(address, prefixLength));
  const uncovered = servers.filter(
    ({ address, forward }) =>
      forward === "nat" && familyOf(address.address) === 4 && !covers(networks, ip4Number(address.address)),
  );
  const [first] = uncovered;
  if (first === undefined) return [];
  const others = uncovered.length === 1 ? "" : ` and ${uncovered.length - 1} more`;
  const message = `no floating address is in the network of ${first.address.address}${others}: replies may miss the master`;
  const hint = "float the servers' gateway in the same router, with its prefix length, as in 10.0.0.1/24";
  return [warning(pathOf(first), "gateway-not-floating", message, hint)];
}

function covers(networks: readonly Network[], address: number): boolean {
  return networks.some(({ first, last }) => first <= address && address <= last);
}
