/**
 * The servers of a service, of which a large file has tens of thousands: where nothing is wrong with them they are read by
 * hand. What is wrong is the schema's to say.
 */
import { z } from "zod";
import type { Endpoint } from "../balance/settings.ts";
import { readServerEndpoint } from "./endpoint.ts";
import { isName } from "./values.ts";

export const MAX_WEIGHT = 65_535;
export const DEFAULT_WEIGHT = 1;

/** One that has no keys but those of nearly all. */
interface PlainServer {
  readonly address: Endpoint;
  readonly weight: number;
}

/** @param readOther reads one that has more keys; `undefined` when something is wrong with it */
export function readServers<Other>(
  written: unknown,
  readOther: (written: unknown) => Other | undefined,
): Record<string, PlainServer | Other> | z.INVALID {
  if (!isTable(written)) return z.INVALID;
  const servers: Record<string, PlainServer | Other> = {};
  for (const name of Object.keys(written)) {
    const server = isName(name) ? readServer(written[name], readOther) : undefined;
    if (server === undefined) return z.INVALID;
    servers[name] = server;
  }
  return servers;
}

function readServer<Other>(
  written: unknown,
  readOther: (written: unknown) => Other | undefined,
): PlainServer | Other | undefined {
  if (!isTable(written)) return undefined;
  for (const key in written) if (key !== "address" && key !== "weight") return readOther(written);
  const { address, weight = DEFAULT_WEIGHT } = written;
  if (typeof address !== "string" || typeof weight !== "number") return undefined;
  if (!Number.isInteger(weight) || weight < 0 || weight > MAX_WEIGHT) return undefined;
  const reading = readServerEndpoint(address);
  return reading.kind === "ok" ? { address: reading.value, weight } : undefined;
}

/** As the parsers of TOML make them: a date is none. */
function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
