/** `keelson weight`: gives a server another weight than the cluster file does, until it is reset. */
import type { Given } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";
import { askForOverride } from "./override.ts";

export async function run(given: Given): Promise<number> {
  const reset = given.flags.has("reset");
  const { second: weight } = given;
  if (reset === (weight !== undefined)) {
    console.error("keelson weight: say a weight, or --reset: keelson weight SERVICE/SERVER WEIGHT");
    return EXIT.refused;
  }
  return await askForOverride("weight", given, weight === undefined ? {} : { weight });
}
