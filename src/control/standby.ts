/** `keelson standby`: hands over, and stays behind all others until `keelson release`. */
import type { Given } from "./command-line.ts";
import { askFor } from "./hand-over.ts";

export function run(given: Given): Promise<number> {
  return askFor("standby", given, ["on standby until `keelson release`"]);
}
