/** The command line: finds the verb, loads it, and ends with its exit code. */
import { installedVersion } from "./channel/version.ts";
import { type Given, optionValue, readCommandLine } from "./control/command-line.ts";
import { EXIT } from "./control/exit-code.ts";
import { helpText } from "./control/help.ts";
import type { VerbName } from "./control/verbs.ts";

type Run = (given: Given) => Promise<number>;

/** Each verb loads itself and what it needs, and nothing of the others. */
const LOADERS: Readonly<Record<VerbName, () => Promise<{ readonly run: Run }>>> = {
  run: async () => ({ run: await daemon() }),
  check: () => import("./control/check.ts"),
  plan: () => import("./control/plan.ts"),
  reload: () => import("./control/reload.ts"),
  status: () => import("./control/status.ts"),
  explain: () => import("./control/explain.ts"),
  drain: () => import("./control/drain.ts"),
  undrain: () => import("./control/undrain.ts"),
  weight: () => import("./control/weight.ts"),
  drill: () => import("./control/drill.ts"),
  "step-down": () => import("./control/step-down.ts"),
  standby: () => import("./control/standby.ts"),
  release: () => import("./control/release.ts"),
  simulate: () => import("./control/simulate.ts"),
  replay: () => import("./control/replay.ts"),
  doctor: () => import("./control/doctor.ts"),
  "ipvs show": () => import("./control/ipvs-show.ts"),
  "ipvs save": () => import("./control/ipvs-save.ts"),
  "ipvs restore": () => import("./control/ipvs-restore.ts"),
  "realserver up": async () => ({ run: (await import("./control/realserver.ts")).up }),
  "realserver down": async () => ({ run: (await import("./control/realserver.ts")).down }),
  "realserver check": async () => ({ run: (await import("./control/realserver.ts")).check }),
  schema: () => import("./control/schema.ts"),
};

async function main(words: readonly string[]): Promise<number> {
  const line = readCommandLine(words);
  switch (line.kind) {
    case "version":
      console.log(installedVersion());
      return EXIT.done;
    case "help":
      console.log(helpText(line.topic));
      return EXIT.done;
    case "wrong":
      console.error(line.message);
      return EXIT.refused;
    case "verb": {
      // The daemon's log looks after itself.
      if (line.verb !== "run") process.stdout.on("error", endUnread);
      const { run } = await LOADERS[line.verb]();
      return await run(line.given);
    }
  }
}

/** Of an answer longer than a pipe holds, `| head` leaves the rest. */
function endUnread(error: Error): void {
  if (!("code" in error) || error.code !== "EPIPE") throw error;
}

async function daemon(): Promise<Run> {
  const { runDaemon } = await import("./daemon.ts");
  return async (given) => {
    const node = given.values.get("node");
    const record = given.values.get("record");
    const code = await runDaemon({
      config: optionValue(given, "config"),
      runDir: optionValue(given, "run-dir"),
      stateDir: optionValue(given, "state-dir"),
      strict: given.flags.has("strict"),
      ...(node === undefined ? {} : { node }),
      ...(record === undefined ? {} : { record }),
    });
    // Whatever is still open has had its time.
    process.exit(code);
  };
}

process.exitCode = await main(process.argv.slice(2));
