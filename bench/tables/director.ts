/** Both products as masters of one virtual router and owners of a large table, from files that say the same. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../../src/control/client.ts";
import { reloadShape, statusShape } from "../../src/control/shapes.ts";
import { Keelson } from "../../test/support/keelson.ts";
import { Keepalived } from "../../test/support/keepalived.ts";
import type { Lab } from "../../test/support/lab.ts";
import { must } from "../../test/support/processes.ts";
import type { Product } from "../director.ts";
import { clusterFile, keepalivedFile, type Site } from "./files.ts";

const PROGRAM = join(import.meta.dirname, "../../bin/keelson");
/** User-mode Linux counts what its host takes away as computing, and the kernel ends a real-time process for that. */
const ORDINARY = ["setpriv", "--bounding-set=-sys_nice"];
const PATIENCE_MS = 300_000;

export interface TableDirector {
  readonly product: Product;
  /** Who sends adverts; and all. */
  readonly elector: number;
  readonly pids: readonly number[];
  /** What is wrong, when it does not live. */
  ill(): string | undefined;
  /** Read, and everything of it done for the first time; of keepalived: alive. */
  readonly ready: boolean;
  /** Another file; settles when it is in force, of keepalived: when it was told. */
  reload(site: Site, comment?: string): Promise<void>;
  /** Steps that went to the kernel so far; keepalived does not count them. */
  writes(): Promise<number | undefined>;
  /** What a reload of this file would change; keepalived cannot say. */
  plan(site: Site): Promise<boolean>;
  /** Orderly. */
  stop(): Promise<void>;
}

interface StartOptions {
  /** Goes on with what an earlier run left. */
  readonly keepState?: boolean;
}

export function startTableDirector(
  lab: Lab,
  product: Product,
  site: Site,
  { keepState = false }: StartOptions = {},
): TableDirector {
  const folder = join(lab.folder, `${product}-tables`);
  if (!keepState) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return product === "keelson" ? startKeelson(lab, site, folder) : startKeepalived(lab, site, folder);
}

/** Milliseconds in which a file is read and found to be good, without a daemon. */
export async function timeOfCheck(lab: Lab, product: Product, site: Site): Promise<number> {
  const file = join(lab.folder, `${product}-checked`);
  writeFileSync(file, product === "keelson" ? clusterFile(site) : keepalivedFile(site));
  const check =
    product === "keelson" ? [PROGRAM, "check", file, "--node", "d1"] : ["keepalived", "-t", "-f", file];
  const begun = performance.now();
  await lab.exec("d1", ...check);
  return performance.now() - begun;
}

function startKeelson(lab: Lab, site: Site, folder: string): TableDirector {
  const file = (name: string) => join(folder, name);
  const [socket, config] = [file("run/control.sock"), file("cluster.toml")];
  writeFileSync(config, clusterFile(site));
  writeFileSync(file("log"), "");
  const places = ["--config", config, "--run-dir", file("run"), "--state-dir", file("state")];
  const program = [...ORDINARY, PROGRAM, "run", "--node", "d1", ...places];
  const child = lab.start("d1", ["sh", "-c", 'exec "$@" >>"$0" 2>&1', file("log"), ...program]);
  const keelson = new Keelson(child, "d1", folder);
  const options = { timeoutMs: PATIENCE_MS };
  return {
    product: "keelson",
    elector: child.pid,
    get pids() {
      return keelson.pids;
    },
    ill() {
      const trouble = /"kind":"(balancer-died|file-refused|table-refused)".*/.exec(keelson.log)?.[0];
      return child.alive ? trouble?.slice(0, 500) : `keelson ended: ${keelson.log.slice(-2_000)}`;
    },
    get ready() {
      return keelson.log.includes('"kind":"ready"');
    },
    async reload(next, comment = "") {
      writeFileSync(config, `${comment}${clusterFile(next)}`);
      const question = { method: "POST", path: "/reload", shape: reloadShape } as const;
      const reply = await ask(socket, { ...question, deadlineMs: PATIENCE_MS });
      if (reply.kind !== "answer") throw new Error(`no reload: ${reply.reason}`);
      if (reply.body.kind !== "accepted") throw new Error("the file is refused");
    },
    async writes() {
      const question = { method: "GET", path: "/status", shape: statusShape } as const;
      const reply = await ask(socket, { ...question, deadlineMs: PATIENCE_MS });
      if (reply.kind !== "answer") throw new Error(`no status: ${reply.reason}`);
      return reply.body.table?.writes;
    },
    async plan(next) {
      writeFileSync(file("next.toml"), clusterFile(next));
      const words = ["plan", file("next.toml"), "--node", "d1", "--state-dir", file("state")];
      await must([PROGRAM, ...words], options);
      return true;
    },
    stop: async () => void (await child.stop(PATIENCE_MS)),
  };
}

function startKeepalived(lab: Lab, site: Site, folder: string): TableDirector {
  const file = (name: string) => join(folder, name);
  const config = file("keepalived.conf");
  writeFileSync(config, keepalivedFile(site));
  const places = ["-p", file("parent.pid"), "-r", file("vrrp.pid"), "-c", file("checkers.pid")];
  const child = lab.start("d1", ["keepalived", "-n", "-l", "-G", "-f", config, ...places]);
  const keepalived = new Keepalived(child, "d1", config);
  return {
    product: "keepalived",
    get elector() {
      return Number(readFileSync(file("vrrp.pid"), "utf8"));
    },
    get pids() {
      return keepalived.pids;
    },
    ill: () => (child.alive ? undefined : `keepalived ended: ${keepalived.log.slice(-2_000)}`),
    get ready() {
      return child.alive;
    },
    async reload(next, comment = "") {
      writeFileSync(config, `${comment}${keepalivedFile(next)}`);
      keepalived.signal("SIGHUP");
    },
    writes: async () => undefined,
    plan: async () => false,
    stop: async () => void (await child.stop(PATIENCE_MS)),
  };
}
