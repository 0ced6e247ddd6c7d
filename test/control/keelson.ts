/** The command line as a process, and its verbs within this one, where that is enough: starting processes takes time. */
import { join } from "node:path";
import { mock } from "node:test";
import { run as check } from "../../src/control/check.ts";
import { readCommandLine } from "../../src/control/command-line.ts";
import { run as doctor } from "../../src/control/doctor.ts";
import { run as drain } from "../../src/control/drain.ts";
import { run as drill } from "../../src/control/drill.ts";
import { run as explain } from "../../src/control/explain.ts";
import { run as ipvsRestore } from "../../src/control/ipvs-restore.ts";
import { run as ipvsSave } from "../../src/control/ipvs-save.ts";
import { run as ipvsShow } from "../../src/control/ipvs-show.ts";
import { run as plan } from "../../src/control/plan.ts";
import {
  check as realserverCheck,
  down as realserverDown,
  up as realserverUp,
} from "../../src/control/realserver.ts";
import { run as release } from "../../src/control/release.ts";
import { run as reload } from "../../src/control/reload.ts";
import { run as replay } from "../../src/control/replay.ts";
import { run as standby } from "../../src/control/standby.ts";
import { run as stepDown } from "../../src/control/step-down.ts";
import { run as undrain } from "../../src/control/undrain.ts";
import { run as weight } from "../../src/control/weight.ts";
import { type Ending, run } from "../support/processes.ts";

const CLI = join(import.meta.dirname, "../../src/cli.ts");

export function keelson(
  words: readonly string[],
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  through: readonly string[] = [],
): Promise<Ending> {
  const command = [...through, process.execPath, "-C", "source", "--import", "tsx", ...flags, CLI, ...words];
  return run(command, { env });
}

const VERBS = {
  check,
  doctor,
  drain,
  drill,
  explain,
  "ipvs restore": ipvsRestore,
  "ipvs save": ipvsSave,
  "ipvs show": ipvsShow,
  plan,
  "realserver check": realserverCheck,
  "realserver down": realserverDown,
  "realserver up": realserverUp,
  release,
  reload,
  replay,
  standby,
  "step-down": stepDown,
  undrain,
  weight,
} as const;

/** One at a time: what it prints is caught on the console. */
export async function verb(name: keyof typeof VERBS, ...words: string[]): Promise<Omit<Ending, "signal">> {
  const line = readCommandLine([name, ...words]);
  if (line.kind !== "verb") throw new Error(`${words.join(" ")}: ${line.kind}`);
  const [out, error]: [string[], string[]] = [[], []];
  const mocks = [
    mock.method(console, "log", (text: string) => out.push(`${text}\n`)),
    mock.method(console, "error", (text: string) => error.push(`${text}\n`)),
  ];
  try {
    const status = await VERBS[name](line.given);
    return { status, stdout: out.join(""), stderr: error.join("") };
  } finally {
    for (const one of mocks) one.mock.restore();
  }
}
