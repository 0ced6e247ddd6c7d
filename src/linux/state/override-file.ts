/** What operators have said of servers: a file, so that it outlives a reload, a restart and a reboot. */
import { z } from "zod";
import { type Override, type Overrides, serverName } from "../../balance/override.ts";
import type { ServiceSettings } from "../../balance/settings.ts";
import { overridesFile } from "../../channel/options.ts";
import { after, between, type Instant, millis, toMillis } from "../../net/time.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { refusalOf } from "../refusal.ts";
import { readIfThere, writeDurably } from "./state-files.ts";

const said = { by: z.string(), at: z.number() };

/** By `serverName`. Deadlines are milliseconds since 1970: another boot has another monotonic clock. */
const fileShape = z.record(
  z.string(),
  z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("weight"), weight: z.number(), ...said }),
    z.object({
      kind: z.literal("drain"),
      connections: z.number(),
      deadline: z.number().exactOptional(),
      ...said,
    }),
  ]),
);

type Written = z.infer<typeof fileShape>;

/** Both clocks at the same moment. */
interface Clocks {
  readonly now: Instant;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export class OverrideFile {
  readonly #path: string;
  #all: Overrides;

  constructor(stateDir: string, clocks: Clocks) {
    this.#path = overridesFile(stateDir);
    const parsed = fileShape.safeParse(parseJson(readIfThere(this.#path)));
    const written = parsed.success ? Object.entries(parsed.data) : [];
    this.#all = new Map(written.map(([name, one]) => [name, fromFile(one, clocks)]));
  }

  get all(): Overrides {
    return this.#all;
  }

  /** Answers with why it could not be written down; then it is as it was. */
  set(name: string, override: Override | undefined, clocks: Clocks): KernelRefusal | undefined {
    const all = new Map(this.#all);
    if (override === undefined) all.delete(name);
    else all.set(name, override);
    return this.#replace(all, clocks);
  }

  /** Forgets, and names, those whose server these services do not have. What cannot be written down is forgotten next time. */
  keepFor(services: readonly ServiceSettings[], clocks: Clocks): string[] {
    if (this.#all.size === 0) return [];
    const names = new Set(
      services.flatMap((service) => service.servers.map(({ name }) => serverName(service.name, name))),
    );
    const gone = [...this.#all.keys()].filter((name) => !names.has(name));
    if (gone.length > 0) this.#replace(new Map([...this.#all].filter(([name]) => names.has(name))), clocks);
    return gone;
  }

  #replace(all: Overrides, clocks: Clocks): KernelRefusal | undefined {
    const written = Object.fromEntries([...all].map(([name, one]) => [name, toFile(one, clocks)]));
    const refusal = refusalOf(() => writeDurably(this.#path, `${JSON.stringify(written)}\n`));
    if (refusal === undefined) this.#all = all;
    return refusal;
  }
}

function toFile(override: Override, { now, at }: Clocks): Written[string] {
  if (override.kind === "weight") return override;
  const { deadline, ...rest } = override;
  return deadline === undefined ? rest : { ...rest, deadline: at + toMillis(between(now, deadline)) };
}

function fromFile(written: Written[string], { now, at }: Clocks): Override {
  if (written.kind === "weight") return written;
  const { deadline, ...rest } = written;
  return deadline === undefined ? rest : { ...rest, deadline: after(now, millis(deadline - at)) };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
