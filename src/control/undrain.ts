/** `keelson undrain`: a server gets connections again, as its check and the cluster file say. */
import type { Given } from "./command-line.ts";
import { askForOverride } from "./override.ts";

export function run(given: Given): Promise<number> {
  return askForOverride("undrain", given);
}
