/** How the kernel spreads a service's connections and sends them on: the keys, and what the balancer makes of them. */
import { z } from "zod";
import type { DestinationTraits, Persistence, ServiceTraits } from "../ipvs/settings.ts";
import { tunnelRecord, tunnelText } from "../ipvs/tunnel.ts";
import { IP6_SIZE } from "../net/ip.ts";
import { formatDuration, minutes, seconds } from "../net/time.ts";
import { listenEndpoints, MAX_LISTEN } from "./endpoint.ts";
import { match, type WrittenListen } from "./match.ts";
import { duration, port, schedulerName } from "./values.ts";

const LONGEST_PERSISTENCE = minutes(31 * 24 * 60);
const MAX_THRESHOLD = 0xffff_ffff;
const MAX_MARK = 0xffff_ffff;

const mark = z.strictObject({
  mark: z.int().min(1).max(MAX_MARK).describe("That the firewall gives to packets."),
  family: z.literal([4, 6]).describe("Of these packets: IPv4 or IPv6."),
  match: match
    .exactOptional()
    .describe("Which packets Keelson marks. Default: none; the host's own rules do."),
});

/** For each entry of the file what it stands for. */
export const listen = z
  .array(z.union([listenEndpoints, mark.transform((one): WrittenListen[] => [one])]))
  .min(1)
  .refine((entries) => entries.flat().length <= MAX_LISTEN, {
    params: { code: "too-many", hint: "use a firewall mark" },
    message: `must not stand for more than ${MAX_LISTEN} endpoints`,
  });

const timeout = duration({ min: seconds(1), max: LONGEST_PERSISTENCE, step: seconds(1) });

const persistence = z.union([
  timeout.transform((one): Persistence => ({ timeout: one })),
  z
    .strictObject({
      timeout: timeout.prefault("5m").describe("After a client's last connection."),
      prefix: z
        .int()
        .min(1)
        .max(8 * IP6_SIZE)
        .exactOptional()
        .describe("Clients that share so many leading bits stay together. Default: each for itself."),
      engine: z.literal("sip").exactOptional().describe("A client is known by its call, not by its address."),
    })
    .transform(({ prefix, ...rest }): Persistence => {
      return { ...rest, ...(prefix === undefined ? {} : { clientPrefix: prefix }) };
    }),
]);

const schedulerFlag = z.enum([
  "sh-fallback",
  "sh-port",
  "mh-fallback",
  "mh-port",
  "flag-1",
  "flag-2",
  "flag-3",
]);

/** Of a service. */
export const spreading = {
  scheduler: schedulerName.prefault("wlc"),
  scheduler_flags: z.array(schedulerFlag).default([]).describe("What `sh` and `mh` may do."),
  one_packet: z.boolean().default(false).describe("UDP: each datagram goes its own way."),
  persistence: persistence.optional().describe("How long a client stays with its server."),
};

const tunnel = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ipip") }),
  z.strictObject({
    type: z.literal("gue"),
    port: port.describe("Of the real server, where it unwraps."),
    checksum: z.enum(["none", "full", "remote"]).default("none"),
  }),
  z.strictObject({ type: z.literal("gre"), checksum: z.enum(["none", "full"]).default("none") }),
]);

export const forward = z.enum(["nat", "direct", "tunnel"]);
/**
 * Of a service, and of a server that differs.
 *
 * As with whatever thousands of tables may lack, `optional` instead of `exactOptional`: zod tries the latter on missing keys, too,
 * and makes an issue of each.
 */
export const wrapping = tunnel.optional().describe("How `tunnel` wraps packets. Default: ipip.");

const threshold = z.int().min(1).max(MAX_THRESHOLD).optional();

/** Of a server. */
export const thresholds = {
  upper_threshold: threshold.describe("With so many connections it gets no new ones."),
  lower_threshold: threshold.describe(
    "Until it has fewer than this. Default: three quarters of the upper one.",
  ),
};

type Spreading = z.output<z.ZodObject<typeof spreading>>;
type Thresholds = z.output<z.ZodObject<typeof thresholds>>;
interface Forwarding {
  readonly forward: z.output<typeof forward>;
  readonly tunnel?: z.output<typeof wrapping>;
}

export function serviceTraits({
  scheduler,
  scheduler_flags: flags,
  one_packet,
  persistence,
}: Spreading): ServiceTraits {
  return {
    scheduler,
    ...(flags.length === 0 ? {} : { schedulerFlags: flags }),
    ...(one_packet ? { onePacket: true } : {}),
    ...(persistence === undefined ? {} : { persistence }),
  };
}

/** @param service what counts where the server says nothing */
export function serverTraits(
  server: { readonly forward?: Forwarding["forward"] | undefined } & Omit<Forwarding, "forward"> & Thresholds,
  service: Forwarding,
): DestinationTraits {
  const { forward: way = service.forward, tunnel: wrap = service.tunnel } = server;
  return {
    forward: way,
    ...(way !== "tunnel" || wrap === undefined ? {} : { tunnel: wrap }),
    ...(server.upper_threshold === undefined ? {} : { upperThreshold: server.upper_threshold }),
    ...(server.lower_threshold === undefined ? {} : { lowerThreshold: server.lower_threshold }),
  };
}

export function serviceTraitTexts({
  scheduler,
  schedulerFlags = [],
  onePacket = false,
  persistence,
}: ServiceTraits): Record<string, string> {
  return {
    scheduler,
    scheduler_flags: schedulerFlags.join(", ") || "none",
    one_packet: String(onePacket),
    persistence: persistence === undefined ? "none" : formatDuration(persistence.timeout),
    "persistence.prefix": String(persistence?.clientPrefix ?? "none"),
    "persistence.engine": persistence?.engine ?? "none",
  };
}

export function serverTraitTexts(traits: DestinationTraits): Record<string, string> {
  const { forward: way, tunnel: wrap = { type: "ipip" } } = traits;
  return {
    forward: way === "tunnel" ? `tunnel (${tunnelText(tunnelRecord(wrap))})` : way,
    upper_threshold: String(traits.upperThreshold ?? "none"),
    lower_threshold: String(traits.lowerThreshold ?? "none"),
  };
}
