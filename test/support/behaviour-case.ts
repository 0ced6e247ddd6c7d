/**
 * A behaviour case: one director, what happens to it and what it does, in a folder that people can read.
 *
 * `inputs.jsonl` has the lines of a recording. Beside that, `configure` without routers means `cluster.toml`, as the director
 * lb1 has it; and `wait` serves every deadline until its instant, each when it comes. Where nobody waits, deadlines
 * pass unserved: that is a process that stands still.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { loadCluster } from "../../src/config/load.ts";
import { settingsFor } from "../../src/config/settings.ts";
import { readRecordedLine } from "../../src/control/recording.ts";
import type { ElectorAction } from "../../src/elector/action.ts";
import { Engine } from "../../src/elector/engine.ts";
import type { ElectorInput } from "../../src/elector/input.ts";
import { toHex } from "../../src/net/hex.ts";
import { type Instant, instant } from "../../src/net/time.ts";
import type { VirtualAddress } from "../../src/vrrp/settings.ts";

const DIRECTOR = "lb1";

/** Of the lines that only cases have. */
const shorthand = z.object({ at: z.int().transform(instant), kind: z.string() });

/** What the director does, one line each; wills are left out. Throws at a line that cannot be read. */
export function playCase(folder: string): string[] {
  const engine = new Engine();
  const done: string[] = [];
  let now = instant(0);
  const feed = (input: ElectorInput) => done.push(...engine.handle(input, now).flatMap(linesOf(now)));
  for (const [index, text] of linesIn(folder, "inputs.jsonl").entries()) {
    const line = readLine(folder, text, index + 1);
    if (line === undefined) continue;
    if (line.at < now)
      throw new Error(`${folder}/inputs.jsonl:${index + 1}: it is older than the line before`);
    if (line.input !== undefined) {
      now = line.at;
      feed(line.input);
      continue;
    }
    for (;;) {
      const deadline = engine.nextDeadline();
      if (deadline === undefined || deadline > line.at) break;
      if (deadline > now) now = deadline;
      feed({ kind: "tick" });
    }
    now = line.at;
  }
  return done;
}

export function linesIn(folder: string, file: string): string[] {
  return readFileSync(join(folder, file), "utf8").trimEnd().split("\n");
}

/** `input` is absent to wait. `undefined` for the header that a recording begins with. */
function readLine(
  folder: string,
  text: string,
  number: number,
): { readonly at: Instant; readonly input?: ElectorInput } | undefined {
  const read = readRecordedLine(JSON.stringify({ n: number, ...JSON.parse(text) }));
  if (read.kind === "input") return read;
  if (read.kind === "header") return undefined;
  const { at, kind } = shorthand.parse(JSON.parse(text));
  if (kind === "wait") return { at };
  if (kind === "configure") return { at, input: configuration(folder) };
  throw new Error(`${folder}/inputs.jsonl:${number}: ${read.reason}`);
}

function configuration(folder: string): ElectorInput {
  const file = join(folder, "cluster.toml");
  const loaded = loadCluster(readFileSync(file, "utf8"), file);
  if (loaded.kind === "bad") throw new Error(loaded.issues.map(({ message }) => message).join("\n"));
  return { kind: "configure", routers: settingsFor(loaded.cluster, DIRECTOR).routers, journal: new Set() };
}

function linesOf(at: Instant): (action: ElectorAction) => string[] {
  return (action) => plain(action).map((line) => JSON.stringify({ at, ...line }));
}

function plain(action: ElectorAction): object[] {
  switch (action.kind) {
    case "advert": {
      const { kind, router, source, datagrams } = action;
      return datagrams.map(({ destination, bytes }) => {
        return { kind, router, source, destination, priority: bytes[2], bytes: toHex(bytes) };
      });
    }
    case "hold":
    case "release":
    case "announce":
      return [{ ...action, addresses: action.addresses.map(addressText) }];
    case "event":
      return [action.event];
    case "steer":
    case "stopped":
      return [action];
    case "will":
      return [];
  }
}

function addressText({ address, prefixLength, interface: name }: VirtualAddress): string {
  return `${address}/${prefixLength} ${name}`;
}
