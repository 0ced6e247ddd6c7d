/** Services that change at random, as a cluster file says them and as ipvsadm lists them: a model of its own. */
import type { Random } from "../../../src/sim/random.ts";

const NAMES = ["s1", "s2", "s3", "s4"] as const;
const LISTEN = ["10.0.0.100", "10.0.0.101"] as const;
const SERVERS = ["192.168.1.11", "192.168.1.12", "192.168.1.13", "192.168.1.14", "192.168.1.15"] as const;
const SCHEDULERS = ["rr", "wrr", "lc", "wlc"] as const;
const FORWARD = { nat: "-m", direct: "-g", tunnel: "-i" } as const;
const WAYS = ["nat", "direct", "tunnel"] as const;
const PERSISTENCE = [0, 0, 60, 300] as const;
const FIRST_PORT = 8_001;
const MAX_WEIGHT = 9;

interface Server {
  weight: number;
  forward: keyof typeof FORWARD;
}

interface Service {
  readonly protocol: "tcp" | "udp";
  listen: readonly string[];
  scheduler: string;
  /** Seconds; 0: not persistent. */
  persistence: number;
  readonly servers: Map<string, Server>;
}

export type Services = Map<(typeof NAMES)[number], Service>;

/** One change, as an operator would make one. */
export function changeAtRandom(services: Services, random: Random): void {
  const name = random.pick(NAMES);
  const service = services.get(name);
  const roll = random.fraction();
  if (service === undefined) services.set(name, newService(random));
  else if (roll < 0.1) services.delete(name);
  else if (roll < 0.2) service.scheduler = random.pick(SCHEDULERS);
  else if (roll < 0.3) service.listen = newListen(random);
  else if (roll < 0.4) service.persistence = random.pick(PERSISTENCE);
  else changeServer(service, random);
}

function changeServer({ servers }: Service, random: Random): void {
  const address = random.pick(SERVERS);
  const server = servers.get(address);
  const roll = random.fraction();
  if (server === undefined) servers.set(address, newServer(random));
  else if (roll < 0.3) servers.delete(address);
  else if (roll < 0.5) server.forward = random.pick(WAYS);
  else server.weight = random.whole(0, MAX_WEIGHT);
}

function newService(random: Random): Service {
  const protocol = random.pick(["tcp", "udp"] as const);
  const servers = new Map(SERVERS.filter(() => random.chance(0.5)).map((one) => [one, newServer(random)]));
  const [scheduler, persistence] = [random.pick(SCHEDULERS), random.pick(PERSISTENCE)];
  return { protocol, listen: newListen(random), scheduler, persistence, servers };
}

function newServer(random: Random): Server {
  return { weight: random.whole(0, MAX_WEIGHT), forward: random.pick(WAYS) };
}

function newListen(random: Random): readonly string[] {
  return random.chance(0.5) ? LISTEN : [random.pick(LISTEN)];
}

function portOf(name: (typeof NAMES)[number]): number {
  return FIRST_PORT + NAMES.indexOf(name);
}

/** The tables of a cluster file. */
export function inToml(services: Services): string {
  return Array.from(services, ([name, { protocol, listen, scheduler, persistence, servers }]) => {
    const port = portOf(name);
    const lines = Array.from(servers, ([address, { weight, forward }], index) => {
      const key = `rs${index + 1}`;
      return `${key} = { address = "${address}:${port}", weight = ${weight}, forward = "${forward}" }`;
    });
    return `[services.${name}]
protocol = "${protocol}"
listen = [${listen.map((address) => `"${address}:${port}"`).join(", ")}]
scheduler = "${scheduler}"
${persistence === 0 ? "" : `persistence = "${persistence}s"`}
check = { type = "none" }
[services.${name}.servers]
${lines.join("\n")}`;
  }).join("\n");
}

/** The lines of `ipvsadm -Sn`. */
export function inIpvsadm(services: Services): string[] {
  return Array.from(services).flatMap(([name, { protocol, listen, scheduler, persistence, servers }]) => {
    const port = portOf(name);
    return listen.flatMap((address) => {
      const key = `-${protocol === "tcp" ? "t" : "u"} ${address}:${port}`;
      const lines = Array.from(servers, ([server, { weight, forward }]) => {
        const type = forward === "tunnel" ? " --tun-type ipip" : "";
        return `-a ${key} -r ${server}:${port} ${FORWARD[forward]} -w ${weight}${type}`;
      });
      const sticky = persistence === 0 ? "" : ` -p ${persistence}`;
      return [`-A ${key} -s ${scheduler}${sticky}`, ...lines];
    });
  });
}
