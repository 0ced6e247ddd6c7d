/**
 * Keelson as a director of the lab: the built program, with a run directory, a state directory and a log file of its own.
 * The tests' preparation builds it (`npm run build`).
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { IpAddress } from "../../src/net/ip.ts";
import { keepalivedSkip } from "./keepalived.ts";
import { type Lab, labSkip } from "./lab.ts";
import type { Ending, OwnedProcess } from "./processes.ts";
import { type NodeName, portOf, VIP } from "./topology.ts";
import { until } from "./until.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Two processes of Node start, on a machine that may be busy. */
/** In the file alone: who it is says its own. */
const PRIORITY_OF_PEER = 42;
const START_MS = 20_000;

export interface KeelsonSettings {
  readonly priority: number;
  readonly intervalMillis: number;
  readonly vrid?: number;
  readonly addresses?: readonly IpAddress[];
  /** As the file has it. */
  readonly preempt?: boolean | string;
  readonly stopTimeoutMillis?: number;
  /** More lines of the router's table. */
  readonly router?: string;
  /** The other director's, which then is in the file too. */
  readonly peer?: IpAddress;
}

export interface KeelsonStart {
  /** Folder of another build. */
  readonly build?: string;
  /** A command that runs it: `["setpriv", "--bounding-set=-sys_nice"]`. */
  readonly through?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Goes on with what an earlier run left in its directories. */
  readonly keepState?: boolean;
}

export function keelsonSkip(): string | false {
  if (!existsSync(join(ROOT, "dist/cli.js"))) return "needs the built program: npm run build";
  return labSkip();
}

export function interopSkip(): string | false {
  return keelsonSkip() || keepalivedSkip();
}

/** Starts it on a director and waits until its file is in force. */
export async function startKeelson(
  lab: Lab,
  node: NodeName,
  settings: KeelsonSettings,
  { build = ROOT, through = [], env = {}, keepState = false }: KeelsonStart = {},
): Promise<Keelson> {
  const folder = join(lab.folder, `keelson-${node}`);
  if (!keepState) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  writeFileSync(file("cluster.toml"), clusterFile(node, settings));
  writeFileSync(file("log"), "");
  const places = ["--config", file("cluster.toml"), "--run-dir", file("run"), "--state-dir", file("state")];
  // As it is installed: its first line has the options of the runtime.
  const program = [join(build, "bin/keelson"), "run", "--node", node, ...places];
  // `exec` keeps the process id: the child is the elector.
  const command = ["sh", "-c", 'exec "$@" >>"$0" 2>&1', file("log"), ...through, ...program];
  const keelson = new Keelson(lab.start(node, command, { env }), node, folder);
  await until(`keelson on ${node}`, () => keelson.log.includes('"kind":"ready"'), {
    deadlineMs: START_MS,
    explain: () => keelson.log,
  });
  return keelson;
}

export class Keelson {
  readonly #child: OwnedProcess;
  readonly #node: NodeName;
  readonly #folder: string;

  constructor(child: OwnedProcess, node: NodeName, folder: string) {
    this.#child = child;
    this.#node = node;
    this.#folder = folder;
  }

  /** JSON lines. */
  get log(): string {
    return readFileSync(join(this.#folder, "log"), "utf8");
  }

  /** Of those that live; first the balancer, which must not see the elector go. */
  get pids(): readonly number[] {
    const { balancerPid } = this;
    return [
      ...(balancerPid === undefined ? [] : [balancerPid]),
      ...(this.#child.alive ? [this.#child.pid] : []),
    ];
  }

  /** `undefined` when it is gone: its process id may belong to somebody else by now. */
  get balancerPid(): number | undefined {
    const [pid = "", started] = readFileSync(join(this.#folder, "run/balancer"), "utf8").trim().split(" ");
    return startTime(pid) === started ? Number(pid) : undefined;
  }

  /** Settles with the elector. */
  get ended(): Promise<Ending> {
    return this.#child.ended;
  }

  /** To the elector, which owns the signals. */
  signal(signal: NodeJS.Signals): void {
    this.#child.signal(signal);
  }

  reload(settings: KeelsonSettings): void {
    writeFileSync(join(this.#folder, "cluster.toml"), clusterFile(this.#node, settings));
    this.signal("SIGHUP");
  }

  async stop(): Promise<Ending> {
    return this.#child.stop();
  }

  /** The elector dies; its balancer sees to the rest. */
  async killElector(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  /**
   * Sudden death of both: stopped before any is killed, so that neither sees the other go.
   * The address stays in the kernel; for the death of a whole machine pull the cable too.
   */
  async crash(): Promise<void> {
    const { pids } = this;
    for (const signal of ["SIGSTOP", "SIGKILL"] as const) for (const pid of pids) process.kill(pid, signal);
    await this.ended;
  }
}

/** In clock ticks since boot: field 22 of proc_pid_stat(5), behind a name in parentheses. */
function startTime(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** What it says is the whole cluster, as one director sees it. */
function clusterFile(node: NodeName, settings: KeelsonSettings): string {
  const {
    priority,
    intervalMillis,
    vrid = 51,
    addresses = [VIP],
    preempt = true,
    stopTimeoutMillis = 10_000,
    router = "",
    peer,
  } = settings;
  const other = node === "d1" ? "d2" : "d1";
  const table = `[directors.${other}]\naddress = "${peer}"\ninterface = "eth0"`;
  return `[cluster]
name = "lab"

[stop]
timeout = "${stopTimeoutMillis}ms"

[directors.${node}]
address = "${portOf(node, "outer").address}"
interface = "eth0"

[routers.front]
vrid = ${vrid}
interval = "${intervalMillis}ms"
priority = ${peer === undefined ? priority : `{ ${node} = ${priority}, ${other} = ${PRIORITY_OF_PEER} }`}
preempt = ${preempt}
addresses = ${JSON.stringify(addresses)}
${router}
${peer === undefined ? "" : table}
`;
}
