/**
 * What travels over the control socket, checked where it arrives. Keys that are not known here are passed over, so that
 * a client can ask a daemon of a neighbouring version.
 */
import { z } from "zod";

const address = z.object({ address: z.string(), interface: z.string() });
const endpoint = z.object({ address: z.string(), port: z.number() });
const mark = z.object({ family: z.number(), mark: z.number() });
const texts = z.array(z.string()).readonly();

const transport = z.object({
  version: z.number(),
  family: z.number(),
  audience: z.union([
    z.object({ kind: z.literal("group"), group: z.string() }),
    z.object({ kind: z.literal("peers"), peers: texts, minTtl: z.number() }),
  ]),
  source: z.string().optional(),
  checksum: z.string(),
});

const router = z.object({
  name: z.string(),
  vrid: z.number(),
  interface: z.string(),
  transport: transport.optional(),
  mode: z.string().optional(),
  state: z.string(),
  since: z.number(),
  cause: z.string(),
  priority: z.number(),
  interval: z.number(),
  addresses: z.array(address).readonly(),
  master: z.object({ source: z.string(), priority: z.number() }).optional(),
  heldBack: z.boolean(),
  standby: z.boolean().optional(),
  basePriority: z.number().optional(),
  holdDown: z.object({ until: z.number(), why: z.string() }).optional(),
  held: z.array(address).readonly(),
});

const track = z.object({
  name: z.string(),
  up: z.boolean().optional(),
  value: z.number().optional(),
  detail: z.string(),
  since: z.number(),
});

export const electorShape = z.object({
  at: z.number(),
  pid: z.number(),
  generation: z.number(),
  now: z.number(),
  routers: z.array(router).readonly(),
  tracks: z.array(track).readonly().default([]),
  drops: z.record(z.string(), z.number()),
  scheduling: z.string(),
});

const said = { by: z.string(), at: z.number() };

const override = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("weight"), weight: z.number(), ...said }),
  z.object({ kind: z.literal("drain"), connections: z.number(), deadline: z.number().optional(), ...said }),
]);

const server = z.object({
  name: z.string(),
  endpoint,
  state: z.string(),
  since: z.number(),
  last: z
    .object({
      result: z.union([
        z.object({ kind: z.literal("passed"), latency: z.number() }),
        z.object({ kind: z.literal("failed"), reason: z.string(), detail: z.string() }),
      ]),
      at: z.number(),
    })
    .optional(),
  checks: z
    .array(z.object({ check: z.string(), state: z.string() }))
    .readonly()
    .default([]),
  weight: z.number().optional(),
  cause: z.string(),
  override: override.optional(),
});

const service = z.object({
  name: z.string(),
  protocol: z.string(),
  listen: z.array(z.union([endpoint, mark])).readonly(),
  scheduler: z.string(),
  servers: z.array(server).readonly(),
  resting: z.boolean().default(false),
  panic: z.boolean().default(false),
  sorry: server.optional(),
  quorum: z
    .object({ of: z.string(), have: z.number(), need: z.number(), held: z.boolean().optional() })
    .optional(),
});

const sync = z.object({
  router: z.string().optional(),
  daemons: texts,
  strangers: texts,
  refused: texts,
  pending: texts,
});

const table = z.object({
  namespace: z.string().optional(),
  mode: z.string(),
  onStop: z.string(),
  writes: z.number(),
  refused: texts.default([]),
  pending: texts,
  strangers: texts,
  sysctls: z.record(z.string(), z.string()),
  timeouts: z.record(z.string(), z.string()).default({}),
  sync: sync.optional(),
});

const staticItem = z.object({ text: z.string(), problem: z.string().optional() });

const marks = z.object({ rules: texts, writes: z.number(), problem: z.string().optional() });

export const statusShape = z.object({
  version: z.string(),
  pid: z.number(),
  node: z.string(),
  file: z.string(),
  at: z.number(),
  now: z.number(),
  elector: electorShape.optional(),
  services: z.array(service).readonly(),
  table: table.optional(),
  statics: z.array(staticItem).readonly().default([]),
  marks: marks.optional(),
});

export const reloadShape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("accepted"), changes: texts }),
  z.object({ kind: z.literal("bad-file"), issues: texts }),
  z.object({ kind: z.literal("refused"), reason: z.string() }),
]);

export const handOverShape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("started"), routers: texts, wait: z.number().optional() }),
  z.object({ kind: z.literal("refused"), reason: z.string() }),
]);

export const overrideShape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("done"), text: z.string() }),
  z.object({ kind: z.literal("refused"), reason: z.string() }),
]);

export const eventsShape = z.object({
  events: z
    .array(
      z.object({
        at: z.number(),
        level: z.string(),
        message: z.string(),
        event: z.looseObject({ kind: z.string() }),
      }),
    )
    .readonly(),
});

export const errorShape = z.object({ error: z.string() });

export type StatusReport = z.infer<typeof statusShape>;
export type ElectorReport = z.infer<typeof electorShape>;
export type RouterReport = z.infer<typeof router>;
export type TrackReport = z.infer<typeof track>;
export type ServiceReport = z.infer<typeof service>;
export type ServerReport = z.infer<typeof server>;
export type SyncReport = z.infer<typeof sync>;
export type EventsReport = z.infer<typeof eventsShape>;
