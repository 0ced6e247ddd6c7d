/** The tables of `tracks`: their keys, and what the elector and the balancer make of them. */
import { z } from "zod";
import type { Delays } from "../checks/steady.ts";
import type {
  FileWatch,
  GatewayWatch,
  ProcessWatch,
  QuorumWatch,
  ScriptWatch,
  Watch,
} from "../checks/watch.ts";
import { unreachable } from "../net/bug.ts";
import { type Duration, formatDuration, micros, millis, minutes, seconds } from "../net/time.ts";
import type { TrackSource } from "../vrrp/tracked.ts";
import {
  absolutePath,
  accountName,
  argument,
  duration,
  hostAddress,
  interfaceName,
  name,
  percentage,
  processName,
} from "./values.ts";

const DELAY_LIMITS = { min: seconds(0), max: minutes(60) };
const INTERVAL_LIMITS = { min: millis(100), max: minutes(60) };
const TIMEOUT_LIMITS = { min: millis(100), max: minutes(10) };
const MAX_COUNT = 100;
const MAX_TARGETS = 8;
const MAX_SERVERS = 65_535;
const MAX_PROCESSES = 65_535;
const count = z.int().min(1).max(MAX_COUNT);
/** A balancer that was killed is back within one of them. */
const MISSED_REPORTS = 3;
/** Of what is told by an event, too; and how long a look may take. */
const LOOK = { interval: seconds(2), timeout: seconds(2) };

const processCount = z.int().min(0).max(MAX_PROCESSES);
const rise = count.default(2).describe("Successes in a row before what was down is up.");
const fall = count.default(3).describe("Failures in a row before what was up is down.");

const delays = {
  up_delay: duration(DELAY_LIMITS).prefault("0s").describe("So long it must be up again before that counts."),
  down_delay: duration(DELAY_LIMITS).prefault("0s").describe("So long it must be down before that counts."),
};

export const track = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("interface"),
    interface: interfaceName.describe("It is up when its link is."),
    ...delays,
  }),
  z.strictObject({
    type: z.literal("script"),
    command: z
      .tuple([absolutePath])
      .rest(argument)
      .describe("A program's absolute path and its arguments. It is up when its exit status is 0. No shell."),
    user: accountName
      .exactOptional()
      .describe("Who runs it. Default: keelson_script if there is such a user, otherwise nobody."),
    group: accountName.exactOptional().describe("Default: the user's."),
    interval: duration(INTERVAL_LIMITS)
      .prefault("2s")
      .describe("From the start of one run to the start of the next."),
    timeout: duration(TIMEOUT_LIMITS).prefault("2s").describe("After this it is ended, and has failed."),
    rise,
    fall,
  }),
  z.strictObject({
    type: z.literal("file"),
    path: absolutePath.describe("Which file. Its directory is watched."),
    up_when: z
      .enum(["present", "absent", "zero"])
      .default("present")
      .describe("zero: it holds a number; a weight counts that many times, and without one it is up at 0."),
    ...delays,
  }),
  z.strictObject({
    type: z.literal("gateway"),
    targets: z
      .array(hostAddress)
      .min(1)
      .max(MAX_TARGETS)
      .describe("Who is asked by ICMP echo. It is up when one of them answers."),
    interface: interfaceName
      .exactOptional()
      .describe("Where they are asked, and where they have to answer. Default: the director's."),
    interval: duration(INTERVAL_LIMITS).prefault("1s").describe("From one question to the next."),
    timeout: duration(TIMEOUT_LIMITS).prefault("1s").describe("For an answer."),
    rise,
    fall,
  }),
  z.strictObject({
    type: z.literal("process"),
    process: processName.describe("Which processes, by their name: `ps -o comm` shows it."),
    parameters: z
      .array(argument)
      .exactOptional()
      .describe("Only those that were started with these, all of them and in this order."),
    min: processCount.default(1).describe("It is up while there are so many of them."),
    max: processCount.exactOptional().describe("And no more than these. Default: however many."),
    ...delays,
  }),
  z.strictObject({
    type: z.literal("quorum"),
    service: name.describe("Whose servers are counted."),
    healthy: z
      .union([
        z
          .int()
          .min(1)
          .max(MAX_SERVERS)
          .transform((least) => ({ least })),
        percentage.transform((share) => ({ share })),
      ])
      .describe("It is up while so many of its servers are healthy: a number, or a share of all."),
    ...delays,
  }),
]);

type TrackTable = z.output<typeof track>;
type QuorumTable = Extract<TrackTable, { type: "quorum" }>;

export function trackSource(table: TrackTable): TrackSource {
  switch (table.type) {
    case "interface": {
      const { type: kind, interface: link, up_delay: upDelay, down_delay: downDelay } = table;
      return { kind, interface: link, upDelay, downDelay };
    }
    case "script":
    case "gateway":
      return reported(table);
    case "file":
    case "process":
    case "quorum":
      return reported(LOOK);
    default:
      return unreachable(table);
  }
}

function reported({ interval, timeout }: Readonly<Record<"interval" | "timeout", Duration>>): TrackSource {
  return { kind: "reported", patience: micros(MISSED_REPORTS * interval + timeout) };
}

/** Of a director. */
interface Own {
  /** Its interface. */
  readonly arm: string;
  /** How many servers a service has. */
  serversOf(service: string): number;
}

/** What the balancer has to watch. */
export function watchesOf(tables: Readonly<Record<string, TrackTable>>, own: Own): Watch[] {
  return Object.entries(tables).flatMap(([called, table]) => watchOf(called, table, own) ?? []);
}

/** So many servers have to be healthy. */
export function quorumOf({ healthy }: QuorumTable, servers: number): number {
  return "least" in healthy ? healthy.least : Math.max(1, Math.ceil((healthy.share * servers) / 100));
}

function watchOf(called: string, table: TrackTable, { arm, serversOf }: Own): Watch | undefined {
  switch (table.type) {
    case "interface":
      return undefined;
    case "script": {
      const { type: kind, ...settings } = table;
      return { kind, name: called, ...settings };
    }
    case "file": {
      const { type: kind, path, up_when: upWhen, up_delay: upDelay, down_delay: downDelay } = table;
      return { kind, name: called, path, upWhen, upDelay, downDelay };
    }
    case "gateway": {
      const { type: kind, interface: own = arm, ...settings } = table;
      return { kind, name: called, interface: own, ...settings };
    }
    case "process": {
      const { type: kind, up_delay: upDelay, down_delay: downDelay, ...settings } = table;
      return { kind, name: called, upDelay, downDelay, ...settings };
    }
    case "quorum": {
      const { type: kind, service, up_delay: upDelay, down_delay: downDelay } = table;
      return { kind, name: called, service, least: quorumOf(table, serversOf(service)), upDelay, downDelay };
    }
    default:
      return unreachable(table);
  }
}

interface WatchTexts {
  readonly detail: string;
  /** As the cluster file calls them. */
  readonly settings: Readonly<Record<string, string>>;
}

/** For a plan. */
export function watchTexts(watch: Watch): WatchTexts {
  switch (watch.kind) {
    case "script":
      return scriptTexts(watch);
    case "file":
      return fileTexts(watch);
    case "gateway":
      return gatewayTexts(watch);
    case "process":
      return processTexts(watch);
    case "quorum":
      return quorumTexts(watch);
    default:
      return unreachable(watch);
  }
}

function scriptTexts({ command, user, group, ...row }: ScriptWatch): WatchTexts {
  const texts = { command: command.join(" "), user: user ?? "the default", group: group ?? "the user's" };
  return { detail: `script ${texts.command}`, settings: { ...texts, ...rowTexts(row) } };
}

function gatewayTexts({ targets, interface: arm, ...row }: GatewayWatch): WatchTexts {
  const texts = { targets: targets.join(", "), interface: arm };
  return { detail: `gateway ${texts.targets} on ${arm}`, settings: { ...texts, ...rowTexts(row) } };
}

function rowTexts({
  interval,
  timeout,
  rise,
  fall,
}: Pick<GatewayWatch, "interval" | "timeout" | "rise" | "fall">) {
  return {
    interval: formatDuration(interval),
    timeout: formatDuration(timeout),
    rise: String(rise),
    fall: String(fall),
  };
}

function fileTexts({ path, upWhen, ...delays }: FileWatch): WatchTexts {
  return { detail: `file ${path}`, settings: { path, up_when: upWhen, ...delayTexts(delays) } };
}

function processTexts({ process: called, parameters, min, max, ...delays }: ProcessWatch): WatchTexts {
  return {
    detail: `process ${called}`,
    settings: {
      process: called,
      parameters: parameters === undefined ? "any" : JSON.stringify(parameters),
      min: String(min),
      max: String(max ?? "none"),
      ...delayTexts(delays),
    },
  };
}

function quorumTexts({ service, least, ...delays }: QuorumWatch): WatchTexts {
  const settings = { service, healthy: String(least), ...delayTexts(delays) };
  return { detail: `quorum of service ${service}, at least ${least}`, settings };
}

function delayTexts({ upDelay, downDelay }: Delays) {
  return { up_delay: formatDuration(upDelay), down_delay: formatDuration(downDelay) };
}
