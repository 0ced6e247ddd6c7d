/** Clients that notice: every lost datagram, every gap, every change of the director that answers. */
import { join } from "node:path";
import type { IpAddress } from "../../src/net/ip.ts";
import {
  type Progress,
  progress,
  type StreamReport,
  streamReport,
  type VisitsReport,
  visitsReport,
} from "./agents/reports.ts";
import type { Lab } from "./lab.ts";
import type { OwnedProcess } from "./processes.ts";
import { type NodeName, VIP } from "./topology.ts";
import { until } from "./until.ts";

const PACE_MICROS = 500;
const COLD_EVERY_MS = 100;

interface ClientOptions {
  readonly node?: NodeName;
  readonly destination?: IpAddress;
}

/** Starts on each node what answers the clients with the node's name. */
export async function startResponders(
  lab: Lab,
  nodes: readonly NodeName[] = ["d1", "d2"],
): Promise<readonly OwnedProcess[]> {
  return Promise.all(nodes.map((node) => startAgent(lab, node, "responder", [node])));
}

/** A steady stream: one datagram every `paceMicros` (500) to the virtual address, from the warm client. */
export async function startStream(
  lab: Lab,
  {
    node = "c",
    destination = VIP,
    paceMicros = PACE_MICROS,
  }: ClientOptions & { readonly paceMicros?: number } = {},
): Promise<Client<StreamReport>> {
  const child = await startAgent(lab, node, "stream-client", [destination, `${paceMicros}`]);
  return new Client(child, (line) => streamReport.parse(line));
}

/** Visits `everyMillis` (100) by the client that has forgotten the address each time. */
export async function startVisits(
  lab: Lab,
  {
    node = "k",
    destination = VIP,
    everyMillis = COLD_EVERY_MS,
  }: ClientOptions & { readonly everyMillis?: number } = {},
): Promise<Client<VisitsReport>> {
  const child = await startAgent(lab, node, "cold-client", [destination, `${everyMillis}`]);
  return new Client(child, (line) => visitsReport.parse(line));
}

/** A running client. */
export class Client<Report> {
  readonly #child: OwnedProcess;
  readonly #parse: (line: unknown) => Report;

  constructor(child: OwnedProcess, parse: (line: unknown) => Report) {
    this.#child = child;
    this.#parse = parse;
  }

  /** Who answered last; for a stream fresh within some 20 ms. */
  get latest(): Progress | undefined {
    return progress.safeParse(this.#lastLine()).data;
  }

  /** Waits until this node is the one that answers what was sent after `sinceMicros`. */
  async answeredBy(node: NodeName, sinceMicros = 0): Promise<Progress> {
    return this.#answer(
      `answer by ${node}`,
      (last) => last.responder === node && last.sentMicros > sinceMicros,
    );
  }

  /** Waits until anyone answers what was sent after `sinceMicros`. */
  async answeredSince(sinceMicros: number): Promise<Progress> {
    return this.#answer("answer", (last) => last.sentMicros > sinceMicros);
  }

  /** Ends it and returns what it has counted. */
  async stop(): Promise<Report> {
    const { stderr } = await this.#child.stop();
    const report = this.#lastLine();
    if (report === undefined) throw new Error(`a client without a report: ${stderr}`);
    return this.#parse(report);
  }

  async #answer(what: string, wanted: (last: Progress) => boolean): Promise<Progress> {
    const check = () => {
      const { latest } = this;
      return latest !== undefined && wanted(latest) ? latest : undefined;
    };
    return until(what, check, { explain: () => `${this.#child.stderr}last: ${JSON.stringify(this.latest)}` });
  }

  /** The last complete one, unparsed text excluded. */
  #lastLine(): unknown {
    const text = this.#child.stdout;
    const end = text.lastIndexOf("\n");
    if (end < 0) return undefined;
    return JSON.parse(text.slice(text.lastIndexOf("\n", end - 1) + 1, end));
  }
}

async function startAgent(
  lab: Lab,
  node: NodeName,
  agent: string,
  args: readonly string[],
): Promise<OwnedProcess> {
  const file = join(import.meta.dirname, `agents/${agent}.ts`);
  const command = [process.execPath, "-C", "source", "--import", "tsx", file, ...args];
  const child = lab.start(node, command, { cwd: join(import.meta.dirname, "../..") });
  await until(`${agent} on ${node}`, () => child.stdout.includes("ready"), { explain: () => child.stderr });
  return child;
}
