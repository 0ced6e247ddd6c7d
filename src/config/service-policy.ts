/** The keys of a service about its servers as a whole: quorum, sorry server, and servers that are new. */
import { z } from "zod";
import type { ServicePolicy } from "../balance/policy.ts";
import { serverText } from "../ipvs/listen.ts";
import { formatDuration, minutes, seconds } from "../net/time.ts";
import { forward, serverTraits, serverTraitTexts, wrapping } from "./balancing.ts";
import { serverEndpoint } from "./endpoint.ts";
import { duration, percentage } from "./values.ts";

const MOST = 65_535 * 1_000;
const count = z.int().min(1).max(MOST);
const hysteresis = z.int().min(0).max(MOST).default(0);

const quorum = z
  .union([
    count.transform((servers) => ({ servers, weight: undefined, hysteresis: 0 })),
    z
      .strictObject({
        servers: count.exactOptional().describe("So many of them."),
        weight: count.exactOptional().describe("So much weight in all."),
        hysteresis: hysteresis.describe("Lost so far below, and back so far above."),
      })
      .transform(({ servers, weight, hysteresis: width }) => ({ servers, weight, hysteresis: width })),
  ])
  .optional()
  .describe("What must serve for the service to have its quorum: servers, or weight.");

const sorryTable = z.strictObject({
  address: serverEndpoint,
  forward: forward.exactOptional().describe("Default: the service's."),
  tunnel: wrapping,
});

const sorryServer = z
  .union([serverEndpoint.transform((address): z.output<typeof sorryTable> => ({ address })), sorryTable])
  .optional()
  .describe("Serves while the quorum is lost. It is never checked.");

/** Long enough for a peer that hears three adverts a second or so to take over. */
const PANIC_AFTER = seconds(10);

const panic = z
  .union([
    percentage.transform((below) => ({ below, after: PANIC_AFTER })),
    z.strictObject({
      below: percentage.describe("Of the servers: fewer healthy ones are too few."),
      after: duration({ min: seconds(1), max: minutes(60) })
        .prefault("10s")
        .describe("So long this director must have been master meanwhile."),
    }),
  ])
  .optional()
  .describe("A floor under the healthy share: see docs/weights.md before you use it.");

export const policyKeys = {
  start: z
    .enum(["up", "unknown"])
    .default("unknown")
    .describe("Whether a new server counts as healthy before its first verdict."),
  check_while: z
    .enum(["always", "serving"])
    .default("always")
    .describe("`serving`: servers are not asked while all of the service's addresses are elsewhere."),
  slow_start: duration({ min: seconds(0), max: minutes(60) })
    .prefault("0s")
    .describe("A server that comes back gets its weight little by little over this."),
  quorum,
  sorry_server: sorryServer,
  panic,
} as const;

type PolicyTable = z.output<z.ZodObject<typeof policyKeys>>;

/** @param service how it sends on where the sorry server says nothing */
export function policyOf(service: PolicyTable & Parameters<typeof serverTraits>[1]): ServicePolicy {
  const {
    start,
    check_while: checkWhile,
    slow_start: slowStart,
    quorum: wanted,
    sorry_server: sorry,
    panic: floor,
  } = service;
  const quorum = wanted ?? (sorry && { servers: 1, weight: undefined, hysteresis: 0 });
  return {
    start,
    checkWhile,
    slowStart,
    ...(quorum && {
      quorum: {
        of: quorum.weight === undefined ? "servers" : "weight",
        need: quorum.weight ?? quorum.servers ?? 1,
        hysteresis: quorum.hysteresis,
      },
    }),
    ...(floor && { panic: { below: floor.below / 100, after: floor.after } }),
    ...(sorry && {
      sorry: {
        name: SORRY_NAME,
        endpoint: sorry.address,
        weight: 1,
        ...UNASKED,
        ...serverTraits(sorry, service),
      },
    }),
  };
}

const UNASKED = { checks: [], askedAt: 0 };
/** No name of a server in a file has brackets. */
const SORRY_NAME = "(sorry)";

/** For plans. */
export function policyTexts({
  start,
  checkWhile,
  slowStart,
  quorum,
  sorry,
  panic: floor,
}: ServicePolicy): Record<string, string> {
  const width = quorum === undefined || quorum.hysteresis === 0 ? "" : ` ± ${quorum.hysteresis}`;
  return {
    start,
    check_while: checkWhile,
    slow_start: formatDuration(slowStart),
    quorum: quorum === undefined ? "none" : `${quorum.of} ${quorum.need}${width}`,
    panic:
      floor === undefined
        ? "never"
        : `below ${Math.round(100 * floor.below)}% after ${formatDuration(floor.after)}`,
    sorry_server:
      sorry === undefined
        ? "none"
        : [serverText(sorry.endpoint), ...Object.values(serverTraitTexts(sorry)).slice(0, 1)].join(", "),
  };
}
