/** FNV-1a of 32 bits, for names and tables that nobody fights over: whoever wants two of one number finds them. */

const BEGINNING = 0x811c_9dc5;
const PRIME = 0x0100_0193;

export function fnv1a(bytes: Uint8Array): number {
  let hash = BEGINNING;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, PRIME);
  return hash >>> 0;
}
