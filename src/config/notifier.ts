/** The tables of `notify`: their keys, and what the core makes of them. */
import { z } from "zod";
import { minutes, seconds } from "../net/time.ts";
import { type NotifierSettings, USUAL_STATES } from "../notify/settings.ts";
import { NOTIFY_STATES } from "../notify/subject.ts";
import { absolutePath, accountName, argument, duration, name, webAddress } from "./values.ts";

/** Beyond it a script hangs: somebody should know. */
const TIMEOUT_LIMITS = { min: seconds(1), max: minutes(10) };

const common = {
  routers: z.array(name).min(1).exactOptional().describe("Default: all."),
  services: z.array(name).min(1).exactOptional().describe("Default: all."),
  states: z
    .array(z.enum(NOTIFY_STATES))
    .min(1)
    .default([...USUAL_STATES])
    .describe("The states that are told: of routers, of servers, and of services."),
  start_and_stop: z
    .boolean()
    .default(false)
    .describe("Also what is well with services: when it is first known, and its end at an orderly stop."),
};

export const notifier = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("script"),
    ...common,
    command: z
      .tuple([absolutePath])
      .rest(argument)
      .describe(
        "A program's absolute path and its arguments, to which router and state are added. No shell.",
      ),
    user: accountName
      .exactOptional()
      .describe("Who runs it. Default: keelson_script if there is such a user, otherwise nobody."),
    group: accountName.exactOptional().describe("Default: the user's."),
    timeout: duration(TIMEOUT_LIMITS).prefault("10s").describe("After this it is ended."),
  }),
  z.strictObject({
    type: z.literal("fifo"),
    ...common,
    path: absolutePath.describe("Created when it is not there."),
  }),
  z.strictObject({
    type: z.literal("webhook"),
    ...common,
    url: webAddress.describe("Where the state is posted as JSON."),
    timeout: duration(TIMEOUT_LIMITS).prefault("5s").describe("From connecting to the answer."),
  }),
]);

export function notifierSettings(called: string, settings: z.output<typeof notifier>): NotifierSettings {
  const { start_and_stop: startAndStop, ...rest } = settings;
  const common = { name: called, ...(startAndStop && { startAndStop }) };
  if (rest.type !== "webhook") return { ...common, ...rest };
  const { url, ...others } = rest;
  return { ...common, ...others, ...url };
}
