/**
 * The control socket: HTTP over a Unix socket that only root may open.
 *
 * | request | answer |
 * |---|---|
 * | GET /status | Status |
 * | GET /events?count=N&router=NAME&kind=KIND | the last events, oldest first |
 * | POST /reload?wire-breaking=true | ReloadOutcome; without the query, what neighbours would reject is refused; 409 when refused, 422 for a bad file |
 * | POST /drain?service=S&server=R&by=WHO&connections=N&deadline=D, /undrain?…, /weight?…&weight=W | OverrideOutcome; without a weight the server has its own again; 409 when refused |
 * | POST /drill, /step-down, /standby, /release | HandOverOutcome; 409 when refused |
 */

import { once } from "node:events";
import { chmodSync, renameSync, rmSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Answer, answerTo } from "./routes.ts";
import type { ControlTarget } from "./target.ts";

const SOCKET_MODE = 0o600;
/** `sun_path` of unix(7) has 108 bytes, the last of them 0. */
const PATH_LIMIT = 107;
const REQUEST_MS = 5_000;
const CONNECTIONS = 16;
const HEADER_BYTES = 8_192;
/** No request needs a body. */
const BODY_BYTES = 1_024;

export class ControlServer {
  readonly #target: ControlTarget;
  readonly #path: string;
  readonly #server: Server;
  /** Ours, so that a successor's socket under the same name is left alone. */
  #inode: number | undefined;

  constructor(path: string, target: ControlTarget) {
    this.#path = path;
    this.#target = target;
    this.#server = createServer(
      {
        requestTimeout: REQUEST_MS,
        headersTimeout: REQUEST_MS,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: HEADER_BYTES,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = CONNECTIONS;
  }

  /** Takes the place of whatever an earlier run left there. Rejects when the socket cannot be made. */
  async listen(): Promise<void> {
    const beside = `${this.#path}.new`;
    if (Buffer.byteLength(beside) > PATH_LIMIT) throw new Error(`${this.#path}: too long for a Unix socket`);
    rmSync(beside, { force: true });
    this.#server.listen(beside);
    await once(this.#server, "listening");
    chmodSync(beside, SOCKET_MODE);
    this.#inode = statSync(beside).ino;
    renameSync(beside, this.#path);
  }

  /** Breaks off what is under way. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#inode === undefined) return;
    if (statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode) rmSync(this.#path);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on("error", () => {});
    response.on("error", () => {});
    const answer = await this.#answer(request);
    const text = `${JSON.stringify(answer.body)}\n`;
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    response.writeHead(answer.status, { ...headers, connection: "close" }).end(text);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    if (!(await takeBody(request))) {
      return { status: 413, body: { error: `a body of more than ${BODY_BYTES} bytes` } };
    }
    try {
      return await answerTo(request.method ?? "", request.url ?? "", this.#target);
    } catch (error) {
      return { status: 500, body: { error: error instanceof Error ? error.message : String(error) } };
    }
  }
}

/** Reads the body away; false when it was longer than the bound, or broke off. */
async function takeBody(request: IncomingMessage): Promise<boolean> {
  let size = 0;
  try {
    // To its end, for leaving the loop would break the connection off before the answer.
    for await (const part of request) size += Buffer.byteLength(part);
    return size <= BODY_BYTES;
  } catch {
    return false;
  }
}
