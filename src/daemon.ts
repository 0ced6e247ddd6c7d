/**
 * The elector's process: create, connect, start. The balancer is its child (src/balancer.ts).
 *
 * Nothing here may wait: what reads files, parses, logs or speaks HTTP lives in the balancer.
 */
import { disableDebuggerSignal, SystemError } from "dgram-extras";
import type { RunOptions } from "./channel/options.ts";
import { EXIT } from "./control/exit-code.ts";
import { Elector } from "./linux/elector/elector.ts";
import { lockRunDirectory, RunDirectoryTaken } from "./linux/state/lock.ts";
import { ServiceManager } from "./linux/systemd.ts";

/** Runs until it is stopped; resolves to the exit code. */
export async function runDaemon(options: RunOptions): Promise<number> {
  try {
    return await runElector(options);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    console.error(`keelson run: ${error.message}`);
    return EXIT.refused;
  }
}

async function runElector(options: RunOptions): Promise<number> {
  disableDebuggerSignal();
  // Listeners first: a signal that comes before its listener kills the process.
  const early: NodeJS.Signals[] = [];
  let heard = (signal: NodeJS.Signals): void => void early.push(signal);
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM", "SIGUSR2"] as const) {
    process.on(signal, () => heard(signal));
  }
  const system = new ServiceManager(process.env);
  const lock = lockRunDirectory(options.runDir);
  return await new Promise<number>((resolve) => {
    const elector = new Elector(options, lock, system, resolve);
    heard = (signal) => elector.signal(signal);
    for (const signal of early) heard(signal);
  });
}

/** No mistake of ours: one line says enough. */
function isRefusal(error: unknown): error is Error {
  if (error instanceof RunDirectoryTaken || error instanceof SystemError) return true;
  return error instanceof Error && "syscall" in error;
}
