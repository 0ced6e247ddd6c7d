/** `keelson drill`: a planned fail-over. `keelson status` on the other director shows the outcome. */
import type { Given } from "./command-line.ts";
import { askFor } from "./hand-over.ts";

export function run(given: Given): Promise<number> {
  return askFor("drill", given);
}
