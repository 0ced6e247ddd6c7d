/** The values of a cluster file that are more than a number or a text: read here, once, into what the core works with. */
import { z } from "zod";
import type { StatusRange } from "../checks/settings.ts";
import { familyOf, IP6_SIZE, type IpAddress, ipBytes, isMulticast, parseIp } from "../net/ip.ts";
import { type Duration, formatDuration, parseDuration } from "../net/time.ts";
import type { Prefix } from "../netlink/route.ts";
import { IP4_BITS, ip4Number, networkOf } from "./ip4.ts";

const MAX_NAME_LENGTH = 63;
/** IFNAMSIZ without its final zero. */
const MAX_INTERFACE_BYTES = 15;
export const MAX_PORT = 65_535;
const IP6_BITS = 8 * IP6_SIZE;
/** 224.0.0.0 and above: multicast, reserved, broadcast. */
const FIRST_MULTICAST_OCTET = 224;

/** What every refusal of a value says. */
interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export type Reading<Value> =
  | { readonly kind: "ok"; readonly value: Value }
  | { readonly kind: "bad"; readonly refusal: Refusal };

/** A text and what it means. The pattern is for editors that know JSON Schema. */
export function text<Value>(pattern: string, examples: string[], read: (written: string) => Reading<Value>) {
  return z
    .string()
    .meta({ pattern, examples })
    .transform((written, context): Value => {
      const reading = read(written);
      if (reading.kind === "ok") return reading.value;
      const { message, ...params } = reading.refusal;
      context.addIssue({ code: "custom", message, params });
      return z.NEVER;
    });
}

export function ok<Value>(value: Value): Reading<Value> {
  return { kind: "ok", value };
}

export function bad(code: string, message: string, hint?: string): Reading<never> {
  return { kind: "bad", refusal: { code, message, ...(hint === undefined ? {} : { hint }) } };
}

const NAME = new RegExp(`^[a-z0-9][a-z0-9._-]{0,${MAX_NAME_LENGTH - 1}}$`);

/** Of directors, routers, services and servers. */
export const name = z.string().regex(NAME).meta({ id: "name" });

export function isName(written: string): boolean {
  return NAME.test(written);
}

export const interfaceName = text<string>("^[^\\s/:]{1,15}$", ["eth0"], (written) =>
  /^[^\s/:\p{Cc}]+$/u.test(written) && isShort(written) && !/^\.\.?$/.test(written)
    ? ok(written)
    : bad(
        "bad-interface",
        `${quoted(written)} is no name of an interface`,
        "as `ip link` shows it, at most 15 bytes: eth0",
      ),
);

function isShort(written: string): boolean {
  return new TextEncoder().encode(written).length <= MAX_INTERFACE_BYTES;
}

/** The kernel keeps as many bytes as of an interface's name. */
export const addressLabel = text<string>("^[!-~]{1,15}$", ["eth0:vip"], (written) =>
  /^[\x21-\x7e]+$/.test(written) && written.length <= MAX_INTERFACE_BYTES
    ? ok(written)
    : bad("bad-label", `${quoted(written)} is no label`, "at most 15 plain characters: eth0:vip"),
);

interface Limits {
  readonly min: Duration;
  readonly max: Duration;
  /** Only whole multiples of it. */
  readonly step?: Duration;
}

/** A length of time between two limits, both included. */
export function duration({ min, max, step }: Limits) {
  const range = `${formatDuration(min)} … ${formatDuration(max)}`;
  return text<Duration>("^\\d{1,9}(\\.\\d{1,6})?(us|ms|s|m|h)$", ["100ms", "2s"], (written) => {
    const length = parseDuration(written);
    if (length === undefined) {
      return bad(
        "bad-duration",
        `${quoted(written)} is no duration`,
        'a number with its unit: "100ms", "1.5s", "2m"',
      );
    }
    if (length < min || length > max) return bad("out-of-range", `must be ${range}, not ${written}`);
    if (step !== undefined && length % step !== 0) {
      return bad("bad-duration", `must be a multiple of ${formatDuration(step)}, not ${written}`);
    }
    return ok(length);
  });
}

/** Of either family; what is well formed is found out when it is read. */
const ADDRESS_PATTERN = "^[0-9a-fA-F:.]{2,45}";

export const hostAddress = text<IpAddress>(
  `${ADDRESS_PATTERN}$`,
  ["192.0.2.11", "2001:db8::11"],
  readAddress,
);

/** Whether it is one is for the rules to say, which know the family. */
export const multicastGroup = text<IpAddress>(`${ADDRESS_PATTERN}$`, ["224.0.0.18"], (written) => {
  const address = parseIp(written);
  return address === undefined ? bad("bad-address", `${quoted(written)} is no IP address`) : ok(address);
});

/** The wire has room for so many bytes. */
const MAX_PASSWORD_BYTES = 8;

/** It is never repeated in a message. */
export const vrrpPassword = text<string>("^[ -~]{1,8}$", [], (written) =>
  /^[\x20-\x7e]+$/.test(written) && written.length <= MAX_PASSWORD_BYTES
    ? ok(written)
    : bad("bad-password", `a password of version 2 has 1 … ${MAX_PASSWORD_BYTES} plain characters`),
);

/** Where a key of signed adverts is. */
export type KeyText =
  /** In hexadecimal digits. */
  | { readonly kind: "given"; readonly secret: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "env"; readonly variable: string };

const MIN_KEY_BYTES = 32;
const MAX_KEY_BYTES = 64;

/** It is never repeated in a message. */
export const keyText = text<KeyText>("^(file:/|env:|hex:|[ -~]{32,64}$)", [], (written) => {
  if (written.startsWith("file:")) {
    const path = written.slice("file:".length);
    return path.startsWith("/")
      ? ok({ kind: "file", path })
      : bad("bad-key", "the path of a key begins with /");
  }
  if (written.startsWith("env:")) {
    const variable = written.slice("env:".length);
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)
      ? ok({ kind: "env", variable })
      : bad("bad-key", "env: is followed by the name of a variable", "env:KEELSON_KEY");
  }
  const secret = readKey(written);
  if (secret !== undefined) return ok({ kind: "given", secret });
  const message = `a key has ${MIN_KEY_BYTES} … ${MAX_KEY_BYTES} bytes: so many plain characters, or hex: with twice as many digits`;
  return bad("bad-key", message, "make one: printf 'hex:%s\\n' $(openssl rand -hex 32)");
});

/** A key in hexadecimal digits; `undefined` when the text is none. */
export function readKey(written: string): string | undefined {
  const digits = /^hex:((?:[0-9a-fA-F]{2})+)$/.exec(written)?.[1]?.toLowerCase();
  const plain = /^[\x20-\x7e]+$/.test(written) && !written.startsWith("hex:");
  const key = digits ?? (plain ? hexOf(written) : "");
  const bytes = key.length / 2;
  return bytes >= MIN_KEY_BYTES && bytes <= MAX_KEY_BYTES ? key : undefined;
}

function hexOf(plain: string): string {
  return Array.from(plain, (letter) => letter.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

export function readAddress(written: string): Reading<IpAddress> {
  const address = parseIp(written);
  if (address === undefined) {
    return bad(
      "bad-address",
      `${quoted(written)} is no IP address`,
      "names are not looked up: write 192.0.2.1",
    );
  }
  return isOneHost(address) ? ok(address) : bad("bad-address", `${address} is no address of one host`);
}

function isOneHost(address: IpAddress): boolean {
  if (familyOf(address) === 4) {
    const first = Number.parseInt(address, 10);
    return first !== 0 && first < FIRST_MULTICAST_OCTET;
  }
  const bytes = ipBytes(address);
  // The first 96 bits are 0: unspecified, loopback, and IPv4 in disguise; with ffff at their end: IPv4-mapped.
  const disguised = bytes.subarray(0, 10).every((byte) => byte === 0);
  return !isMulticast(address) && !disguised;
}

type Floating = {
  readonly address: IpAddress;
  readonly prefixLength: number;
};

/** An address, with its prefix length when it is not alone: `10.0.0.1/24`. */
export const floatingAddress = text<Floating>(
  `${ADDRESS_PATTERN}(/\\d{1,3})?$`,
  ["192.0.2.100", "10.0.0.1/24", "2001:db8::100"],
  (written) => {
    const [before = "", after, ...more] = written.split("/");
    const reading = readAddress(before);
    if (reading.kind === "bad") return reading;
    const most = familyOf(reading.value) === 4 ? IP4_BITS : IP6_BITS;
    const prefixLength = after === undefined ? most : Number(after);
    const digits = after === undefined || /^\d{1,3}$/.test(after);
    if (!digits || more.length > 0 || prefixLength < 1 || prefixLength > most) {
      return bad("bad-prefix", `the prefix length of ${quoted(written)} must be 1 … ${most}`);
    }
    if (isNetworkOrBroadcast(reading.value, prefixLength)) {
      return bad("bad-address", `${written} is the network's own address or its broadcast`);
    }
    return ok({ address: reading.value, prefixLength });
  },
);

const PREFIX_PATTERN = `${ADDRESS_PATTERN}(/\\d{1,3})?$`;

/** A network: `198.51.100.0/24`; an address alone is a host. */
export const networkPrefix = text<Prefix>(PREFIX_PATTERN, ["198.51.100.0/24", "2001:db8:5::/48"], readPrefix);

export const routeDestination = text<Prefix | "default">(
  `^default$|${PREFIX_PATTERN}`,
  ["default", "198.51.100.0/24"],
  (written) => (written === "default" ? ok("default") : readPrefix(written)),
);

function readPrefix(written: string): Reading<Prefix> {
  const [before = "", after, ...more] = written.split("/");
  const address = parseIp(before);
  if (address === undefined) return bad("bad-address", `${quoted(before)} is no IP address`);
  const most = familyOf(address) === 4 ? IP4_BITS : IP6_BITS;
  const length = after === undefined ? most : Number(after);
  if ((after !== undefined && !/^\d{1,3}$/.test(after)) || more.length > 0 || length > most) {
    return bad("bad-prefix", `the prefix length of ${quoted(written)} must be 0 … ${most}`);
  }
  return hasHostBits(address, length)
    ? bad("bad-prefix", `${written} is an address within a network`, "the bits behind the prefix must be 0")
    : ok({ address, length });
}

function hasHostBits(address: IpAddress, length: number): boolean {
  return ipBytes(address).some((byte, index) => {
    const bits = Math.min(Math.max(length - 8 * index, 0), 8);
    return byte % 2 ** (8 - bits) !== 0;
  });
}

function isNetworkOrBroadcast(address: IpAddress, prefixLength: number): boolean {
  if (familyOf(address) === 6 || prefixLength > IP4_BITS - 2) return false;
  const { first, last } = networkOf(address, prefixLength);
  const number = ip4Number(address);
  return number === first || number === last;
}

export const port = z.int().min(1).max(MAX_PORT);

const MIN_STATUS = 100;
const MAX_STATUS = 599;

/** One status, `204`, or a range with both ends, `"200-299"`. */
export const status = z.union([
  z
    .int()
    .min(MIN_STATUS)
    .max(MAX_STATUS)
    .transform((code): StatusRange => ({ from: code, to: code })),
  text<StatusRange>("^\\d{3}(-\\d{3})?$", ["200-299"], (written) => {
    const [, from = "", to = from] = /^(\d{3})(?:-(\d{3}))?$/.exec(written) ?? [];
    const range = { from: Number(from), to: Number(to) };
    return MIN_STATUS <= range.from && range.from <= range.to && range.to <= MAX_STATUS
      ? ok(range)
      : bad("bad-status", `${quoted(written)} is no range of HTTP statuses`, 'write 204 or "200-299"');
  }),
]);

/** Path and query of a request. */
export const requestPath = text<string>("^/", ["/healthz"], (written) =>
  /^\/[\x21-\x7e]*$/.test(written)
    ? ok(written)
    : bad("bad-path", `${quoted(written)} is no path`, 'it begins with "/" and has no spaces'),
);

/** What may stand on a line of HTTP's head. */
export const headerValue = text<string>("^[^\\r\\n]*$", [], (written) =>
  /^[\t\x20-\x7e\x80-\xff]*$/.test(written)
    ? ok(written)
    : bad("bad-header", `${quoted(written)} cannot stand in an HTTP header`),
);

export const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/);

export const hostName = text<string>("^[^\\s/]+$", ["www.example.com"], (written) =>
  /^[\w.:[\]-]+$/.test(written)
    ? ok(written)
    : bad("bad-host", `${quoted(written)} is no host name`, "as in a browser, without http://"),
);

/** IP_VS_SCHEDNAME_MAXLEN is 16, with its final zero. */
export const schedulerName = text<string>("^[a-z0-9_]{1,15}$", ["wlc", "wrr", "rr", "sh", "mh"], (written) =>
  /^[a-z0-9_]{1,15}$/.test(written)
    ? ok(written)
    : bad(
        "bad-scheduler",
        `${quoted(written)} is no name of a scheduler`,
        'the kernel\'s own: "wlc", "rr", …',
      ),
);

/** Linux refuses longer ones. */
const MAX_PATH_LENGTH = 4_095;

/** Of how many there are, as a number from 1 to 100. */
export const percentage = text<number>("^\\d{1,3}%$", ["50%"], (written) => {
  const share = /^\d{1,3}%$/.test(written) ? Number.parseInt(written, 10) : 0;
  return share >= 1 && share <= 100
    ? ok(share)
    : bad("bad-percentage", `${quoted(written)} is no share of servers`, 'a number, or "1%" … "100%"');
});

/** Of a file or a program, which is not searched for. */
export const absolutePath = text<string>("^/", ["/usr/local/bin/page"], (written) =>
  /^\/[^\p{Cc}]*$/u.test(written) && written.length <= MAX_PATH_LENGTH
    ? ok(written)
    : bad("bad-path", `${quoted(written)} is no absolute path`, 'it begins with "/"'),
);

/** TASK_COMM_LEN without its final zero. */
const MAX_PROCESS_NAME_BYTES = 15;

/** The kernel keeps no more of it. */
export const processName = text<string>("^[^\\u0000\\n/]{1,15}$", ["haproxy"], (written) =>
  /^[^\0\n/]+$/.test(written) && new TextEncoder().encode(written).length <= MAX_PROCESS_NAME_BYTES
    ? ok(written)
    : bad(
        "bad-process",
        `${quoted(written)} is no name of a process`,
        "as `ps -o comm` shows it, at most 15 bytes",
      ),
);

/** What a program can be given. */
export const argument = text<string>("^[^\\u0000]*$", ["--team"], (written) =>
  written.includes("\0") ? bad("bad-argument", "an argument cannot contain a zero") : ok(written),
);

/** POSIX: of users and groups. */
export const accountName = text<string>("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}\\$?$", ["nobody"], (written) =>
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}\$?$/.test(written)
    ? ok(written)
    : bad("bad-account", `${quoted(written)} is no name of a user or a group`),
);

type WebAddress = {
  /** Without user and password, which are secrets. */
  readonly url: string;
  /** `user:password`, encoded as in the URL. */
  readonly password?: string;
};

/** It is never repeated in a message. */
export const webAddress = text<WebAddress>("^https?://", ["http://192.0.2.50:8080/keelson"], (written) => {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hash !== "") {
    return bad("bad-url", "this is no http or https URL", "as in http://192.0.2.50:8080/keelson");
  }
  const password = url.username === "" && url.password === "" ? "" : `${url.username}:${url.password}`;
  if (/%(?![0-9a-f]{2})/i.test(password)) {
    return bad("bad-url", "a percent sign in the user or the password is written %25");
  }
  const shown = `${url.origin}${url.pathname}${url.search}`;
  return ok({ url: shown, ...(password === "" ? {} : { password }) });
});

export function quoted(written: string): string {
  return JSON.stringify(written);
}
