/** Address families by the kernel's numbers. */
import type { Family } from "../net/ip.ts";

const AF_INET = 2;
const AF_INET6 = 10;

export function familyNumber(family: Family): number {
  return family === 4 ? AF_INET : AF_INET6;
}

export function familyFromNumber(number: number): Family | undefined {
  if (number === AF_INET) return 4;
  return number === AF_INET6 ? 6 : undefined;
}
