/** Keelson as it is built, logging to a file. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as support from "../test/support/keelson.ts";
import type { Lab } from "../test/support/lab.ts";
import type { Director, DirectorNode, DirectorOptions } from "./director.ts";

/** Root may always become real-time unless it gives up the capability; then the limit (0) counts. */
const WITHOUT_REAL_TIME = ["setpriv", "--bounding-set=-sys_nice"];
const SPIN_MODULE = pathToFileURL(join(import.meta.dirname, "spin.mjs"));

export async function startKeelson(
  lab: Lab,
  node: DirectorNode,
  { priority, intervalMillis, realTime = true, keepState = false, spinning = false }: DirectorOptions,
  build: string | undefined,
): Promise<Director> {
  const keelson = await support.startKeelson(
    lab,
    node,
    { priority, intervalMillis },
    {
      keepState,
      through: realTime ? [] : WITHOUT_REAL_TIME,
      env: spinning ? { NODE_OPTIONS: `--import ${SPIN_MODULE}` } : {},
      ...(build === undefined ? {} : { build }),
    },
  );
  return {
    product: "keelson",
    node,
    get pids() {
      return keelson.pids;
    },
    signal: (signal) => keelson.signal(signal),
    drill: () => keelson.signal("SIGUSR2"),
    killSpeaker() {
      if (spinning && keelson.balancerPid !== undefined) process.kill(keelson.balancerPid, "SIGWINCH");
      keelson.signal("SIGKILL");
    },
    crash: () => keelson.crash(),
  };
}
