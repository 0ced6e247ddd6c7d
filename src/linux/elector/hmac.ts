/** HMAC-SHA-256, for the core, which imports no package. */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

/** Of the cluster file's keys, and those that a reload has replaced. */
const MAX_KEYS = 1_024;

const keys = new Map<string, KeyObject>();

/** @param key in hexadecimal digits */
export function hmac(key: string, data: Uint8Array): Uint8Array {
  return createHmac("sha256", keyOf(key)).update(data).digest();
}

/** Reading the digits costs more than signing. */
function keyOf(digits: string): KeyObject {
  const known = keys.get(digits);
  if (known !== undefined) return known;
  if (keys.size >= MAX_KEYS) keys.clear();
  const made = createSecretKey(digits, "hex");
  keys.set(digits, made);
  return made;
}
