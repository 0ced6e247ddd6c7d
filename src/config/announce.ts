/** The table `announce`: of all routers, or of one, which then has the last word on the keys that it names. */
import { z } from "zod";
import { millis, minutes, seconds } from "../net/time.ts";
import { type AnnounceSettings, DEFAULT_ANNOUNCE } from "../vrrp/announcements.ts";
import { duration } from "./values.ts";

const NEVER = seconds(0);
const MAX_BURST = 10;
const MAX_REPEAT = 20;
const REFRESH_LIMITS = { min: NEVER, max: minutes(24 * 60), step: seconds(1) };

export const announce = z.strictObject({
  burst: z
    .array(duration({ min: millis(10), max: minutes(10) }))
    .max(MAX_BURST)
    .exactOptional()
    .describe("After becoming master: at once, and again after each of these."),
  again: duration({ min: NEVER, max: minutes(10) })
    .exactOptional()
    .describe("What a lower priority or a foreign announcement provoked is announced once more after this."),
  refresh: duration(REFRESH_LIMITS).exactOptional().describe("Between two announcements at the most."),
  extra_refresh: duration(REFRESH_LIMITS)
    .exactOptional()
    .describe("The same for addresses on other interfaces than the router's own."),
  repeat: z.int().min(1).max(MAX_REPEAT).exactOptional().describe("Frames for each address each time."),
  pace: duration({ min: NEVER, max: seconds(1) })
    .exactOptional()
    .describe("Between two announcements on one interface at the least."),
});

type AnnounceTable = z.output<typeof announce>;

/** @param own of the router, which counts before what is said for all */
export function announceSettings(all: AnnounceTable, own: AnnounceTable = {}): AnnounceSettings {
  const { extra_refresh: extraRefresh = DEFAULT_ANNOUNCE.extraRefresh, ...written } = { ...all, ...own };
  const settings = { ...DEFAULT_ANNOUNCE, ...written, extraRefresh };
  return { ...settings, burst: settings.burst.toSorted((left, right) => left - right) };
}
