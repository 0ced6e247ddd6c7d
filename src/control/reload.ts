/** `keelson reload`: settles when the cluster file is in force, or refused. */
import { controlSocket } from "../channel/options.ts";
import { ask } from "./client.ts";
import { type Given, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";
import { reloadShape } from "./shapes.ts";

/** A large file takes seconds to read, and the elector has to take its part. */
const QUESTION = { method: "POST", shape: reloadShape, deadlineMs: 60_000 } as const;

export async function run(given: Given): Promise<number> {
  const path = given.flags.has("wire-breaking") ? "/reload?wire-breaking=true" : "/reload";
  const reply = await ask(controlSocket(optionValue(given, "run-dir")), { ...QUESTION, path });
  if (reply.kind !== "answer") {
    console.error(`keelson reload: ${reply.reason}`);
    return reply.kind === "away" ? EXIT.absent : EXIT.refused;
  }
  const outcome = reply.body;
  switch (outcome.kind) {
    case "accepted":
      console.log(
        outcome.changes.length === 0 ? "in force: no change" : ["in force:", ...outcome.changes].join("\n  "),
      );
      return EXIT.done;
    case "bad-file":
      console.error(outcome.issues.join("\n"));
      console.error("keelson reload: refused, nothing was changed");
      return EXIT.badFile;
    case "refused":
      console.error(`keelson reload: refused, nothing was changed: ${outcome.reason}`);
      return EXIT.refused;
  }
}
