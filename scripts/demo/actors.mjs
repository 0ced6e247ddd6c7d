// Who stands around the directors: two real servers, and a client that counts.
// @ts-check
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { start, VIP } from "./stage.mjs";

const CLIENT = join(import.meta.dirname, "client.mjs");

/**
 * Since the last look. A gap is the time between two answered pings with none between that was.
 * @typedef {{
 *   requests: number, failed: number, reasons: string[], servers: Record<string, number>,
 *   pings: number, lost: number, gapMs: number,
 * }} Count
 */

/** nginx in one process, which answers every request with its name. @param {"rs1" | "rs2"} name */
export function startServer(name) {
  const folder = `/run/demo/${name}`;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "nginx.conf");
  writeFileSync(file, nginxConfiguration(name));
  return start(name, ["nginx", "-p", folder, "-c", file, "-e", "stderr"]);
}

export class Client {
  /** @type {Count[]} */
  #counts = [];
  #child;
  #lines;

  /** @param {{ requestMs: number, pingMs: number }} pace */
  constructor({ requestMs, pingMs }) {
    this.#child = start("client", [process.execPath, CLIENT, VIP, `${requestMs}`, `${pingMs}`]);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Settles when it has begun. */
  async ready() {
    await this.#next();
  }

  /** What came of all that was asked since the last look. @returns {Promise<Count>} */
  async look() {
    this.#child.stdin.write("\n");
    /** @type {Count} */
    const count = JSON.parse(await this.#next());
    this.#counts.push(count);
    return count;
  }

  async #next() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the client died");
    return value;
  }

  leave() {
    this.#child.kill("SIGKILL");
  }

  /** Of the whole story. */
  get total() {
    const sum = (/** @type {"requests" | "failed" | "pings" | "lost"} */ key) =>
      this.#counts.reduce((before, count) => before + count[key], 0);
    return { requests: sum("requests"), failed: sum("failed"), pings: sum("pings"), lost: sum("lost") };
  }
}

/** @param {string} name */
function nginxConfiguration(name) {
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  ${folders.map((folder) => `${folder}_temp_path ${folder};`).join(" ")}
  server {
    listen 80;
    default_type text/plain;
    location / { return 200 "${name}\\n"; }
    location /healthz { return 200 "well\\n"; }
  }
}
`;
}
