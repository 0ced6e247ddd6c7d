/** Ethernet addresses as canonical text, `02:00:00:00:00:0a`, branded. */
import { Bug } from "./bug.ts";

declare const macBrand: unique symbol;

export type MacAddress = string & { readonly [macBrand]: true };

const MAC_SIZE = 6;

export function macFromBytes(bytes: Uint8Array): MacAddress {
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
  if (!isMac(text)) throw new Bug(`an Ethernet address of ${bytes.length} bytes`);
  return text;
}

/** The address in lower case, or `undefined` when the text is none. */
export function parseMac(text: string): MacAddress | undefined {
  const lower = text.toLowerCase();
  return isMac(lower) ? lower : undefined;
}

/** 6 bytes. */
export function macBytes(mac: MacAddress): Uint8Array {
  return Uint8Array.from({ length: MAC_SIZE }, (_, index) =>
    Number.parseInt(mac.slice(3 * index, 3 * index + 2), 16),
  );
}

function isMac(text: string): text is MacAddress {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text);
}
