/** `keelson realserver`: sets this host up as a real server of direct routing or tunnels, puts it back, or says what is missing. */

import type { Cluster } from "../config/load.ts";
import { settingsFor } from "../config/settings.ts";
import {
  isMet,
  needLine,
  needsOf,
  needText,
  obstacles,
  type Step,
  stepLine,
  stepsDown,
  stepsUp,
} from "../host/real-server.ts";
import { type RealServer, realServerOf } from "../host/served.ts";
import { RealServerHost } from "../linux/host/real-server.ts";
import { runLine } from "../linux/host/remedies.ts";
import { refusalOf } from "../linux/refusal.ts";
import { readClusterFile } from "./cluster-file.ts";
import { type Given, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";

const FIRST: ReadonlySet<string> = new Set(["module", "mode", "device"]);

export async function up(given: Given): Promise<number> {
  return withHost(given, (host) => {
    return withServer(given, host, (server) => {
      const needs = needsOf(server);
      if (given.flags.has("print")) return say(needs.map(needLine));
      const inTheWay = obstacles(server, host.state(), host.made);
      if (inTheWay.length > 0) return complain(inTheWay, EXIT.refused);
      const code = prepare(needs, host);
      if (code !== EXIT.done) return code;
      const state = host.state();
      return take(host, stepsUp(needs, state, host.made));
    });
  });
}

/** The cluster file is not asked: what was made is known. */
export async function down(given: Given): Promise<number> {
  return withHost(given, (host) => {
    const steps = stepsDown(host.state(), host.made);
    if (given.flags.has("print")) return say(steps.map(stepLine));
    const code = take(host, steps);
    if (code === EXIT.done) host.forget();
    return code;
  });
}

export async function check(given: Given): Promise<number> {
  return withHost(given, (host) => {
    return withServer(given, host, (server) => {
      const state = host.state();
      const missing = needsOf(server).filter((need) => !isMet(need, state));
      if (given.flags.has("print")) return say(missing.map(needLine));
      const lines = missing.map((need) => {
        return `missing: ${needText(need)} (${need.why}): ${needLine(need)}`;
      });
      const found = [...obstacles(server, state, host.made), ...lines];
      if (found.length > 0) return complain(found, EXIT.refused);
      return say([`${server.names.join(", ")}: nothing is missing`]);
    });
  });
}

function withHost(given: Given, act: (host: RealServerHost) => number): number {
  let code: number = EXIT.refused;
  const failed = refusalOf(() => {
    const host = new RealServerHost(optionValue(given, "state-dir"));
    try {
      code = act(host);
    } finally {
      host.close();
    }
  });
  return failed === undefined
    ? code
    : complain([`${failed.call}: ${failed.text} (${failed.code})`], EXIT.refused);
}

function withServer(given: Given, host: RealServerHost, act: (server: RealServer) => number): number {
  const file = readClusterFile(optionValue(given, "config"));
  if (file.kind === "bad") return complain(file.issues, EXIT.badFile);
  const own = host.state().addresses.map(({ address }) => address);
  const name = given.values.get("node");
  const director = name === undefined ? directorWith(file.cluster, own) : undefined;
  if (director !== undefined) {
    return complain(
      [`by its addresses this host is director ${director}, where the services' addresses float`],
      EXIT.refused,
    );
  }
  // Their services are the same on all directors.
  const [anyone] = Object.keys(file.cluster.directors);
  const settings = anyone === undefined ? { services: [], marks: [] } : settingsFor(file.cluster, anyone);
  const server = realServerOf(settings, name === undefined ? { addresses: own } : { name });
  if (server.names.length > 0) return act(server);
  const who = name === undefined ? "none of this host's addresses is that of" : `${name} is not the name of`;
  const hint = name === undefined ? "; --node NAME says which server this is" : "";
  return complain(
    [`${who} a server with forward = "direct" or "tunnel" in ${file.cluster.file}${hint}`],
    EXIT.badFile,
  );
}

function directorWith({ directors }: Cluster, addresses: readonly string[]): string | undefined {
  const found = Object.entries(directors).find(([, { address = [] }]) =>
    address.some((one) => addresses.includes(one)),
  );
  return found?.[0];
}

/** Modules and devices are what the steps are about, a mode widens it. Only a device is undone, by a step of its own. */
function prepare(needs: ReturnType<typeof needsOf>, host: RealServerHost): number {
  const state = host.state();
  for (const need of needs) {
    if (!FIRST.has(need.kind) || isMet(need, state)) continue;
    if (need.kind === "device") host.noteLink(need.name);
    const line = needLine(need);
    const refused = runLine(line);
    if (refused !== undefined) return complain([`refused: ${line}: ${refused}`], EXIT.refused);
    say([line]);
  }
  return EXIT.done;
}

/** Says each step as the line that would do the same. */
function take(host: RealServerHost, steps: readonly Step[]): number {
  if (steps.length === 0) return say(["nothing to do"]);
  const outcomes = host.take(steps);
  say(steps.filter((_, index) => outcomes[index] === undefined).map(stepLine));
  const refused = steps.flatMap((step, index) => {
    const refusal = outcomes[index];
    return refusal === undefined ? [] : [`refused: ${stepLine(step)}: ${refusal.text} (${refusal.code})`];
  });
  return refused.length === 0 ? EXIT.done : complain(refused, EXIT.refused);
}

function say(lines: readonly string[]): number {
  if (lines.length > 0) console.log(lines.join("\n"));
  return EXIT.done;
}

function complain(lines: readonly string[], code: number): number {
  console.error(lines.join("\n"));
  return code;
}
