/** The table `ipvs`: how the kernel's balancer as a whole is treated on every director. */
import { z } from "zod";
import type { TableSettings } from "../balance/settings.ts";

const LONGEST_SYSCTL = 63;

/** `sync_threshold` is one. */
const PAIR = /^\d+( \d+)?$/;
const pair = z
  .string()
  .meta({ pattern: PAIR.source, examples: ["3 50"] })
  .refine((written) => PAIR.test(written), {
    params: { code: "bad-sysctl", hint: 'as in conntrack = 1, sync_threshold = "3 50"' },
    message: "must be a whole number, or two of them in a text",
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
  sysctls: z
    .record(
      z.string().regex(new RegExp(`^[a-z][a-z0-9_]{0,${LONGEST_SYSCTL - 1}}$`)),
      z.union([z.int().min(0).transform(String), pair]),
    )
    .default({})
    .describe("Settings under net.ipv4.vs, by their names: put back at an orderly stop."),
});

export function tableSettings({ mode, on_stop: onStop, sysctls }: z.output<typeof ipvs>): TableSettings {
  return { mode, onStop, sysctls };
}

/** For plans. */
export function tableTexts({ mode, onStop, sysctls }: TableSettings): Record<string, string> {
  const list = Object.entries(sysctls).map(([name, value]) => `${name} = ${value}`);
  return {
    "ipvs.mode": mode,
    "ipvs.on_stop": onStop,
    "ipvs.sysctls": list.sort().join(", ") || "as the kernel has them",
  };
}
