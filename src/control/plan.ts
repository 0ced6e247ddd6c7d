/** `keelson plan`: what a reload of a cluster file would change, against the one that was accepted last. */
import { existsSync } from "node:fs";
import { acceptedFile } from "../channel/options.ts";
import { describeChange, planChange } from "../config/change.ts";
import { type DirectorSettings, settingsFor } from "../config/settings.ts";
import { directorOf, readClusterFile } from "./cluster-file.ts";
import { type Given, operandOf, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";

type Settings =
  | { readonly kind: "good"; readonly settings: DirectorSettings; readonly warnings: readonly string[] }
  | { readonly kind: "bad"; readonly issues: readonly string[] };

export async function run(given: Given): Promise<number> {
  const node = given.values.get("node");
  const wanted = settingsIn(operandOf(given), node);
  if (wanted.kind === "bad") {
    console.error(wanted.issues.join("\n"));
    return EXIT.badFile;
  }
  for (const warning of wanted.warnings) console.error(warning);
  const changes = planChange(acceptedSettings(optionValue(given, "state-dir"), node), wanted.settings);
  console.log(changes.length === 0 ? "no change" : changes.map(describeChange).join("\n"));
  return EXIT.done;
}

/** `undefined`, and said so, when there is nothing to compare with. */
function acceptedSettings(stateDir: string, node: string | undefined): DirectorSettings | undefined {
  const file = acceptedFile(stateDir);
  if (!existsSync(file)) {
    console.error(`nothing was accepted yet (no ${file}): all is new`);
    return undefined;
  }
  const accepted = settingsIn(file, node);
  if (accepted.kind === "good") return accepted.settings;
  console.error(`the accepted file cannot be read, so all counts as new:\n${accepted.issues.join("\n")}`);
  return undefined;
}

function settingsIn(file: string, node: string | undefined): Settings {
  const read = readClusterFile(file);
  if (read.kind === "bad") return read;
  const found = directorOf(read.cluster, node);
  if (found.kind === "unknown") return { kind: "bad", issues: [found.issue] };
  return { kind: "good", settings: settingsFor(read.cluster, found.director), warnings: read.warnings };
}
