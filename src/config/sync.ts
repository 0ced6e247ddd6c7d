/** The table `ipvs.sync`: directors tell each other of connections, so that these survive a fail-over. */
import { z } from "zod";
import type { SyncSettings } from "../ipvs/sync-settings.ts";
import { ip } from "../net/ip.ts";
import { formatDuration, seconds } from "../net/time.ts";
import type { Parts } from "./schema.ts";
import { duration, interfaceName, multicastGroup, name, port } from "./values.ts";

const MAX_ID = 255;
const MAX_TTL = 255;
/** The kernel's own, IP_VS_SYNC_GROUP and IP_VS_SYNC_PORT. */
const DEFAULT_GROUP = ip("224.0.0.81");
const DEFAULT_PORT = 8_848;
/** A backup has room for so many bytes at the least, and an IPv6 datagram for so many at the most. */
const LENGTHS = { min: 1_024, max: 65_487 };

export const sync = z.strictObject({
  interface: z
    .union([interfaceName, z.record(name, interfaceName)])
    .exactOptional()
    .describe("Where the directors speak of connections. Default: each director's own interface."),
  router: name
    .exactOptional()
    .describe("Its master tells, its backups hear. Default: every director does both, all the time."),
  id: z
    .int()
    .min(0)
    .max(MAX_ID)
    .exactOptional()
    .describe("Of the cluster on that network. Default: the VRID of `router`, or of the first router."),
  group: multicastGroup.exactOptional().describe("Default: 224.0.0.81."),
  port: port.default(DEFAULT_PORT),
  ttl: z.int().min(1).max(MAX_TTL).default(1).describe("Or hop limit."),
  max_length: z
    .int()
    .min(LENGTHS.min)
    .max(LENGTHS.max)
    .exactOptional()
    .describe("Bytes of a message. Default: what the interface takes in one packet."),
  before_move: duration({ min: seconds(0), max: seconds(60) })
    .prefault("5s")
    .describe(
      "So long every packet is told of, before a drill, a step-down, a standby or the stop of a master begins.",
    ),
});

/** @param own the director's own interface. `undefined` when the file has no such table. */
export function syncSettings(
  { ipvs, routers }: Pick<Parts, "ipvs" | "routers">,
  director: string,
  own: string,
): SyncSettings | undefined {
  const written = ipvs.sync;
  if (written === undefined) return undefined;
  const { interface: arm = own, router, group = DEFAULT_GROUP, max_length: maxLength } = written;
  const elected = router === undefined ? Object.values(routers)[0] : routers[router];
  return {
    interface: typeof arm === "string" ? arm : (arm[director] ?? own),
    id: written.id ?? elected?.vrid ?? 0,
    group,
    port: written.port,
    ttl: written.ttl,
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(router === undefined ? {} : { router }),
    beforeMove: written.before_move,
  };
}

/** For plans. */
export function syncText(settings: SyncSettings | undefined): string {
  if (settings === undefined) return "none";
  const { interface: arm, id, group, port: at, ttl, maxLength, router, beforeMove } = settings;
  return [
    `on ${arm}`,
    router === undefined ? "both ways" : `as router ${router}`,
    `id ${id}`,
    `${group} port ${at}`,
    `ttl ${ttl}`,
    ...(maxLength === undefined ? [] : [`max_length ${maxLength}`]),
    `before_move ${formatDuration(beforeMove)}`,
  ].join(", ");
}
