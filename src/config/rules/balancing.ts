/** Rules about how a service's connections are spread and sent on: what the kernel would refuse, or pass over in silence. */
import { familyOfListen, firstPort, isMark, type Listen } from "../../ipvs/listen.ts";
import { familyOf, type IpAddress } from "../../net/ip.ts";
import { error, type Finding, type Path } from "../issue.ts";
import type { Parts, Server, Service } from "../schema.ts";
import { type CheckTable, checkTables } from "../service-check.ts";

export function checkBalancing({ services }: Parts): Finding[] {
  const each = Object.entries(services).flatMap(([name, service]) => {
    const path = ["services", name];
    const listen = service.listen.flat();
    return [
      ...flagsOfOthers(path, service),
      ...onePacketElsewhere(path, service),
      ...persistenceDoubtful(path, service),
      ...allPortsForgotten(path, service),
      ...placedAt(
        path,
        tunnelUnused(service, () => waysOf(service)),
      ),
      ...serverFindings([...path, "servers"], { service, listen }),
    ];
  });
  return [...each, ...greMixed(services)];
}

/** What of GRE is sent to an address comes out of one device there, which takes packets with checksums or those without. */
function greMixed(services: Parts["services"]): Finding[] {
  const before = new Map<IpAddress, { readonly checksum: string; readonly service: string }>();
  const findings: Finding[] = [];
  for (const [service, { forward, tunnel, servers, sorry_server: sorry }] of Object.entries(services)) {
    const named = Object.entries(servers);
    for (const [name, server] of sorry === undefined ? named : [...named, [undefined, sorry] as const]) {
      if ((server.forward ?? forward) !== "tunnel") continue;
      const { address } = server.address;
      const wrap = server.tunnel ?? tunnel;
      if (wrap?.type !== "gre") continue;
      const other = before.get(address);
      if (other === undefined) before.set(address, { checksum: wrap.checksum, service });
      if (other === undefined || other.checksum === wrap.checksum) continue;
      const message = `${address} gets GRE with checksums and without: the other kind for service ${other.service}`;
      const hint = "the same `checksum` for both, or another address of the server for one of them";
      const place = name === undefined ? ["sorry_server"] : ["servers", name, "address"];
      findings.push(error(["services", service, ...place], "gre-mixed", message, hint));
    }
  }
  return findings;
}

function flagsOfOthers(path: Path, { scheduler, scheduler_flags: flags }: Service): Finding[] {
  return flags.flatMap((flag, index) => {
    const [owner = ""] = flag.split("-");
    if (owner === "flag" || owner === scheduler) return [];
    const message = `"${flag}" means something to the scheduler ${owner} alone, and this is ${scheduler}`;
    return [error([...path, "scheduler_flags", index], "flag-of-other-scheduler", message)];
  });
}

function onePacketElsewhere(path: Path, { one_packet: onePacket, protocol, listen }: Service): Finding[] {
  if (!onePacket || protocol === "udp" || listen.flat().every(isMark)) return [];
  const message = `a connection of ${protocol} has more than one packet`;
  return [error([...path, "one_packet"], "one-packet-without-udp", message, 'protocol = "udp", or a mark')];
}

function persistenceDoubtful(path: Path, { persistence, protocol, listen }: Service): Finding[] {
  const findings: Finding[] = [];
  const { clientPrefix = 0, engine } = persistence ?? {};
  if (clientPrefix > 32 && listen.flat().some((one) => familyOfListen(one) === 4)) {
    const message = `a client's IPv4 address has 32 bits, not ${clientPrefix}`;
    findings.push(error([...path, "persistence", "prefix"], "prefix-of-other-family", message));
  }
  if (engine !== undefined && protocol !== "udp") {
    const message = `the engine ${engine} reads UDP alone`;
    findings.push(
      error([...path, "persistence", "engine"], "engine-without-udp", message, 'protocol = "udp"'),
    );
  }
  return findings;
}

function allPortsForgotten(path: Path, { persistence, listen }: Service): Finding[] {
  if (persistence !== undefined) return [];
  return listen.flatMap((entry, index) => {
    if (!entry.some((one) => !isMark(one) && one.port === 0)) return [];
    const message = "the kernel serves all ports of an address for persistent services alone";
    const hint = 'persistence = "5m", or a list or a range of ports';
    return [error([...path, "listen", index], "all-ports-without-persistence", message, hint)];
  });
}

/** @param ways of those whom it is for */
function tunnelUnused(
  { tunnel }: Pick<Service, "tunnel">,
  ways: () => readonly string[],
): Finding | undefined {
  if (tunnel === undefined || ways().includes("tunnel")) return undefined;
  const message = "nothing is sent through this tunnel";
  return error(["tunnel"], "tunnel-unused", message, 'forward = "tunnel" sends through it');
}

function waysOf({ forward, servers }: Service): string[] {
  return [forward, ...Object.values(servers).map((server) => server.forward ?? forward)];
}

/** The service of a server, and where it listens. */
interface Around {
  readonly service: Service;
  readonly listen: readonly Listen[];
}

/** Each says where in the server's table. */
const SERVER_RULES: readonly ((server: Server, around: Around) => Finding | undefined)[] = [
  (server, { service }) => tunnelUnused(server, () => [server.forward ?? service.forward]),
  thresholdsSwapped,
  otherFamily,
  uncheckable,
];

/** Of nearly all servers there is nothing to say, so nothing is made for them. */
function serverFindings(servers: Path, around: Around): Finding[] {
  const findings: Finding[] = [];
  for (const [name, server] of Object.entries(around.service.servers)) {
    for (const rule of SERVER_RULES) {
      const found = rule(server, around);
      if (found !== undefined) findings.push(...placedAt([...servers, name], found));
    }
  }
  return findings;
}

function placedAt(table: Path, finding: Finding | undefined): Finding[] {
  return finding === undefined ? [] : [{ ...finding, path: [...table, ...finding.path] }];
}

function thresholdsSwapped(server: Server): Finding | undefined {
  const { upper_threshold: upper = 0, lower_threshold: lower = 0 } = server;
  if (lower <= upper) return undefined;
  const message =
    upper === 0 ? "there is no upper_threshold to come back from" : `${lower} is more than ${upper}`;
  const hint = "the lower threshold is at most the upper one";
  return error(["lower_threshold"], "thresholds-swapped", message, hint);
}

function otherFamily(server: Server, { service, listen }: Around): Finding | undefined {
  const { forward = service.forward } = server;
  const family = familyOf(server.address.address);
  if (forward === "tunnel" || listen.every((one) => familyOfListen(one) === family)) return undefined;
  const message = `an IPv${family} server cannot have what is for IPv${family === 4 ? 6 : 4}: only tunnels change the family`;
  return error(["address"], "server-of-other-family", message, 'forward = "tunnel"');
}

/** A server without a port is asked at the service's first one. */
function uncheckable({ address, check }: Server, { service, listen }: Around): Finding | undefined {
  if (address.port !== 0 || firstPort(listen) !== undefined) return undefined;
  const tables = checkTables([], check ?? service.check).map(([, table]) => table);
  const needsPort = (table: CheckTable) =>
    table.type !== "none" && table.type !== "script" && table.port === undefined;
  if (!tables.some(needsPort)) return undefined;
  const message = "there is no port to check: neither the server nor the service has one";
  return error(["address"], "check-without-port", message, "write `port` in the check");
}
