/** Waiting for a condition, never for a time. */
import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 5;
const DEADLINE_MS = 30_000;

export interface Patience {
  readonly deadlineMs?: number;
  /** Said when the deadline passes: the state that explains why. */
  readonly explain?: () => string | Promise<string>;
}

/** Polls until `condition` gives something other than `undefined` or `false`; throws after the deadline (30 s). */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  { deadlineMs = DEADLINE_MS, explain }: Patience = {},
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const result = await condition();
    if (result !== undefined && result !== false) return result;
    if (performance.now() > deadline) break;
    await pause(POLL_MS);
  }
  const reason = explain === undefined ? "" : `:\n${await explain()}`;
  throw new Error(`no ${what} within ${deadlineMs} ms${reason}`);
}
