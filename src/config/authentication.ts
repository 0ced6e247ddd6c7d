/** The table `authentication` of a router: its keys, where they are read, and what the elector makes of it. */
import { z } from "zod";
import { type Duration, seconds } from "../net/time.ts";
import type { Authentication } from "../vrrp/settings.ts";
import { duration, type KeyText, keyText } from "./values.ts";

const MAX_KEY_ID = 255;
const WINDOW_LIMITS = { min: seconds(1), max: seconds(300), step: seconds(1) };
const SHORTEST_DEFAULT_WINDOW = seconds(5);
const INTERVALS_PER_WINDOW = 3;

const keyId = z.string().regex(/^([1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/);

export const authentication = z.strictObject({
  mode: z
    .enum(["enforce", "permissive", "receive-only"])
    .default("enforce")
    .describe("`permissive` believes unsigned adverts too; `receive-only` also sends none that are signed."),
  active_key: z.int().min(1).max(MAX_KEY_ID).describe("The key that signs. Every other one only verifies."),
  keys: z
    .record(keyId, keyText)
    .describe("By their ids, 1 … 255: `file:/path`, `env:NAME`, `hex:…`, or 32 … 64 plain characters."),
  window: duration(WINDOW_LIMITS)
    .exactOptional()
    .describe(
      "How far two directors' clocks may be apart. Default: 5s, or three intervals when that is more.",
    ),
});

type Table = z.output<typeof authentication>;

/** What the host knows of a key that is not in the file itself. */
export type SecretReader = (
  source: Exclude<KeyText, { kind: "given" }>,
) =>
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "unreadable"; readonly reason: string };

export function authenticationSettings(table: Table, interval: Duration): Authentication {
  const keys = Object.entries(table.keys).map(([id, key]) => {
    // One that nobody has read is for plans, which sign nothing.
    return { id: Number(id), secret: key.kind === "given" ? key.secret : "" };
  });
  return { mode: table.mode, activeKey: table.active_key, keys, window: table.window ?? windowFor(interval) };
}

/** As keepalived reckons it, so that both sides of a migration agree. */
function windowFor(interval: Duration): Duration {
  const whole = Math.ceil(interval / seconds(1));
  const wanted = seconds(INTERVALS_PER_WINDOW * whole);
  if (wanted < SHORTEST_DEFAULT_WINDOW) return SHORTEST_DEFAULT_WINDOW;
  return wanted > WINDOW_LIMITS.max ? WINDOW_LIMITS.max : wanted;
}
