/** `keelson release`: ends a standby, and the hold after a drill. */
import type { Given } from "./command-line.ts";
import { askFor } from "./hand-over.ts";

export function run(given: Given): Promise<number> {
  return askFor("release", given, ["released: the priorities of the cluster file count again"]);
}
