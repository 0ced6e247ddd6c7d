/** `check` of a service or a server, a table or a list of tables: its keys, and how servers are asked because of it. */
import { z } from "zod";
import type { CheckSettings, HttpCheck, ScriptCheck } from "../checks/settings.ts";
import type { Protocol } from "../ipvs/settings.ts";
import { formatDuration, micros, millis, minutes, seconds } from "../net/time.ts";
import type { Path } from "./issue.ts";
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

/** Of one server: more is a mistake. */
const MOST_CHECKS = 8;
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

const kinds = [
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
] as const;

const one = z.discriminatedUnion("type", [z.strictObject({ type: z.literal("none") }), ...kinds]);
const several = z.array(z.discriminatedUnion("type", kinds)).min(1).max(MOST_CHECKS);

export const check = z.union([one, several]);

type Check = z.output<typeof check>;
export type CheckTable = z.output<typeof one>;

const LONGEST_DEFAULT_TIMEOUT = seconds(1);
/** What a TCP service is asked when its file says nothing. */
const DEFAULT_TCP_CHECK: CheckTable = { type: "tcp", interval: seconds(2), rise: 2, fall: 3 };

interface Checked {
  readonly protocol: Protocol;
  readonly check?: Check | undefined;
}

/** Each table, with the place where it stands. */
export function checkTables(path: Path, written: Check | undefined): (readonly [Path, CheckTable])[] {
  if (written === undefined) return [];
  if (!Array.isArray(written)) return [[path, written]];
  return written.map((table, index) => [[...path, index], table]);
}

/** Whether servers of such a service are asked anything. */
export function isChecked({ protocol, check: written }: Checked): boolean {
  return written === undefined ? protocol === "tcp" : Array.isArray(written) || written.type !== "none";
}

/** How servers without a `check` of their own are asked. */
export function serviceChecks({ protocol, check: written }: Checked): CheckSettings[] {
  return checkSettings(written ?? (protocol === "tcp" ? DEFAULT_TCP_CHECK : { type: "none" }));
}

export function checkSettings(written: Check): CheckSettings[] {
  return checkTables([], written).flatMap(([, table]) => settingsOf(table) ?? []);
}

function settingsOf(wanted: CheckTable): CheckSettings | undefined {
  if (wanted.type === "none") return undefined;
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

/** A check that has no port to ask is left out. A script may need none. */
export function askable(checks: readonly CheckSettings[], askedAt: number): readonly CheckSettings[] {
  const hasPlace = ({ type, port: own }: CheckSettings) =>
    own !== undefined || askedAt !== 0 || type === "script";
  return checks.every(hasPlace) ? checks : checks.filter(hasPlace);
}

/** For plans: of the first check `check.interval` …, of the others `check.2.interval` … */
export function checkTexts(checks: readonly CheckSettings[]): Record<string, string> {
  const texts = checks.flatMap((own, index) =>
    Object.entries(textsOf(own)).map(([key, text]) => [
      index === 0 ? `check.${key}` : `check.${index + 1}.${key}`,
      text,
    ]),
  );
  return { "check.type": checks.map(({ type }) => type).join(", ") || "none", ...Object.fromEntries(texts) };
}

/** For plans: of a server that has checks of its own. */
export function checkLine(checks: readonly CheckSettings[]): string {
  const each = checks.map((own) => {
    const texts = Object.entries(textsOf(own)).map(([key, text]) => `${key} ${text}`);
    return `${own.type} (${texts.join(", ")})`;
  });
  return each.join(" and ") || "none";
}

function textsOf(own: CheckSettings): Record<string, string> {
  return {
    interval: formatDuration(own.interval),
    timeout: formatDuration(own.timeout),
    rise: String(own.rise),
    fall: String(own.fall),
    port: String(own.port ?? "the server's own"),
    ...(own.type === "http" ? httpTexts(own) : {}),
    ...(own.type === "script" ? scriptTexts(own) : {}),
  };
}

function httpTexts(own: HttpCheck): Record<string, string> {
  const headers = Object.entries(own.headers).map(([name, value]) => `${name}: ${value}`);
  const statuses = own.status.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  return {
    method: own.method,
    path: own.path,
    host: own.host ?? "the server's own",
    headers: headers.sort().join(", ") || "none",
    status: statuses.join(", "),
    contains: own.contains === undefined ? "nothing" : JSON.stringify(own.contains),
    max_body: String(own.maxBody),
    weight_header: own.weightHeader ?? "none",
  };
}

function scriptTexts({ command, user, group, dynamicWeight }: ScriptCheck): Record<string, string> {
  return {
    command: command.join(" "),
    user: user ?? "the default",
    group: group ?? "the user's",
    dynamic_weight: String(dynamicWeight),
  };
}
