/** `keelson explain`: the last events with their causes, oldest first. */
import { controlSocket } from "../channel/options.ts";
import { printable } from "../log/text.ts";
import { ask } from "./client.ts";
import { type Given, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";
import { eventsShape } from "./shapes.ts";
import { columns } from "./table.ts";

const QUESTION = { method: "GET", shape: eventsShape, deadlineMs: 5_000 } as const;

export async function run(given: Given): Promise<number> {
  const query = given.operand === undefined ? "" : `?${new URLSearchParams({ router: given.operand })}`;
  const socket = controlSocket(optionValue(given, "run-dir"));
  const reply = await ask(socket, { ...QUESTION, path: `/events${query}` });
  if (reply.kind !== "answer") {
    console.error(`keelson explain: ${reply.reason}`);
    return reply.kind === "away" ? EXIT.absent : EXIT.refused;
  }
  const { events } = reply.body;
  if (given.flags.has("json")) console.log(JSON.stringify(events));
  else if (events.length === 0) console.log("Nothing is remembered.");
  else {
    const rows = events.map(({ at, level, message }) => [
      new Date(at).toISOString(),
      level,
      printable(message),
    ]);
    console.log(columns(rows));
  }
  return EXIT.done;
}
