/** The TCP check: the server accepts a connection. Nothing is said, and the connection is closed with RST. */
import type { CheckResult } from "../checks/result.ts";
import type { TcpCheck } from "../checks/settings.ts";
import type { CheckTarget } from "../checks/target.ts";
import { attempt } from "./attempt.ts";
import { openSocket, resetSocket } from "./socket.ts";

/** Never rejects. */
export function probeTcp(
  target: CheckTarget,
  settings: TcpCheck,
  signal?: AbortSignal,
): Promise<CheckResult> {
  return attempt(settings.timeout, signal, async (limit) => {
    resetSocket(await openSocket(target, limit));
    return {};
  });
}
