/**
 * keepalived as a director of the lab: the reference that everything is compared with, and a peer to live with.
 *
 * It stays in the foreground and logs into our pipe: without a system logger it would write to the console, which can stall
 * a machine for milliseconds a line. Only its VRRP half runs; the other refuses to start without IPVS in the kernel.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { IpAddress } from "../../src/net/ip.ts";
import { type Lab, labSkip } from "./lab.ts";
import type { Ending, OwnedProcess } from "./processes.ts";
import { type NodeName, VIP } from "./topology.ts";
import { until } from "./until.ts";

export interface KeepalivedSettings {
  readonly priority: number;
  readonly intervalMillis: number;
  readonly vrid?: number;
  readonly addresses?: readonly IpAddress[];
  readonly preempt?: boolean;
  /**
   * SCHED_RR for its VRRP process. Not for one that is to be reloaded: keepalived 2.2.7 then sets its own RLIMIT_RTTIME to 0,
   * and the kernel kills it at the next tick that finds it running.
   */
  readonly realTimePriority?: number;
  /** A command that runs it: `["chrt", "--rr", "50"]`. */
  readonly through?: readonly string[];
  readonly version?: 2 | 3;
  /** More lines of the instance, and of `global_defs`. */
  readonly instance?: string;
  readonly global?: string;
}

export function keepalivedSkip(): string | false {
  if (spawnSync("keepalived", ["--version"]).error !== undefined)
    return "needs the Debian package keepalived";
  return labSkip();
}

/** Starts it on a director and waits until its virtual router lives. */
export async function startKeepalived(
  lab: Lab,
  node: NodeName,
  settings: KeepalivedSettings,
): Promise<Keepalived> {
  const folder = join(lab.folder, `keepalived-${node}`);
  rmSync(folder, { recursive: true, force: true }); // the process id file of a killed one keeps the next from starting
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  writeFileSync(file("keepalived.conf"), configuration(node, settings));
  const pidFiles = ["-p", file("parent.pid"), "-r", file("vrrp.pid")];
  const { through = [] } = settings;
  const command = [
    ...through,
    "keepalived",
    "-n",
    "-P",
    "-l",
    "-G",
    "-D",
    "-f",
    file("keepalived.conf"),
    ...pidFiles,
  ];
  const keepalived = new Keepalived(lab.start(node, command), node, file("keepalived.conf"));
  await until(`keepalived on ${node}`, () => keepalived.log.includes("Entering BACKUP STATE"), {
    explain: () => keepalived.log,
  });
  return keepalived;
}

export class Keepalived {
  readonly #child: OwnedProcess;
  readonly #node: NodeName;
  readonly #file: string;

  constructor(child: OwnedProcess, node: NodeName, file: string) {
    this.#child = child;
    this.#node = node;
    this.#file = file;
  }

  get log(): string {
    return this.#child.stdout + this.#child.stderr;
  }

  /** The parent and its VRRP process. */
  get pids(): readonly number[] {
    return [this.#child.pid, ...childrenOf(this.#child.pid)];
  }

  /** To the parent, which passes it on. */
  signal(signal: NodeJS.Signals): void {
    this.#child.signal(signal);
  }

  reload(settings: KeepalivedSettings): void {
    writeFileSync(this.#file, configuration(this.#node, settings));
    this.signal("SIGHUP");
  }

  /** The orderly stop: a goodbye, then a second or so of its own. */
  async stop(): Promise<Ending> {
    return this.#child.stop();
  }

  /**
   * Sudden death. All are stopped before any is killed: a child that saw its parent go would say goodbye.
   * The address stays in the kernel; for the death of a whole machine pull the cable too.
   */
  async crash(): Promise<void> {
    const { pids } = this;
    for (const signal of ["SIGSTOP", "SIGKILL"] as const) for (const pid of pids) process.kill(pid, signal);
    await this.#child.ended;
  }
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

function configuration(node: NodeName, settings: KeepalivedSettings): string {
  const {
    priority,
    intervalMillis,
    vrid = 51,
    addresses = [VIP],
    preempt = true,
    realTimePriority,
    version = 3,
    instance = "",
    global = "",
  } = settings;
  return `global_defs {
  router_id ${node}
  vrrp_version ${version}
  ${global}
  ${realTimePriority === undefined ? "" : `vrrp_rt_priority ${realTimePriority}`}
}
vrrp_instance front {
  interface eth0
  state BACKUP
  virtual_router_id ${vrid}
  priority ${priority}
  advert_int ${intervalMillis / 1_000}
  ${preempt ? "" : "nopreempt"}
  virtual_ipaddress {
    ${addresses.join("\n    ")}
  }
  ${instance}
}
`;
}
