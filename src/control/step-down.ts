/** `keelson step-down`: hands over once; afterwards the priorities decide as always. */
import type { Given } from "./command-line.ts";
import { askFor } from "./hand-over.ts";

export function run(given: Given): Promise<number> {
  return askFor("step-down", given);
}
