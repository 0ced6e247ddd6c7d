/** The command line as a process. */
import { join } from "node:path";
import { type Ending, run } from "../support/processes.ts";

const CLI = join(import.meta.dirname, "../../src/cli.ts");

export function keelson(
  words: readonly string[],
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Ending> {
  const command = [process.execPath, "-C", "source", "--import", "tsx", ...flags, CLI, ...words];
  return run(command, { env });
}
