/** A child and everything it started, as long as that stays in its process group. */

export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // Nobody is left, or nobody that we may signal.
  }
}

export function groupExists(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch (error) {
    // Whoever may not be signalled is there (EPERM).
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
