/** The tables of `tracks`: their keys, and what the elector and the balancer make of them. */
import { z } from "zod";
import type { ScriptWatch } from "../checks/watch.ts";
import { micros, millis, minutes, seconds } from "../net/time.ts";
import type { TrackSource } from "../vrrp/tracked.ts";
import { absolutePath, accountName, argument, duration, interfaceName } from "./values.ts";

const DELAY_LIMITS = { min: seconds(0), max: minutes(60) };
const INTERVAL_LIMITS = { min: millis(100), max: minutes(60) };
const TIMEOUT_LIMITS = { min: millis(100), max: minutes(10) };
const MAX_COUNT = 100;
const count = z.int().min(1).max(MAX_COUNT);
/** A balancer that was killed is back within one of them. */
const MISSED_REPORTS = 3;

export const track = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("interface"),
    interface: interfaceName.describe("It is up when its link is."),
    up_delay: duration(DELAY_LIMITS)
      .prefault("0s")
      .describe("So long a link must be up again before that counts."),
    down_delay: duration(DELAY_LIMITS)
      .prefault("0s")
      .describe("So long a link must be down before that counts."),
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
    rise: count.default(2).describe("Successes in a row before what was down is up."),
    fall: count.default(3).describe("Failures in a row before what was up is down."),
  }),
]);

type TrackTable = z.output<typeof track>;

export function trackSource(table: TrackTable): TrackSource {
  if (table.type === "interface") {
    const { type: kind, interface: link, up_delay: upDelay, down_delay: downDelay } = table;
    return { kind, interface: link, upDelay, downDelay };
  }
  return { kind: "reported", patience: micros(MISSED_REPORTS * table.interval + table.timeout) };
}

/** What the balancer has to run for it. */
export function scriptWatches(tables: Readonly<Record<string, TrackTable>>): ScriptWatch[] {
  return Object.entries(tables).flatMap(([name, table]) => {
    if (table.type !== "script") return [];
    const { type: _, ...settings } = table;
    return [{ name, ...settings }];
  });
}
