/** Where services listen and servers answer: text, expanded into every address and port that it names. */
import type { Endpoint } from "../balance/settings.ts";
import { familyOf, type IpAddress, ipBytes, ipFromBytes, ipRange, isLinkLocal, parseIp } from "../net/ip.ts";
import { EVERY_PORT, type PortRange } from "../netlink/mark-rule.ts";
import { bad, MAX_PORT, ok, quoted, type Reading, readAddress, text } from "./values.ts";

/** Virtual services of one service of the file: each is one in the kernel, with all the servers. */
export const MAX_LISTEN = 4_096;

const IP4 = "\\d{1,3}(\\.\\d{1,3}){3}";
const IP6 = "[0-9a-fA-F:.]{2,45}";
const PORTS = "\\d{1,5}(-\\d{1,5})?(,\\d{1,5}(-\\d{1,5})?)*";

const LISTEN = `^(${IP4}(-\\d{1,3})?|\\[${IP6}(-[0-9a-fA-F]{1,4})?\\]):(\\*|${PORTS})$`;
const LISTEN_EXAMPLES = ["192.0.2.100:80", "[2001:db8::100]:80,443", "192.0.2.100-110:8000-8010"];

/** `192.0.2.100:80,443`, `192.0.2.100-110:8000-8010`, `[2001:db8::10-1f]:80`, `192.0.2.100:*`: all ports. */
export const listenEndpoints = text<Endpoint[]>(LISTEN, LISTEN_EXAMPLES, (written) => {
  const reading = readRanges(written);
  if (reading.kind === "bad") return reading;
  const { first, last, ports } = reading.value;
  const hosts = first === last ? 1 : numberAt(last) - numberAt(first) + 1;
  const count = ports.reduce((sum, range) => sum + portCount(range), 0);
  if (hosts * count > MAX_LISTEN) return tooMany();
  const numbers = ports.flatMap(portsIn);
  const addresses = first === last ? [first] : Array.from(ipRange(first, last));
  return ok(addresses.flatMap((address) => numbers.map((port) => ({ address, port }))));
});

/** Every address from the first to the last, with every port of the ranges. */
export interface EndpointRanges {
  readonly first: IpAddress;
  /** Differs in its last number alone. */
  readonly last: IpAddress;
  readonly ports: readonly PortRange[];
}

/** As `listenEndpoints`, and as long as they like. */
export const endpointRanges = text<EndpointRanges>(LISTEN, LISTEN_EXAMPLES, readRanges);

/** Without a port: that of the service, whichever it is. */
export const serverEndpoint = text<Endpoint>(
  `^(${IP4}|\\[${IP6}\\])(:\\d{1,5})?$|^${IP6}$`,
  ["10.0.0.11:8080", "10.0.0.11", "[2001:db8::11]:8080"],
  readServerEndpoint,
);

export function readServerEndpoint(written: string): Reading<Endpoint> {
  const { host, ports } = split(written);
  const reading = readAddress(host);
  if (reading.kind === "bad") return reading;
  const address = reading.value;
  if (isLinkLocal(address)) return bad("bad-address", `${address} is link-local: IPVS cannot send there`);
  if (ports === undefined) return ok({ address, port: 0 });
  const port = readPort(ports);
  return port === undefined ? badPort(written) : ok({ address, port });
}

interface Halves {
  readonly host: string;
  readonly ports: string | undefined;
}

/** An IPv6 address without brackets has no port. */
function split(written: string): Halves {
  const colon = written.indexOf(":");
  // By hand: a large file has tens of thousands of them.
  if (!written.startsWith("[") && colon >= 0 && colon === written.lastIndexOf(":"))
    return { host: written.slice(0, colon), ports: written.slice(colon + 1) };
  const [, bracketed, plain = written, ports] = /^(?:\[([^\]]*)\]|([^:]*))(?::([^:]*))?$/.exec(written) ?? [];
  return { host: bracketed ?? plain, ports };
}

function withoutPort(written: string, host: string): Reading<never> {
  const isIp6 = parseIp(host)?.includes(":") === true;
  const example = isIp6 ? `[${host}]:80` : `${written}:80`;
  return bad("bad-endpoint", `${quoted(written)} has no port`, `write "${example}"`);
}

function readRanges(written: string): Reading<EndpointRanges> {
  const { host, ports } = split(written);
  if (ports === undefined) return withoutPort(written, host);
  const addresses = readAddresses(host);
  if (addresses.kind === "bad") return addresses;
  const ranges = readPorts(written, ports);
  return ranges.kind === "bad" ? ranges : ok({ ...addresses.value, ports: ranges.value });
}

function readAddresses(host: string): Reading<Omit<EndpointRanges, "ports">> {
  const [from = "", to, ...more] = host.split("-");
  const reading = readAddress(from);
  if (reading.kind === "bad") return reading;
  const first = reading.value;
  if (to === undefined) return ok({ first, last: first });
  const last = more.length > 0 ? undefined : lastNumber(first, to);
  if (last === undefined || last < numberAt(first)) {
    const example = familyOf(first) === 4 ? "192.0.2.100-110" : "[2001:db8::10-1f]";
    return bad(
      "bad-range",
      `${quoted(host)} is no range of addresses`,
      `its last number goes on: ${example}`,
    );
  }
  return ok({ first, last: withNumber(first, last) });
}

/** What an address ends with in writing: 8 bits of IPv4, 16 of IPv6. */
function numberAt(address: IpAddress): number {
  const bytes = ipBytes(address);
  const [high = 0, low = 0] = bytes.subarray(-2);
  return bytes.length === 4 ? low : 256 * high + low;
}

function lastNumber(first: IpAddress, written: string): number | undefined {
  if (familyOf(first) === 6)
    return /^[0-9a-fA-F]{1,4}$/.test(written) ? Number.parseInt(written, 16) : undefined;
  const number = /^\d{1,3}$/.test(written) ? Number(written) : 256;
  return number < 256 ? number : undefined;
}

function withNumber(address: IpAddress, number: number): IpAddress {
  const bytes = ipBytes(address);
  if (bytes.length > 4) bytes[bytes.length - 2] = number >> 8;
  bytes[bytes.length - 1] = number & 0xff;
  return ipFromBytes(bytes);
}

function readPorts(written: string, ports: string): Reading<PortRange[]> {
  if (ports === "*") return ok([EVERY_PORT]);
  const ranges: PortRange[] = [];
  for (const part of ports.split(",")) {
    const [first = "", last = first, ...more] = part.split("-");
    const [from, to] = [readPort(first), readPort(last)];
    if (from === undefined || to === undefined || to < from || more.length > 0) return badPort(written);
    ranges.push({ from, to });
  }
  return ok(ranges);
}

/** The kernel's service for every port is one, of port 0. */
function portsIn(range: PortRange): number[] {
  if (range === EVERY_PORT) return [0];
  return Array.from({ length: portCount(range) }, (_, at) => range.from + at);
}

function portCount(range: PortRange): number {
  return range === EVERY_PORT ? 1 : range.to - range.from + 1;
}

function readPort(digits: string): number | undefined {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  return port >= 1 && port <= MAX_PORT ? port : undefined;
}

function badPort(written: string): Reading<never> {
  return bad("bad-port", `the port of ${quoted(written)} must be 1 … ${MAX_PORT}`);
}

function tooMany(): Reading<never> {
  return bad(
    "too-many",
    `a service can listen on ${MAX_LISTEN} endpoints at the most`,
    "use a firewall mark",
  );
}
