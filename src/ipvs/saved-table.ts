/**
 * Reads what `ipvsadm -S -n` writes, with the defaults and the long words of ipvsadm(8): the table that is wanted, or
 * everything that is wrong with the text.
 */
import { type Family, familyOf, type IpAddress, parseIp } from "../net/ip.ts";
import { seconds } from "../net/time.ts";
import { endpointText } from "./kernel-table.ts";
import { SavedLine } from "./saved-line.ts";
import {
  type Destination,
  type Persistence,
  type Protocol,
  SCHEDULER_FLAGS,
  type ServiceHead,
  type ServiceKey,
  serviceId,
  type Table,
  type Tunnel,
  type VirtualService,
} from "./settings.ts";

interface LineIssue {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

type SavedTable =
  | { readonly kind: "ok"; readonly table: Table }
  | { readonly kind: "bad"; readonly issues: readonly LineIssue[] };

type Services = Map<string, { readonly head: ServiceHead; readonly destinations: Destination[] }>;

const PROTOCOLS: Readonly<Record<Protocol, string>> = {
  tcp: "tcp-service",
  udp: "udp-service",
  sctp: "sctp-service",
};
const MARK = "fwmark-service";
const FORWARDS = { nat: "masquerading", tunnel: "ipip", direct: "gatewaying" } as const;
const CHECKSUMS = { none: "tun-nocsum", full: "tun-csum", remote: "tun-remcsum" } as const;

/** Those of ipvsadm. */
const DEFAULT_SCHEDULER = "wlc";
const DEFAULT_TIMEOUT_SECONDS = 300;
const MAX_TIMEOUT_SECONDS = 31 * 86_400;
const MAX_PORT = 65_535;
const MAX_WEIGHT = 65_535;
const MAX_THRESHOLD = 2 ** 31 - 1;
const MAX_MARK = 2 ** 32 - 1;

export function readSavedTable(text: string): SavedTable {
  const services: Services = new Map();
  const issues: LineIssue[] = [];
  for (const [index, row] of text.split("\n").entries()) {
    const words = row.trim().split(/\s+/);
    if (words[0] === "" || words[0]?.startsWith("#") === true) continue;
    const line = new SavedLine(words);
    takeLine(line, services);
    if (line.wrong !== undefined) issues.push({ line: index + 1, message: line.wrong });
  }
  if (issues.length > 0) return { kind: "bad", issues };
  const table = Array.from(
    services.values(),
    ({ head, destinations }): VirtualService => ({ ...head, destinations }),
  );
  return { kind: "ok", table };
}

function takeLine(line: SavedLine, services: Services): void {
  const key = readKey(line);
  if (key === undefined || line.wrong !== undefined) return;
  const known = services.get(serviceId(key));
  if (line.has("add-service")) {
    const head = readService(line, key);
    if (known !== undefined) line.fail("there is this service already in an earlier line");
    // Also one that is wrong, so that its servers are not called orphans.
    else services.set(serviceId(key), { head, destinations: [] });
    return;
  }
  if (known === undefined) return line.fail("no earlier line adds the service of this server");
  const server = readServer(line, key);
  if (server === undefined || line.wrong !== undefined) return;
  const name = endpointText(server);
  if (known.destinations.some((one) => endpointText(one) === name))
    line.fail(`the service has the server ${name} already`);
  else known.destinations.push(server);
}

function readKey(line: SavedLine): ServiceKey | undefined {
  const protocols: readonly Protocol[] = ["tcp", "udp", "sctp"];
  const given = protocols.filter((protocol) => line.has(PROTOCOLS[protocol]));
  const [protocol] = given;
  if (given.length + (line.has(MARK) ? 1 : 0) !== 1) {
    line.fail("a line names one service: -t, -u, --sctp-service or -f");
    return undefined;
  }
  if (protocol === undefined) {
    // The kernel would take 0, which no packet has as its mark.
    const mark = line.number(MARK, { min: 1, max: MAX_MARK, fallback: 0 });
    return { protocol: "mark", family: line.has("ipv6") ? 6 : 4, mark };
  }
  const text = line.text(PROTOCOLS[protocol]) ?? "";
  const { address, port } = readEndpoint(text) ?? {};
  if (address !== undefined && port !== undefined) return { protocol, address, port };
  line.fail(`\`${text}\` is no address and port; names are not looked up (ipvsadm -S -n writes none)`);
  return undefined;
}

function familyOfKey(key: ServiceKey): Family {
  return key.protocol === "mark" ? key.family : familyOf(key.address);
}

function readService(line: SavedLine, key: ServiceKey): ServiceHead {
  const scheduler = line.text("scheduler") ?? DEFAULT_SCHEDULER;
  if (!/^\w{1,15}$/.test(scheduler)) line.fail(`\`${scheduler}\` is no name of a scheduler`);
  const persistence = readPersistence(line, key);
  if (key.protocol !== "mark") {
    if (key.port === 0 && persistence === undefined)
      line.fail("port 0, which is every port, needs `--persistent`");
    if (line.has("ops") && key.protocol !== "udp") line.fail("`--ops` is for UDP");
  }
  const names = line.text("sched-flags")?.split(",") ?? [];
  const schedulerFlags = names.filter(isSchedulerFlag);
  const strange = names.find((name) => !isSchedulerFlag(name));
  if (strange !== undefined) line.fail(`\`${strange}\` is no flag of a scheduler`);
  return {
    ...key,
    scheduler,
    ...(schedulerFlags.length === 0 ? {} : { schedulerFlags }),
    ...(line.has("ops") ? { onePacket: true } : {}),
    ...(persistence === undefined ? {} : { persistence }),
  };
}

function isSchedulerFlag(name: string): name is keyof typeof SCHEDULER_FLAGS {
  return Object.hasOwn(SCHEDULER_FLAGS, name);
}

function readPersistence(line: SavedLine, key: ServiceKey): Persistence | undefined {
  const engine = line.text("pe");
  if (!line.has("persistent")) {
    for (const name of ["netmask", "pe"])
      if (line.has(name)) line.fail(`\`--${name}\` needs \`--persistent\``);
    return undefined;
  }
  if (engine !== undefined && engine !== "sip") line.fail(`\`${engine}\` is no persistence engine: sip`);
  const limits = { min: 1, max: MAX_TIMEOUT_SECONDS, fallback: DEFAULT_TIMEOUT_SECONDS };
  return {
    timeout: seconds(line.number("persistent", limits)),
    ...(line.has("netmask") ? { clientPrefix: readMask(line, familyOfKey(key)) } : {}),
    ...(engine === undefined ? {} : { engine: "sip" }),
  };
}

/** A dotted mask for IPv4, a prefix length for IPv6. */
function readMask(line: SavedLine, family: Family): number {
  if (family === 6) return line.number("netmask", { min: 1, max: 128, fallback: 128 });
  const text = line.text("netmask") ?? "";
  const mask = parseIp(text);
  const bits = mask === undefined || familyOf(mask) === 6 ? "" : bitsOf(mask);
  const ones = /^(1+)0*$/.exec(bits)?.[1];
  if (ones === undefined) line.fail(`\`${text}\` is no netmask`);
  return ones?.length ?? 32;
}

function bitsOf(mask: IpAddress): string {
  return mask
    .split(".")
    .map((byte) => Number(byte).toString(2).padStart(8, "0"))
    .join("");
}

function readServer(line: SavedLine, service: ServiceKey): Destination | undefined {
  const text = line.text("real-server") ?? "";
  const { address, port: written } = readEndpoint(text) ?? {};
  if (address === undefined) {
    line.fail(`\`${text}\` is no address of a server: -r ADDRESS:PORT`);
    return undefined;
  }
  const forward = readForward(line);
  const servicePort = service.protocol === "mark" ? 0 : service.port;
  const port = written ?? servicePort;
  if (forward !== "nat" && port !== servicePort)
    line.fail(`without \`-m\` a server has the service's port, ${servicePort}`);
  if (forward !== "tunnel" && familyOf(address) !== familyOfKey(service)) {
    line.fail("a server of the other family is reached by a tunnel only (`-i`)");
  }
  const [upperThreshold, lowerThreshold] = ["u-threshold", "l-threshold"].map((name) => {
    return line.number(name, { min: 0, max: MAX_THRESHOLD, fallback: 0 });
  });
  if ((lowerThreshold ?? 0) > (upperThreshold ?? 0)) line.fail("`--l-threshold` is above `--u-threshold`");
  const tunnel = readTunnel(line, forward);
  return {
    address,
    port,
    forward,
    weight: line.number("weight", { min: 0, max: MAX_WEIGHT, fallback: 1 }),
    ...(upperThreshold ? { upperThreshold } : {}),
    ...(lowerThreshold ? { lowerThreshold } : {}),
    ...(tunnel === undefined ? {} : { tunnel }),
  };
}

function readForward(line: SavedLine): Destination["forward"] {
  const methods: readonly Destination["forward"][] = ["nat", "tunnel", "direct"];
  const given = methods.filter((forward) => line.has(FORWARDS[forward]));
  if (given.length > 1) line.fail("one of -g, -i and -m");
  return given[0] ?? "direct";
}

/** `undefined` for the plain one. */
function readTunnel(line: SavedLine, forward: Destination["forward"]): Tunnel | undefined {
  const kinds = ["none", "full", "remote"] as const;
  const given = kinds.filter((kind) => line.has(CHECKSUMS[kind]));
  if (given.length > 1) line.fail("one of --tun-nocsum, --tun-csum and --tun-remcsum");
  const isTold = line.has("tun-type") || line.has("tun-port") || given.length > 0;
  if (isTold && forward !== "tunnel") line.fail("what begins with `--tun-` needs `-i`");
  const [checksum = "none"] = given;
  const type = line.text("tun-type") ?? "ipip";
  if (type !== "gue" && line.has("tun-port")) line.fail("`--tun-port` is for gue");
  switch (type) {
    case "ipip":
      if (given.length > 0) line.fail("an ipip tunnel has no checksum");
      return undefined;
    case "gue":
      if (!line.has("tun-port")) line.fail("a gue tunnel needs `--tun-port`");
      return { type, port: line.number("tun-port", { min: 1, max: MAX_PORT, fallback: 1 }), checksum };
    case "gre":
      if (checksum === "remote") line.fail("`--tun-remcsum` is for gue");
      return { type, checksum: checksum === "none" ? "none" : "full" };
    default:
      line.fail(`\`${type}\` is no type of tunnel: ipip, gue, gre`);
      return undefined;
  }
}

/** `192.0.2.1:80`, `[2001:db8::1]:80`, also without the port. */
function readEndpoint(text: string): { readonly address: IpAddress; readonly port?: number } | undefined {
  const [, six, four, digits] = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = parseIp(six ?? four ?? "");
  if (address === undefined || (six === undefined) !== (familyOf(address) === 4)) return undefined;
  if (digits === undefined) return { address };
  const port = Number(digits);
  return port <= MAX_PORT ? { address, port } : undefined;
}
