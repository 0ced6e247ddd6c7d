/** The table `check` of a service: its keys, and how its servers are asked because of it. */
import { z } from "zod";
import type { Endpoint, ServerSettings } from "../balance/settings.ts";
import type { CheckSettings, HttpCheck, ScriptCheck } from "../checks/settings.ts";
import type { Protocol } from "../ipvs/settings.ts";
import { formatDuration, micros, millis, minutes, seconds } from "../net/time.ts";
import {
  absolutePath,
  accountName,
  argument,
  duration,
  headerName,
  headerValue,
  hostName,
  port,
  requestPath,
  status,
} from "./values.ts";

/** Checks in a row: more is a mistake. */
const MAX_COUNT = 100;
const MAX_BODY_LIMIT = 16 * 1024 * 1024;
const DEFAULT_MAX_BODY = 64 * 1024;
const CHECK_LIMITS = { min: millis(50), max: minutes(60) };
/** Starting a process takes a hundred times what a connection takes. */
const SCRIPT_LIMITS = { min: millis(500), max: minutes(60) };

function timing(limits: typeof CHECK_LIMITS) {
  return {
    interval: duration(limits)
      .prefault("2s")
      .describe("From the start of one check to the start of the next."),
    timeout: duration(limits)
      .exactOptional()
      .describe(
        "For the whole check. Default: 1s, or the interval when that is shorter; of a script the interval.",
      ),
    rise: z
      .int()
      .min(1)
      .max(MAX_COUNT)
      .default(2)
      .describe("Successes in a row that bring a failed server back."),
    fall: z.int().min(1).max(MAX_COUNT).default(3).describe("Failures in a row that take a server out."),
  };
}

const otherPort = port.exactOptional().describe("Default: the server's own port.");

export const check = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("none") }),
  z.strictObject({ type: z.literal("tcp"), ...timing(CHECK_LIMITS), port: otherPort }),
  z.strictObject({
    type: z.literal("http"),
    ...timing(CHECK_LIMITS),
    port: otherPort,
    method: z.enum(["GET", "HEAD", "OPTIONS", "POST"]).default("GET"),
    path: requestPath.prefault("/"),
    host: hostName.exactOptional().describe("The Host header. Default: the server's address and port."),
    headers: z.record(headerName, headerValue).default({}),
    status: z.array(status).min(1).prefault(["200-299"]).describe("The statuses that mean healthy."),
    contains: z.string().min(1).exactOptional().describe("Text that the body must contain."),
    max_body: z
      .int()
      .min(0)
      .max(MAX_BODY_LIMIT)
      .default(DEFAULT_MAX_BODY)
      .describe("Bytes of body read at the most; more is a failure."),
    weight_header: headerName
      .exactOptional()
      .describe("A header of the answer with the weight that the server asks for, 0 … 65535."),
  }),
  z.strictObject({
    type: z.literal("script"),
    ...timing(SCRIPT_LIMITS),
    port: otherPort,
    command: z
      .tuple([absolutePath])
      .rest(argument)
      .describe("A program's absolute path and its arguments. Exit status 0 means healthy. No shell."),
    user: accountName
      .exactOptional()
      .describe("Who runs it. Default: keelson_script if there is such a user, otherwise nobody."),
    group: accountName.exactOptional().describe("Default: the user's."),
    dynamic_weight: z
      .boolean()
      .default(false)
      .describe("Exit status 2 … 255 means healthy, too, with a weight of 0 … 253."),
  }),
]);

type CheckTable = z.output<typeof check>;

const LONGEST_DEFAULT_TIMEOUT = seconds(1);
/** What a TCP service is asked when its file says nothing. */
const DEFAULT_TCP_CHECK: CheckTable = { type: "tcp", interval: seconds(2), rise: 2, fall: 3 };

interface Checked {
  readonly protocol: Protocol;
  readonly check?: CheckTable;
}

export function checkSettings({ protocol, check: written }: Checked): CheckSettings | undefined {
  const wanted = written ?? (protocol === "tcp" ? DEFAULT_TCP_CHECK : undefined);
  if (wanted === undefined || wanted.type === "none") return undefined;
  const longest = wanted.type === "script" ? wanted.interval : LONGEST_DEFAULT_TIMEOUT;
  const timeout = wanted.timeout ?? micros(Math.min(wanted.interval, longest));
  switch (wanted.type) {
    case "tcp":
      return { ...wanted, timeout };
    case "http": {
      const { max_body: maxBody, weight_header: weightHeader, ...rest } = wanted;
      return { ...rest, timeout, maxBody, ...(weightHeader === undefined ? {} : { weightHeader }) };
    }
    case "script": {
      const { dynamic_weight: dynamicWeight, ...rest } = wanted;
      return { ...rest, timeout, dynamicWeight };
    }
  }
}

/** `undefined` when neither the check nor the server nor the service has a port. A script may need none. */
export function checkOf(
  { port: own }: Endpoint,
  settings: CheckSettings,
  askedAt: number | undefined,
): CheckSettings | undefined {
  if (settings.port !== undefined || own !== 0) return settings;
  if (askedAt !== undefined) return { ...settings, port: askedAt };
  return settings.type === "script" ? settings : undefined;
}

/** For plans. All servers of a service have the same check. */
export function checkTexts([server]: readonly ServerSettings[]): Record<string, string> {
  if (server === undefined) return {};
  const { check: own } = server;
  if (own === undefined) return { "check.type": "none" };
  return {
    "check.type": own.type,
    "check.interval": formatDuration(own.interval),
    "check.timeout": formatDuration(own.timeout),
    "check.rise": String(own.rise),
    "check.fall": String(own.fall),
    "check.port": String(own.port ?? "the server's own"),
    ...(own.type === "http" ? httpTexts(own) : {}),
    ...(own.type === "script" ? scriptTexts(own) : {}),
  };
}

function httpTexts(own: HttpCheck): Record<string, string> {
  const headers = Object.entries(own.headers).map(([name, value]) => `${name}: ${value}`);
  const statuses = own.status.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  return {
    "check.method": own.method,
    "check.path": own.path,
    "check.host": own.host ?? "the server's own",
    "check.headers": headers.sort().join(", ") || "none",
    "check.status": statuses.join(", "),
    "check.contains": own.contains === undefined ? "nothing" : JSON.stringify(own.contains),
    "check.max_body": String(own.maxBody),
    "check.weight_header": own.weightHeader ?? "none",
  };
}

function scriptTexts({ command, user, group, dynamicWeight }: ScriptCheck): Record<string, string> {
  return {
    "check.command": command.join(" "),
    "check.user": user ?? "the default",
    "check.group": group ?? "the user's",
    "check.dynamic_weight": String(dynamicWeight),
  };
}
