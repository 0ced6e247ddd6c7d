/** What the journal keeps of static items and sync daemons. */
import { z } from "zod";
import type { StaticItem } from "../../config/static.ts";
import { parseIp } from "../../net/ip.ts";

const family = z.literal([4, 6]);

const address = z.string().transform((text, context) => {
  const parsed = parseIp(text);
  if (parsed !== undefined) return parsed;
  context.addIssue("no IP address");
  return z.NEVER;
});

const prefix = z.object({ address, length: z.int() });

const traits = z.object({
  label: z.string().exactOptional(),
  scope: z.int().exactOptional(),
  broadcast: address.exactOptional(),
  deprecated: z.boolean().exactOptional(),
  home: z.boolean().exactOptional(),
  prefixRoute: z.boolean().exactOptional(),
});

const route = z.object({
  family,
  type: z.enum(["unicast", "blackhole", "unreachable", "prohibit"]),
  destination: prefix.exactOptional(),
  via: address.exactOptional(),
  interface: z.string().exactOptional(),
  source: address.exactOptional(),
  table: z.int(),
  metric: z.int().exactOptional(),
  scope: z.enum(["global", "site", "link", "host"]),
  onlink: z.boolean(),
  mtu: z.int().exactOptional(),
});

const rule = z.object({
  family,
  from: prefix.exactOptional(),
  to: prefix.exactOptional(),
  iif: z.string().exactOptional(),
  oif: z.string().exactOptional(),
  fwmark: z.int().exactOptional(),
  mask: z.int().exactOptional(),
  table: z.int(),
  priority: z.int(),
});

export const staticItemShape: z.ZodType<StaticItem> = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("address"),
    address: z.object({
      address,
      prefixLength: z.int(),
      interface: z.string(),
      traits: traits.exactOptional(),
    }),
  }),
  z.object({ kind: z.literal("route"), route }),
  z.object({ kind: z.literal("rule"), rule }),
]);

/** A sync daemon that we have started. */
export const daemonShape = z.object({
  role: z.enum(["master", "backup"]),
  interface: z.string(),
  interfaceIndex: z.int(),
  id: z.int(),
  group: address,
  port: z.int(),
  ttl: z.int(),
  maxLength: z.int().exactOptional(),
});
