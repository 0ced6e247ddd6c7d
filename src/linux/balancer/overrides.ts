/** An operator's word about servers: taken at the control socket, written down first, then put in force. */
import { type Overrides as All, type Override, serverName } from "../../balance/override.ts";
import type { ServiceSettings } from "../../balance/settings.ts";
import type { OverrideOutcome, OverrideWish } from "../../control/target.ts";
import type { KeelsonEvent } from "../../log/event.ts";
import { unreachable } from "../../net/bug.ts";
import { after, formatDuration } from "../../net/time.ts";
import { now } from "../clock.ts";
import { OverrideFile } from "../state/override-file.ts";

/** More is a mistake: every one of them waits for somebody to take it back. */
const MOST_OVERRIDES = 4_096;

/** Those of the cluster file in force. */
interface ServersOfFile {
  has(service: string, server: string): boolean;
  override(service: string, server: string, override: Override | undefined, by: string): void;
}

type Decision =
  | { readonly kind: "set"; readonly override: Override | undefined; readonly text: string }
  | { readonly kind: "refused"; readonly reason: string };

export class Overrides {
  readonly #file: OverrideFile;
  readonly #servers: ServersOfFile;
  readonly #tell: (event: KeelsonEvent) => void;

  constructor(stateDir: string, servers: ServersOfFile, tell: (event: KeelsonEvent) => void) {
    this.#file = new OverrideFile(stateDir, clocks());
    this.#servers = servers;
    this.#tell = tell;
  }

  /** All that is left in force under a new file. */
  under(services: readonly ServiceSettings[]): All {
    for (const name of this.#file.keepFor(services, clocks())) {
      const [service = "", server = ""] = name.split("/");
      this.#tell({ kind: "override-forgotten", service, server, cause: "not-in-file" });
    }
    return this.#file.all;
  }

  apply(wish: OverrideWish): OverrideOutcome {
    const { service, server, by } = wish;
    const name = serverName(service, server);
    if (!this.#servers.has(service, server)) {
      return {
        kind: "refused",
        reason: `the cluster file in force has no server ${name}; \`keelson status\` lists them`,
      };
    }
    const { all } = this.#file;
    const decision = decide(wish, name, all.get(name));
    if (decision.kind === "refused") return decision;
    const { override, text } = decision;
    if (override !== undefined && !all.has(name) && all.size >= MOST_OVERRIDES) {
      return { kind: "refused", reason: `${MOST_OVERRIDES} servers are overridden already: take some back` };
    }
    const refusal = this.#file.set(name, override, clocks());
    if (refusal !== undefined) return { kind: "refused", reason: `${refusal.call}: ${refusal.text}` };
    this.#servers.override(service, server, override, by);
    return { kind: "done", text };
  }
}

function decide({ what, by }: OverrideWish, name: string, before: Override | undefined): Decision {
  const { at, now: start } = clocks();
  switch (what.kind) {
    case "drain": {
      const { connections, within } = what;
      const deadline = within === undefined ? {} : { deadline: after(start, within) };
      const latest = within === undefined ? "" : `, or after ${formatDuration(within)}`;
      const text = `${name} gets no new connections, and leaves the table at ${connections} active ones${latest}; \`keelson undrain ${name}\` takes that back`;
      return { kind: "set", override: { kind: "drain", connections, ...deadline, by, at }, text };
    }
    case "weight": {
      const { weight } = what;
      const text = `${name} has weight ${weight}, also while its check fails, until \`keelson weight ${name} --reset\``;
      return { kind: "set", override: { kind: "weight", weight, by, at }, text };
    }
    case "undrain":
      if (before?.kind === "drain") return lift(name);
      return { kind: "refused", reason: `nobody drains ${name}` };
    case "reset":
      if (before?.kind === "weight") return lift(name);
      return { kind: "refused", reason: `no operator has given ${name} a weight` };
    default:
      return unreachable(what);
  }
}

function lift(name: string): Decision {
  return { kind: "set", override: undefined, text: `${name} is as its check and the cluster file say` };
}

function clocks() {
  return { now: now(), at: Date.now() };
}
