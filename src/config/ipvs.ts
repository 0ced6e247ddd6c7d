/** The table `ipvs`: how the kernel's balancer as a whole is treated on every director. */
import { z } from "zod";
import type { TableSettings } from "../balance/settings.ts";
import { TIMEOUT_NAMES } from "../ipvs/timeouts.ts";
import { formatDuration, minutes, seconds, toMillis } from "../net/time.ts";
import { networkNamespace } from "./namespace.ts";
import type { Parts } from "./schema.ts";
import { sync, syncSettings, syncText } from "./sync.ts";
import { duration } from "./values.ts";

const LONGEST_SYSCTL = 63;
/** More than that a kernel with 1000 ticks a second cannot count. */
const LONGEST_TIMEOUT = minutes(24 * 24 * 60);

/** `sync_threshold` is one. */
const PAIR = /^\d+( \d+)?$/;
const pair = z
  .string()
  .meta({ pattern: PAIR.source, examples: ["3 50"] })
  .refine((written) => PAIR.test(written), {
    params: { code: "bad-sysctl", hint: 'as in conntrack = 1, sync_threshold = "3 50"' },
    message: "must be a whole number, or two of them in a text",
  });

/** In whole seconds, as the kernel counts it. */
const timeout = duration({ min: seconds(1), max: LONGEST_TIMEOUT, step: seconds(1) })
  .transform((length) => toMillis(length) / 1_000)
  .exactOptional();

const timeouts = z.strictObject({
  tcp: timeout.describe("Of established TCP connections."),
  tcp_fin: timeout.describe("Of TCP connections whose end has begun."),
  udp: timeout.describe("Of UDP."),
});

export const ipvs = z.strictObject({
  mode: z
    .enum(["active", "observe"])
    .default("active")
    .describe("`observe` works out the wanted table and says what it would change, and touches nothing."),
  on_stop: z
    .enum(["keep", "remove", "drain"])
    .default("keep")
    .describe("What becomes of the table at an orderly stop."),
  namespace: networkNamespace
    .exactOptional()
    .describe("The network namespace whose table it is, by name or path. Default: that of Keelson itself."),
  sysctls: z
    .record(
      z.string().regex(new RegExp(`^[a-z][a-z0-9_]{0,${LONGEST_SYSCTL - 1}}$`)),
      z.union([z.int().min(0).transform(String), pair]),
    )
    .default({})
    .describe("Settings under net.ipv4.vs, by their names: put back at an orderly stop."),
  timeouts: timeouts
    .default({})
    .describe("When the kernel forgets a connection without packets: put back at an orderly stop."),
  sync: sync
    .exactOptional()
    .describe("Directors tell each other of connections, which then survive a fail-over."),
});

/** @param own the director's own interface */
export function tableSettings(
  parts: Pick<Parts, "ipvs" | "routers">,
  director: string,
  own: string,
): TableSettings {
  const { mode, on_stop: onStop, sysctls, timeouts: lengths, namespace } = parts.ipvs;
  const told = syncSettings(parts, director, own);
  return {
    mode,
    onStop,
    sysctls,
    timeouts: lengths,
    ...(told === undefined ? {} : { sync: told }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** For plans. */
export function tableTexts({
  mode,
  onStop,
  sysctls,
  timeouts: lengths,
  sync: told,
  namespace,
}: TableSettings) {
  const settings = Object.entries(sysctls).map(([name, value]) => `${name} = ${value}`);
  const limits = TIMEOUT_NAMES.flatMap((name) => {
    const length = lengths[name];
    return length === undefined ? [] : [`${name} = ${formatDuration(seconds(length))}`];
  });
  return {
    "ipvs.mode": mode,
    "ipvs.on_stop": onStop,
    "ipvs.namespace": namespace ?? "Keelson's own",
    "ipvs.sysctls": settings.sort().join(", ") || AS_IT_IS,
    "ipvs.timeouts": limits.join(", ") || AS_IT_IS,
    "ipvs.sync": syncText(told),
  };
}

const AS_IT_IS = "as the kernel has them";
