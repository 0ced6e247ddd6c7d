/** Asks the daemon for another weight of one server, or for its own again, and says what came of it. */
import { userInfo } from "node:os";
import { controlSocket } from "../channel/options.ts";
import { ask } from "./client.ts";
import { type Given, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";
import { overrideShape } from "./shapes.ts";

const DEADLINE_MS = 5_000;

/** @param wish what the verb asks for, beside the server */
export async function askForOverride(
  verb: "drain" | "undrain" | "weight",
  given: Given,
  wish: Readonly<Record<string, string>> = {},
): Promise<number> {
  const [service, server, ...more] = given.operand?.split("/") ?? [];
  if (!service || !server || more.length > 0) {
    console.error(`keelson ${verb}: say which server: keelson ${verb} SERVICE/SERVER`);
    return EXIT.refused;
  }
  const query = new URLSearchParams({ service, server, by: operator(), ...wish });
  const path = `/${verb}?${query}`;
  const question = { method: "POST", path, shape: overrideShape, deadlineMs: DEADLINE_MS } as const;
  const reply = await ask(controlSocket(optionValue(given, "run-dir")), question);
  if (reply.kind !== "answer") {
    console.error(`keelson ${verb}: ${reply.reason}`);
    return reply.kind === "away" ? EXIT.absent : EXIT.refused;
  }
  if (reply.body.kind === "refused") {
    console.error(`keelson ${verb}: refused: ${reply.body.reason}`);
    return EXIT.refused;
  }
  console.log(reply.body.text);
  return EXIT.done;
}

/** Who asks, for whoever reads it later: not proven, for the socket is root's alone. */
function operator(): string {
  return process.env["SUDO_USER"] ?? nameOfUser();
}

/** A user without an entry in the system's list has none. */
function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "?"}`;
  }
}
