/** What the control socket is asked about one server's weight, read from the query. */
import { z } from "zod";
import { MAX_WEIGHT } from "../balance/override.ts";
import { parseDuration } from "../net/time.ts";
import type { OverrideWish } from "./target.ts";

const MOST_CONNECTIONS = 4_294_967_295;
const LONGEST_NAME = 64;

const server = {
  service: z.string(),
  server: z.string(),
  by: z
    .string()
    .max(LONGEST_NAME)
    .regex(/^[\x20-\x7e]+$/),
};

const deadline = z.string().transform((written, context) => {
  const length = parseDuration(written);
  if (length !== undefined) return length;
  context.addIssue(`"${written}" is no duration: "30s", "5m", "1h"`);
  return z.NEVER;
});

/** Digits alone: an empty text would count as 0. */
function wholeNumber(most: number) {
  return z.string().regex(/^\d+$/, "must be a whole number").transform(Number).pipe(z.int().max(most));
}

const drain = z
  .strictObject({ ...server, connections: wholeNumber(MOST_CONNECTIONS), deadline: deadline.exactOptional() })
  .transform(({ connections, deadline: within, ...rest }): OverrideWish => {
    return { ...rest, what: { kind: "drain", connections, ...(within === undefined ? {} : { within }) } };
  });

const undrain = z
  .strictObject(server)
  .transform((rest): OverrideWish => ({ ...rest, what: { kind: "undrain" } }));

const weight = z
  .strictObject({ ...server, weight: wholeNumber(MAX_WEIGHT).exactOptional() })
  .transform(({ weight: wanted, ...rest }): OverrideWish => {
    return { ...rest, what: wanted === undefined ? { kind: "reset" } : { kind: "weight", weight: wanted } };
  });

export const OVERRIDE_QUERIES = { drain, undrain, weight } as const;
