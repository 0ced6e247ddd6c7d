/** Ends of connections on nodes of the lab that do as the test says: who answers, who calls, which lines stay open. */
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";
import type { Lab } from "./lab.ts";
import type { NodeName } from "./topology.ts";
import { until } from "./until.ts";

const AGENT = join(import.meta.dirname, "agents/party.mjs");
const answers = z.array(z.string());

interface Call {
  readonly to: string;
  readonly port: number;
  /** One of the node's addresses. */
  readonly from?: string;
}

interface Answering {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
}

export class Party {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** It ends with the lab. */
  static async start(lab: Lab, node: NodeName): Promise<Party> {
    const path = join(lab.folder, `party-${node}`);
    const child = lab.start(node, [process.execPath, AGENT, path]);
    await until(`party on ${node}`, () => child.stdout.includes("ready"), { explain: () => child.stderr });
    return new Party(path);
  }

  /** Tells the address at which it was reached to whoever connects, or sends it something. */
  async answer(what: Answering): Promise<void> {
    await this.#tell({ order: "answer", ...what });
  }

  async stopAnswering(what: Answering): Promise<void> {
    await this.#tell({ order: "stopAnswering", ...what });
  }

  /**
   * One connection after the other, and what each was told, or the code of its error.
   * @param keep the lines stay open under this name; without one, each is closed when it was answered
   */
  async call(calls: readonly Call[], keep?: string): Promise<string[]> {
    return answers.parse(await this.#tell({ order: "call", calls, keep }));
  }

  /** Asks on every line that is open under this name, and tells what each was told. */
  async ask(keep: string): Promise<string[]> {
    return answers.parse(await this.#tell({ order: "ask", keep }));
  }

  /** Closes the lines of this name that `whom` has answered; the director has seen the end of each then. */
  async hangUp(keep: string, whom: string): Promise<void> {
    await this.#tell({ order: "hangUp", keep, whom });
  }

  /** A datagram of each of these senders, and what each was told. A sender has a port of its own, and keeps it. */
  async send(senders: readonly string[], to: string, port: number): Promise<string[]> {
    return answers.parse(await this.#tell({ order: "send", senders, to, port }));
  }

  async #tell(order: Readonly<Record<string, unknown>>): Promise<unknown> {
    const socket = connect(this.#path);
    await once(socket, "connect");
    socket.write(`${JSON.stringify(order)}\n`);
    return JSON.parse(await text(socket));
  }
}
