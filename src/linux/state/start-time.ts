/** What tells a process from a later one with the same id. */
import { readIfThere } from "./state-files.ts";

/** Field 22 of /proc/PID/stat: when the process started, in clock ticks since boot. */
export function startTime(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`) ?? "";
  // The second field is the name in parentheses, and may itself hold spaces and parentheses.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
