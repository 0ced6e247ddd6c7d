/** What a program costs: processor time and memory of all its processes, by /proc. */
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** USER_HZ, the unit of /proc; it is 100 wherever Node.js runs. */
const TICKS_PER_SECOND = 100;
const KIB_PER_MB = 1_000_000 / 1_024;

interface Program {
  readonly pids: readonly number[];
}

interface Usage {
  /** Of one processor. */
  readonly cpuPercent: number;
  /** Resident, shared pages counted for each process. */
  readonly residentMb: number;
}

/** Of each director, over the same window. */
export async function measureUsage(directors: readonly Program[], windowMs: number): Promise<Usage[]> {
  const begun = performance.now();
  const before = directors.map(cpuSeconds);
  await pause(windowMs);
  const elapsed = (performance.now() - begun) / 1_000;
  return directors.map((director, index) => ({
    cpuPercent: ((cpuSeconds(director) - (before[index] ?? 0)) / elapsed) * 100,
    residentMb: residentMb(director),
  }));
}

function cpuSeconds({ pids }: Program): number {
  return pids.reduce((sum, pid) => sum + ticksOf(pid), 0) / TICKS_PER_SECOND;
}

/** Fields 14 and 15 of proc_pid_stat(5), behind a name in parentheses. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function residentMb({ pids }: Program): number {
  const kib = pids.map((pid) =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]),
  );
  return kib.reduce((sum, one) => sum + one, 0) / KIB_PER_MB;
}
