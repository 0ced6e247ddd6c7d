/**
 * What must be undone when this process ends, however it ends.
 *
 * `exit` comes after an uncaught exception too; a signal's default action would skip it, so signals are turned into an exit.
 * Only SIGKILL leaves something behind: children die by their parent-death signal, namespaces are swept by the next lab.
 */
import { constants } from "node:os";

const pending = new Set<() => void>();
let armed = false;

/** Registers a synchronous clean-up. Returns how to withdraw it. Later registrations are undone first. */
export function atExit(undo: () => void): () => void {
  arm();
  pending.add(undo);
  return () => pending.delete(undo);
}

function arm(): void {
  if (armed) return;
  armed = true;
  process.on("exit", undoAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}

function undoAll(): void {
  for (const undo of [...pending].reverse()) {
    try {
      undo();
    } catch (error) {
      console.error("teardown:", error);
    }
  }
}
