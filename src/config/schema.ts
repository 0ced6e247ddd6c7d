/**
 * The cluster file as a schema: every key, its type and its default. Unknown keys are refused.
 *
 * What the schema cannot say (two routers with one VRID, …) is in `rules/`. The descriptions are for editors;
 * `docs/cluster-file.md` has the long form.
 */
import { z } from "zod";
import { millis, minutes, seconds } from "../net/time.ts";
import { DEFAULT_DOWN_TIMER_ADVERTS, MAX_INTERVAL_V2, MIN_INTERVAL } from "../vrrp/intervals.ts";
import { virtualAddress } from "./address.ts";
import { announce } from "./announce.ts";
import { authentication } from "./authentication.ts";
import { forward, listen, spreading, thresholds, wrapping } from "./balancing.ts";
import { serverEndpoint } from "./endpoint.ts";
import { ipvs } from "./ipvs.ts";
import { notifier } from "./notifier.ts";
import { DEFAULT_WEIGHT, MAX_WEIGHT, readServers } from "./servers.ts";
import { check } from "./service-check.ts";
import { policyKeys } from "./service-policy.ts";
import { commonStatic, directorStatic } from "./static.ts";
import { routes, rules } from "./steering.ts";
import { track } from "./track.ts";
import { duration, hostAddress, interfaceName, multicastGroup, name, vrrpPassword } from "./values.ts";
import { mac } from "./virtual-mac.ts";

/** The wire counts centiseconds. */
const CENTISECOND = millis(10);
const NO_TIME = seconds(0);
const LONGEST_DELAY = minutes(60);
const MAX_VRID = 255;
const MAX_TTL = 255;
/** 255 is for the owner of the addresses; 0 on the wire says goodbye. */
const MAX_PRIORITY = 255;
/** Of both families together; what an advert has no room for floats along. */
const MAX_ADDRESSES = 1_000;
/** Missing adverts in a row: more is a mistake. */
const MAX_COUNT = 100;

/** A list, also of one that is written without brackets. */
function oneOrMore(address: typeof hostAddress) {
  return z.union([address.transform((one) => [one]), z.array(address).min(1)]);
}

const director = z.strictObject({
  address: oneOrMore(hostAddress)
    .exactOptional()
    .describe("Its own address, or several. A host that does not have them is refused."),
  interface: interfaceName.describe("Where its routers speak VRRP, unless a router names another interface."),
  static: directorStatic.prefault({}).describe("What this host has, whoever is master."),
});

/** Between the least and the highest priority that is no owner's. */
const MAX_WEIGHT_SHIFT = 253;
const weight = z
  .int()
  .min(-MAX_WEIGHT_SHIFT)
  .max(MAX_WEIGHT_SHIFT)
  .refine((shift) => shift !== 0, { params: { code: "bad-weight" }, message: "a weight of 0 does nothing" });

const priority = z.int().min(1).max(MAX_PRIORITY);

const mode = z.enum(["active", "observe"]);

const router = z.strictObject({
  vrid: z.int().min(1).max(MAX_VRID).describe("Virtual router identifier, one for each router of a network."),
  interface: interfaceName.exactOptional().describe("Default: the director's interface."),
  interval: duration({ min: MIN_INTERVAL, max: MAX_INTERVAL_V2, step: CENTISECOND })
    .prefault("1s")
    .describe("Between two adverts of the master."),
  down_timer_adverts: z
    .int()
    .min(1)
    .max(MAX_COUNT)
    .default(DEFAULT_DOWN_TIMER_ADVERTS)
    .describe("How many of the master's adverts must be missing before a backup takes over."),
  priority: z
    .union([priority, z.record(name, priority)])
    .describe("For each director; the highest that is alive is master."),
  mode: z
    .union([mode, z.record(name, mode)])
    .default("active")
    .describe("`observe` hears, decides and says what it would do, and sends and touches nothing."),
  preempt: z
    .union([
      z.boolean().transform((preempt) => ({ preempt, delay: NO_TIME, damping: true })),
      z
        .strictObject({
          delay: duration({ min: NO_TIME, max: LONGEST_DELAY }).prefault("0s"),
          damping: z.boolean().default(true),
        })
        .transform((rest) => ({ preempt: true, ...rest })),
    ])
    .prefault(true)
    .describe("A director with a higher priority takes over from a lower one: at once, or after a delay."),
  unheard: z
    .enum(["give-way", "stay"])
    .exactOptional()
    .describe(
      "What a master does that is not heard by another. Default: gives way where adverts are signed.",
    ),
  track: z
    .array(
      z.union([
        name.transform((one) => ({ name: one, weight: undefined })),
        z
          .strictObject({
            name,
            weight: z
              .union([weight, z.literal("fault")])
              .exactOptional()
              .describe("Added to the priority. Default: down is a fault; of a quorum: enough to give way."),
          })
          .transform(({ name: one, weight: shift }) => ({ name: one, weight: shift })),
      ]),
    )
    .default([])
    .describe("What the router watches, by its name in `tracks`."),
  addresses: z.array(virtualAddress).min(1).max(MAX_ADDRESSES).describe("The addresses that float."),
  election: z
    .enum(["shared", "per-family"])
    .default("shared")
    .describe(
      "One for all addresses, in the family of the first, or one for each family, won or lost together.",
    ),
  mac,
  routes: routes.describe("Routes that are there while the addresses are."),
  rules: rules.describe("Routing rules that are there while the addresses are."),
  accept: z
    .boolean()
    .default(true)
    .describe("Whether this host's own programs answer at the addresses, beside the balanced services."),
  announce: announce
    .exactOptional()
    .describe("How its addresses are announced. Default: as [announce] says."),
  version: z.literal([2, 3]).default(3).describe("Of VRRP. 2 is for the time of a migration."),
  password: vrrpPassword
    .exactOptional()
    .describe("Version 2 alone: the simple password. Everybody on the link can read it."),
  authentication: authentication
    .exactOptional()
    .describe("Signed adverts: HMAC-SHA-256, as keepalived 2.4.2."),
  checksum: z
    .enum(["pseudo-header", "plain"])
    .exactOptional()
    .describe(
      "Version 3 over IPv4: as keepalived and RFC 5798 (default), or as RFC 9568. Both are understood.",
    ),
  group: oneOrMore(multicastGroup).exactOptional().describe("Default: 224.0.0.18 or ff02::12."),
  unicast: z
    .boolean()
    .default(false)
    .describe("Adverts go to the `address` of each other director instead of the multicast group."),
  min_ttl: z
    .int()
    .min(1)
    .max(MAX_TTL)
    .exactOptional()
    .describe("Unicast alone: adverts with a lower TTL or hop limit are ignored. Default: 255."),
  source: z
    .record(name, oneOrMore(hostAddress))
    .exactOptional()
    .describe("For each director: where its adverts leave from. Default: the interface's first address."),
});

const server = z.strictObject({
  address: serverEndpoint,
  weight: z.int().min(0).max(MAX_WEIGHT).default(DEFAULT_WEIGHT).describe("0 takes no new connections."),
  ...thresholds,
  forward: forward.optional().describe("Default: the service's."),
  tunnel: wrapping,
  check: check.optional().describe("Instead of the service's."),
});

let compiled: typeof server | undefined;

/** Compiled when there is one, which takes as long as to read thousands. */
function readServer(written: unknown): z.output<typeof server> | undefined {
  compiled ??= z.compile(server);
  return compiled.safeParse(written).data;
}

const service = z.strictObject({
  protocol: z.enum(["tcp", "udp", "sctp"]).default("tcp"),
  listen: listen.describe("One IPVS virtual service for each."),
  ...spreading,
  forward: forward.default("nat"),
  tunnel: wrapping,
  on_failure: z
    .enum(["remove", "drain"])
    .default("remove")
    .describe("A failed server leaves the table once idle, or stays in it with weight 0."),
  remove_after: duration({ min: seconds(0), max: minutes(24 * 60) })
    .prefault("60s")
    .describe("A failed server that is not idle leaves the table after this."),
  check: check
    .optional()
    .describe(
      "One, or a list of which all have to pass. Default: a TCP check for tcp, none for udp and sctp.",
    ),
  ...policyKeys,
  servers: z.withParser(z.record(name, server), (written) => readServers(written, readServer)).default({}),
});

const stop = z.strictObject({
  timeout: duration({ min: seconds(0), max: minutes(10) })
    .prefault("10s")
    .describe("The longest that an orderly stop waits for a successor."),
});

const syncGroup = z.strictObject({
  routers: z.array(name).min(2).describe("They are master on the same director, or none of them is."),
});

const start = z.strictObject({
  delay: duration({ min: NO_TIME, max: LONGEST_DELAY })
    .prefault("0s")
    .describe("After the start of Keelson no router takes part in an election before this."),
  delay_after_boot: duration({ min: NO_TIME, max: LONGEST_DELAY })
    .prefault("0s")
    .describe("The same, after the start of the machine."),
});

/** The parts that make sense on their own; a file that is broken elsewhere is checked as far as they are whole. */
export const partsSchema = z.object({
  directors: z.record(name, director),
  routers: z.record(name, router).default({}),
  services: z.record(name, service).default({}),
  tracks: z.record(name, track).default({}),
  notify: z.record(name, notifier).default({}),
  sync_groups: z.record(name, syncGroup).default({}),
  announce: announce.prefault({}),
  static: commonStatic.prefault({}).describe("What every director has, whoever is master."),
  start: start.prefault({}),
  stop: stop.prefault({}),
  ipvs: ipvs.prefault({}),
});

export const clusterSchema = z
  .strictObject({ cluster: z.strictObject({ name }), ...partsSchema.shape })
  .meta({ title: "Keelson cluster file" });

export type Parts = Readonly<z.output<typeof partsSchema>>;
export type Router = z.output<typeof router>;
export type Service = z.output<typeof service>;
export type Server = z.output<typeof server>;

/** For editors and `keelson schema`: what a file may contain, as JSON Schema. */
export function clusterJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(clusterSchema, { io: "input" });
}
