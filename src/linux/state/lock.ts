/**
 * One elector per run directory: a lock that dies with its holder, and a generation number that only grows.
 *
 * What an earlier generation left running may only exit. Its balancer is ended here, after its process was recognised
 * by its start time: a process id alone may belong to somebody else by now.
 */
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { tryLock } from "dgram-extras";
import { startTime } from "./start-time.ts";

const LOCK_FILE = "lock";
const GENERATION_FILE = "generation";
const BALANCER_FILE = "balancer";
const DIRECTORY_MODE = 0o755;

export interface RunLock {
  readonly generation: number;
  /** Remembers the balancer, so that the next generation can end it if we cannot. */
  noteBalancer(pid: number): void;
  /** The end of the process does the same. */
  release(): void;
}

/** Another elector holds the run directory; the message names it. */
export class RunDirectoryTaken extends Error {}

/** Throws RunDirectoryTaken, or what the file system says. */
export function lockRunDirectory(runDir: string): RunLock {
  mkdirSync(runDir, { recursive: true, mode: DIRECTORY_MODE });
  const descriptor = openSync(join(runDir, LOCK_FILE), "a+", 0o600);
  if (!tryLock(descriptor)) {
    const holder = readText(join(runDir, LOCK_FILE)).trim();
    closeSync(descriptor);
    throw new RunDirectoryTaken(
      `another keelson (process ${holder || "unknown"}) runs in ${runDir}: stop it first, or give this one its own --run-dir`,
    );
  }
  ftruncateSync(descriptor);
  writeSync(descriptor, `${process.pid}\n`);
  endOrphan(join(runDir, BALANCER_FILE));
  const generation = (Number.parseInt(readText(join(runDir, GENERATION_FILE)), 10) || 0) + 1;
  writeFileSync(join(runDir, GENERATION_FILE), `${generation}\n`);
  return {
    generation,
    noteBalancer(pid) {
      try {
        writeFileSync(join(runDir, BALANCER_FILE), `${pid} ${startTime(pid) ?? ""}\n`);
      } catch {
        // A full run directory is no reason to end: an orphan also ends by itself.
      }
    },
    release: () => closeSync(descriptor),
  };
}

function endOrphan(file: string): void {
  const [pid, started] = readText(file).trim().split(" ");
  if (pid === undefined || started === undefined || startTime(Number(pid)) !== started) return;
  try {
    process.kill(Number(pid), "SIGKILL");
  } catch {
    // It ended by itself in this moment.
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
