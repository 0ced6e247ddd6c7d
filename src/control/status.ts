/**
 * `keelson status`: asks the balancer. When that is away, the elector's last snapshot on disk says at least who is
 * master.
 */
import { readFileSync } from "node:fs";
import { controlSocket, electorSnapshotFile } from "../channel/options.ts";
import { ask } from "./client.ts";
import { type Given, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";
import { type ElectorReport, electorShape, statusShape } from "./shapes.ts";
import { electorText, statusText } from "./status-text.ts";
import { formatAge } from "./table.ts";

const QUESTION = { method: "GET", path: "/status", shape: statusShape, deadlineMs: 5_000 } as const;

export async function run(given: Given): Promise<number> {
  const runDir = optionValue(given, "run-dir");
  const json = given.flags.has("json");
  const reply = await ask(controlSocket(runDir), QUESTION);
  switch (reply.kind) {
    case "answer":
      console.log(json ? JSON.stringify(reply.body) : statusText(reply.body));
      return EXIT.done;
    case "failed":
      console.error(`keelson status: ${reply.reason}`);
      return EXIT.refused;
    case "away":
      return withoutBalancer(runDir, reply.reason, json);
  }
}

function withoutBalancer(runDir: string, reason: string, json: boolean): number {
  const elector = readSnapshot(electorSnapshotFile(runDir));
  if (elector === undefined) {
    console.error(`keelson status: ${reason}`);
    return EXIT.absent;
  }
  const age = formatAge((Date.now() - elector.at) * 1_000);
  if (!isAlive(elector.pid)) {
    console.error(
      `keelson status: ${reason}; the elector (process ${elector.pid}) is gone, too, ${age} after its last word or less`,
    );
    return EXIT.absent;
  }
  if (json) console.log(JSON.stringify({ away: reason, elector }));
  else {
    console.log(`The balancer is away: ${reason}.`);
    console.log(
      `The elector (process ${elector.pid}) lives. This is what it wrote ${age} ago, at its last transition:\n`,
    );
    console.log(electorText(elector));
  }
  return EXIT.done;
}

function readSnapshot(file: string): ElectorReport | undefined {
  try {
    return electorShape.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
