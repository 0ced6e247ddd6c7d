/** `keelson plan`: what a reload of a cluster file would change, against the one that was accepted last. */
import { existsSync } from "node:fs";
import { tableChange } from "../balance/table-change.ts";
import { acceptedFile } from "../channel/options.ts";
import { describeChange, planChange } from "../config/change.ts";
import type { Cluster } from "../config/load.ts";
import { type DirectorSettings, settingsFor } from "../config/settings.ts";
import { describeWireBreak, wireBreak } from "../config/wire-breaking.ts";
import { describeStep } from "../ipvs/step.ts";
import { directorOf, readClusterFile } from "./cluster-file.ts";
import { type Given, operandOf, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";

/** Lines about the kernel's table. */
const MOST_STEPS = 1_000;

interface Part {
  readonly cluster: Cluster;
  readonly director: string;
}

type PartOfFile =
  | { readonly kind: "good"; readonly part: Part; readonly warnings: readonly string[] }
  | { readonly kind: "bad"; readonly issues: readonly string[] };

export async function run(given: Given): Promise<number> {
  const node = given.values.get("node");
  const wanted = partOf(operandOf(given), node);
  if (wanted.kind === "bad") {
    console.error(wanted.issues.join("\n"));
    return EXIT.badFile;
  }
  for (const warning of wanted.warnings) console.error(warning);
  console.log(linesFor(acceptedPart(optionValue(given, "state-dir"), node), wanted.part).join("\n"));
  return EXIT.done;
}

function linesFor(accepted: Part | undefined, { cluster, director }: Part): readonly string[] {
  const before = accepted && settingsFor(accepted.cluster, accepted.director);
  const after = settingsFor(cluster, director);
  const changes = planChange(before, after);
  if (changes.length === 0) return ["no change"];
  const broken = accepted && wireBreak(accepted.cluster, cluster, director);
  return [
    ...changes.map(describeChange),
    ...moveLines(before, after),
    ...tableLines(before, after),
    ...(broken === undefined ? [] : describeWireBreak(broken)),
  ];
}

/** Nothing is carried from one network namespace to another. */
function moveLines(before: DirectorSettings | undefined, after: DirectorSettings): readonly string[] {
  const wasKept = before !== undefined && before.services.length > 0 && after.services.length > 0;
  if (!wasKept || before.table.namespace === after.table.namespace) return [];
  return [
    `a reload refuses it: the IPVS table of a running Keelson stays in its network namespace; after a restart the new one is written, and the old one is as its on_stop (${before.table.onStop}) says`,
  ];
}

/** What an observer would write is not written. */
function tableLines(before: DirectorSettings | undefined, after: DirectorSettings): readonly string[] {
  const moves = before !== undefined && before.table.namespace !== after.table.namespace;
  const steps = tableChange(moves ? [] : (before?.services ?? []), after.services);
  if (steps.length === 0) return [];
  const head =
    after.table.mode === "observe"
      ? "IPVS would change, if it were not only observed"
      : "IPVS, while every server is healthy";
  const more = steps.length > MOST_STEPS ? [`  … and ${steps.length - MOST_STEPS} more`] : [];
  return [`${head}:`, ...steps.slice(0, MOST_STEPS).map((step) => `  ${describeStep(step)}`), ...more];
}

/** `undefined`, and said so, when there is nothing to compare with. */
function acceptedPart(stateDir: string, node: string | undefined): Part | undefined {
  const file = acceptedFile(stateDir);
  if (!existsSync(file)) {
    console.error(`nothing was accepted yet (no ${file}): all is new`);
    return undefined;
  }
  const accepted = partOf(file, node);
  if (accepted.kind === "good") return accepted.part;
  console.error(`the accepted file cannot be read, so all counts as new:\n${accepted.issues.join("\n")}`);
  return undefined;
}

function partOf(file: string, node: string | undefined): PartOfFile {
  const read = readClusterFile(file);
  if (read.kind === "bad") return read;
  const { cluster, warnings } = read;
  const found = directorOf(cluster, node);
  if (found.kind === "unknown") return { kind: "bad", issues: [found.issue] };
  return { kind: "good", part: { cluster, director: found.director }, warnings };
}
