/** `keelson doctor`: what this host needs for its part of the cluster file, each with the line that mends it. */
import { type DirectorSettings, settingsFor } from "../config/settings.ts";
import { diagnose, remedyLine } from "../host/doctor.ts";
import type { Finding, HostPicture } from "../host/picture.ts";
import { readSecret } from "../linux/balancer/keys.ts";
import { readHost } from "../linux/host/host-picture.ts";
import { apply, isSafe, undoLine } from "../linux/host/remedies.ts";
import { refusalOf } from "../linux/refusal.ts";
import { hearAdverts } from "../linux/sockets/eavesdropper.ts";
import { directorOf, readClusterFile } from "./cluster-file.ts";
import { type Given, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";

const INDENT = " ".repeat("warning  ".length);

export async function run(given: Given): Promise<number> {
  const file = readClusterFile(optionValue(given, "config"), readSecret);
  if (file.kind === "bad") return complain(file.issues, EXIT.badFile);
  for (const warning of file.warnings) console.error(warning);
  const found = directorOf(file.cluster, given.values.get("node"));
  if (found.kind === "unknown") return complain([found.issue], EXIT.badFile);
  const settings = settingsFor(file.cluster, found.director);
  const read = () => readHost(settings, optionValue(given, "state-dir"));
  let host: HostPicture | undefined;
  const unreadable = refusalOf(() => {
    host = read();
  });
  if (host === undefined) return complain([`this host cannot be read: ${unreadable?.text}`], EXIT.refused);
  const heard = await hearAdverts(settings.routers, host.links);
  if (given.flags.has("fix") && mend(settings, host)) host = read();
  return tell(settings, { ...host, heard });
}

function tell(settings: DirectorSettings, host: HostPicture): number {
  const { fine, findings } = diagnose(settings, host);
  const lines = findings.flatMap((finding) => [
    `${finding.level.padEnd(INDENT.length)}${finding.check}: ${finding.text}`,
    ...finding.remedies.map((remedy) => `${INDENT}→ ${remedyLine(remedy)}`),
  ]);
  if (fine.length > 0) lines.push(`${"ok".padEnd(INDENT.length)}${fine.join(", ")}`);
  console.log(lines.join("\n"));
  return findings.some(({ level }) => level === "error") ? EXIT.refused : EXIT.done;
}

/** Each line is said before it is done. Notes are left to people. Answers whether anything was done. */
function mend(settings: DirectorSettings, host: HostPicture): boolean {
  const wanted = diagnose(settings, host).findings.filter(({ level }) => level !== "note");
  const remedies = wanted.flatMap(({ remedies: all }: Finding) => all).filter(isSafe);
  for (const remedy of remedies) {
    console.log(`fix      ${remedyLine(remedy)}   (undo: ${undoLine(remedy)})`);
    const refused = apply(remedy);
    if (refused !== undefined) console.error(`refused  ${remedyLine(remedy)}: ${refused}`);
  }
  return remedies.length > 0;
}

function complain(lines: readonly string[], code: number): number {
  console.error(lines.join("\n"));
  return code;
}
