/** `keelson drill`: a planned fail-over. `keelson status` on the other director shows the outcome. */
import { controlSocket } from "../channel/options.ts";
import { ask } from "./client.ts";
import { type Given, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";
import { drillShape } from "./shapes.ts";

const QUESTION = { method: "POST", path: "/drill", shape: drillShape, deadlineMs: 5_000 } as const;

export async function run(given: Given): Promise<number> {
  const reply = await ask(controlSocket(optionValue(given, "run-dir")), QUESTION);
  if (reply.kind !== "answer") {
    console.error(`keelson drill: ${reply.reason}`);
    return reply.kind === "away" ? EXIT.absent : EXIT.refused;
  }
  if (reply.body.kind === "refused") {
    console.error(`keelson drill: refused: ${reply.body.reason}`);
    return EXIT.refused;
  }
  console.log(`handing over: ${reply.body.routers.join(", ")}`);
  return EXIT.done;
}
