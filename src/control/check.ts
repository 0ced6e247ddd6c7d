/**
 * `keelson check`: every issue of a cluster file at once, on standard error; for a good one, what it would do.
 *
 * On a host that is no director of the file, it says what each of them would do, so that a file can be checked where
 * it is written.
 */
import { type DirectorSettings, settingsFor } from "../config/settings.ts";
import { directorOf, readClusterFile } from "./cluster-file.ts";
import { type Given, operandOf } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";
import { settingsText } from "./settings-text.ts";

export async function run(given: Given): Promise<number> {
  const host = given.flags.has("host");
  const file = readClusterFile(operandOf(given), host ? await keysOfHost() : undefined);
  if (file.kind === "bad") return complain(file.issues, EXIT.badFile);
  for (const warning of file.warnings) console.error(warning);
  const node = given.values.get("node");
  const director = directorOf(file.cluster, node);
  if (director.kind === "unknown" && (node !== undefined || host)) {
    return complain([director.issue], EXIT.badFile);
  }
  const directors = director.kind === "found" ? [director.director] : Object.keys(file.cluster.directors);
  const settings = directors.map((name) => settingsFor(file.cluster, name));
  if (host) {
    const { errors, warnings } = await askHost(settings);
    for (const warning of warnings) console.error(`warning: ${warning}`);
    if (errors.length > 0)
      return complain(
        errors.map((error) => `error: ${error}`),
        EXIT.refused,
      );
  }
  console.log([`${file.cluster.file} is good.`, ...settings.map(settingsText)].join("\n\n"));
  return EXIT.done;
}

/** Where a file is written, its keys need not be. */
async function keysOfHost() {
  const { readSecret } = await import("../linux/balancer/keys.ts");
  return readSecret;
}

async function askHost(settings: readonly DirectorSettings[]) {
  const { hostIssues } = await import("../linux/host/host-check.ts");
  const lists = settings.map(hostIssues);
  return {
    errors: lists.flatMap(({ errors }) => errors),
    warnings: lists.flatMap(({ warnings }) => warnings),
  };
}

function complain(lines: readonly string[], code: number): number {
  console.error(lines.join("\n"));
  return code;
}
