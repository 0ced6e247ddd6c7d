import { readFileSync } from "node:fs";

/** Where the kernel does not say: what nobody has less of. */
const POSIX_LEAST = 20;

/** How many file descriptors this process may have (RLIMIT_NOFILE). Node.js has raised that as far as it was allowed. */
export function descriptorLimit(): number {
  const [, soft] = /^Max open files +(\w+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft ?? POSIX_LEAST);
}
