/** Asks the daemon to hand over, and says what came of it. */
import { controlSocket } from "../channel/options.ts";
import { formatDuration, micros } from "../net/time.ts";
import { ask } from "./client.ts";
import { type Given, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";
import { handOverShape } from "./shapes.ts";

const DEADLINE_MS = 5_000;

/** @param done what to say when it is asked for nothing more, followed by who hands over */
export async function askFor(
  verb: "drill" | "step-down" | "standby" | "release",
  given: Given,
  done: string[] = [],
): Promise<number> {
  const question = {
    method: "POST",
    path: `/${verb}`,
    shape: handOverShape,
    deadlineMs: DEADLINE_MS,
  } as const;
  const reply = await ask(controlSocket(optionValue(given, "run-dir")), question);
  if (reply.kind !== "answer") {
    console.error(`keelson ${verb}: ${reply.reason}`);
    return reply.kind === "away" ? EXIT.absent : EXIT.refused;
  }
  if (reply.body.kind === "refused") {
    console.error(`keelson ${verb}: refused: ${reply.body.reason}`);
    return EXIT.refused;
  }
  const { routers, wait } = reply.body;
  const when =
    wait === undefined ? "" : ` in ${formatDuration(micros(wait))}, when others know of all connections`;
  const handingOver = routers.length === 0 ? [] : [`handing over${when}: ${routers.join(", ")}`];
  console.log([...done, ...handingOver].join("\n"));
  return EXIT.done;
}
