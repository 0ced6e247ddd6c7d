/** `keelson drain`: no new connections for a server, and out of the table when those that it has are over. */
import { type Given, optionValue } from "./command-line.ts";
import { askForOverride } from "./override.ts";

export function run(given: Given): Promise<number> {
  const deadline = given.values.get("deadline");
  return askForOverride("drain", given, {
    connections: optionValue(given, "until-connections"),
    ...(deadline === undefined ? {} : { deadline }),
  });
}
