/** Services that change at random, as a cluster file says them and as ipvsadm lists them: a model of its own. */
import type { Random } from "../../../src/sim/random.ts";

const NAMES = ["s1", "s2", "s3", "s4", "s5"] as const;
const LISTEN = { 4: ["10.0.0.100", "10.0.0.101"], 6: ["2001:db8::100", "2001:db8::101"] } as const;
const SERVERS = {
  4: ["192.168.1.11", "192.168.1.12", "192.168.1.13"],
  6: ["2001:db8:1::11", "2001:db8:1::12", "2001:db8:1::13"],
} as const;
const SCHEDULERS: readonly (readonly [name: string, ...flags: string[]])[] = [
  ...["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sed", "nq", "fo", "ovf"].map(
    (name) => [name] as const,
  ),
  ["sh"],
  ["sh", "sh-fallback", "sh-port"],
  ["mh", "mh-fallback"],
  ["mh", "mh-port"],
  ["rr", "flag-3"],
];
const PROTOCOLS = { tcp: "-t", udp: "-u", sctp: "--sctp-service", mark: "-f" } as const;
/** What the file says of a server's way, and ipvsadm before and behind the weight. */
const TUNNELS = {
  ipip: ['forward = "tunnel"', "-i", " --tun-type ipip"],
  gue: [
    'forward = "tunnel", tunnel = { type = "gue", port = 6080, checksum = "remote" }',
    "-i",
    " --tun-type gue --tun-port 6080 --tun-remcsum",
  ],
  gre: [
    'forward = "tunnel", tunnel = { type = "gre", checksum = "full" }',
    "-i",
    " --tun-type gre --tun-csum",
  ],
} as const;
const WAYS = {
  nat: ['forward = "nat"', "-m", ""],
  direct: ['forward = "direct"', "-g", ""],
  ...TUNNELS,
} as const;
/** Seconds, 0: not persistent; and whether a client's whole network stays together. */
const PERSISTENCE = [
  [0, false],
  [0, false],
  [60, false],
  [300, true],
] as const;
const THRESHOLDS = [
  [0, 0],
  [0, 0],
  [9, 0],
  [9, 5],
] as const;
const FIRST_PORT = 8_001;
const FIRST_MARK = 101;
const MAX_WEIGHT = 9;

interface Server {
  weight: number;
  way: keyof typeof WAYS;
  /** Upper and lower; 0: none. */
  thresholds: (typeof THRESHOLDS)[number];
}

interface Service {
  readonly protocol: keyof typeof PROTOCOLS;
  readonly family: 4 | 6;
  /** Of a mark it counts for nothing. */
  listen: readonly string[];
  scheduler: (typeof SCHEDULERS)[number];
  persistence: (typeof PERSISTENCE)[number];
  onePacket: boolean;
  readonly servers: Map<string, Server>;
}

type Name = (typeof NAMES)[number];
export type Services = Map<Name, Service>;

/** One change, as an operator would make one. */
export function changeAtRandom(services: Services, random: Random): void {
  const name = random.pick(NAMES);
  const service = services.get(name);
  const roll = random.fraction();
  if (service === undefined) services.set(name, newService(random));
  else if (roll < 0.1) services.delete(name);
  else if (roll < 0.2) service.scheduler = random.pick(SCHEDULERS);
  else if (roll < 0.3) service.listen = newListen(service.family, random);
  else if (roll < 0.35) service.persistence = random.pick(PERSISTENCE);
  else if (roll < 0.4) service.onePacket = service.protocol === "udp" && random.chance(0.5);
  else changeServer(service, random);
}

function changeServer({ family, servers }: Service, random: Random): void {
  const address = random.pick([...SERVERS[4], ...SERVERS[6]]);
  const server = servers.get(address);
  const roll = random.fraction();
  if (server === undefined) servers.set(address, newServer(family, address, random));
  else if (roll < 0.3) servers.delete(address);
  else if (roll < 0.5) server.way = newWay(family, address, random);
  else if (roll < 0.7) server.thresholds = random.pick(THRESHOLDS);
  else server.weight = random.whole(0, MAX_WEIGHT);
}

function newService(random: Random): Service {
  const protocol = random.pick(["tcp", "udp", "sctp", "mark"] as const);
  const family = random.pick([4, 6] as const);
  const addresses = SERVERS[family].filter(() => random.chance(0.7));
  return {
    protocol,
    family,
    listen: newListen(family, random),
    scheduler: random.pick(SCHEDULERS),
    persistence: random.pick(PERSISTENCE),
    onePacket: false,
    servers: new Map(addresses.map((address) => [address, newServer(family, address, random)])),
  };
}

function newServer(family: 4 | 6, address: string, random: Random): Server {
  const [weight, way] = [random.whole(0, MAX_WEIGHT), newWay(family, address, random)];
  return { weight, way, thresholds: random.pick(THRESHOLDS) };
}

/** Only a tunnel leads to a server of the other family. */
function newWay(family: 4 | 6, address: string, random: Random): keyof typeof WAYS {
  const direct = family === (address.includes(":") ? 6 : 4);
  return random.pick([...(direct ? (["nat", "direct"] as const) : []), "ipip", "gue", "gre"] as const);
}

function newListen(family: 4 | 6, random: Random): readonly string[] {
  return random.chance(0.5) ? LISTEN[family] : [random.pick(LISTEN[family])];
}

/** The tables of a cluster file. */
export function inToml(services: Services): string {
  return Array.from(services, ([name, service]) => {
    const { protocol, family, onePacket } = service;
    const [seconds, network] = service.persistence;
    const [scheduler, ...flags] = service.scheduler;
    const servers = Array.from(service.servers, ([address, { weight, way, thresholds }]) => {
      const [upper, lower] = thresholds;
      const limits = `${upper === 0 ? "" : `, upper_threshold = ${upper}`}${lower === 0 ? "" : `, lower_threshold = ${lower}`}`;
      const endpoint = protocol === "mark" ? address : withPort(address, portOf(name));
      return `${address.replaceAll(/[.:]+/g, "-")} = { address = "${endpoint}", weight = ${weight}, ${WAYS[way][0]}${limits} }`;
    });
    const listen =
      protocol === "mark"
        ? `{ mark = ${markOf(name)}, family = ${family} }`
        : service.listen.map((address) => `"${withPort(address, portOf(name))}"`).join(", ");
    const prefix = network ? `, prefix = ${family === 4 ? 24 : 64}` : "";
    return `[services.${name}]
${protocol === "mark" ? "" : `protocol = "${protocol}"`}
listen = [${listen}]
scheduler = "${scheduler}"
${flags.length === 0 ? "" : `scheduler_flags = ${JSON.stringify(flags)}`}
${seconds === 0 ? "" : `persistence = { timeout = "${seconds}s"${prefix} }`}
${onePacket ? "one_packet = true" : ""}
check = { type = "none" }
[services.${name}.servers]
${servers.join("\n")}`;
  }).join("\n");
}

/** The lines of `ipvsadm -Sn`. */
export function inIpvsadm(services: Services): string[] {
  return Array.from(services).flatMap(([name, service]) => {
    const { family, onePacket } = service;
    const [seconds, network] = service.persistence;
    const [scheduler, ...flags] = service.scheduler;
    const mask = network ? ` -M ${family === 4 ? "255.255.255.0" : "64"}` : "";
    const sticky = seconds === 0 ? "" : ` -p ${seconds}${mask}`;
    const traits = `${sticky}${onePacket ? " -o" : ""}${flags.length === 0 ? "" : ` -b ${flags.join(",")}`}`;
    return keysOf(name, service).flatMap((key) => {
      const lines = Array.from(service.servers, ([address, { weight, way }]) => {
        const [, method, tunnel] = WAYS[way];
        return `-a ${key} -r ${withPort(address, serverPort(name, service))} ${method} -w ${weight}${tunnel}`;
      });
      return [`-A ${key} -s ${scheduler}${traits}`, ...lines];
    });
  });
}

/** Server, upper and lower threshold, as `ipvsadm -Ln --thresholds` lists them for each server. */
export function thresholdsOf(services: Services): string[] {
  return Array.from(services).flatMap(([name, service]) =>
    keysOf(name, service).flatMap(() =>
      Array.from(service.servers, ([address, { thresholds }]) =>
        [withPort(address, serverPort(name, service)), ...thresholds].join(" "),
      ),
    ),
  );
}

function keysOf(name: Name, { protocol, family, listen }: Service): string[] {
  const option = PROTOCOLS[protocol];
  if (protocol === "mark") return [`${option} ${markOf(name)}${family === 6 ? " -6" : ""}`];
  return listen.map((address) => `${option} ${withPort(address, portOf(name))}`);
}

/** A mark has none; packets keep theirs. */
function serverPort(name: Name, { protocol }: Service): number {
  return protocol === "mark" ? 0 : portOf(name);
}

function withPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function portOf(name: Name): number {
  return FIRST_PORT + NAMES.indexOf(name);
}

function markOf(name: Name): number {
  return FIRST_MARK + NAMES.indexOf(name);
}
