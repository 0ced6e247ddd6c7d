/** Debian's keepalived with its defaults, logging into a pipe. */
import * as support from "../test/support/keepalived.ts";
import type { Lab } from "../test/support/lab.ts";
import type { Director, DirectorNode, DirectorOptions } from "./director.ts";

const REAL_TIME_PRIORITY = 50;

export async function startKeepalived(
  lab: Lab,
  node: DirectorNode,
  { priority, intervalMillis, realTime = false }: DirectorOptions,
): Promise<Director> {
  const settings = { priority, intervalMillis };
  const keepalived = await support.startKeepalived(
    lab,
    node,
    realTime ? { ...settings, realTimePriority: REAL_TIME_PRIORITY } : settings,
  );
  return {
    product: "keepalived",
    node,
    get pids() {
      return keepalived.pids;
    },
    signal: (signal) => keepalived.signal(signal),
    drill: undefined,
    killSpeaker: () => void keepalived.crash(),
    crash: () => keepalived.crash(),
  };
}
