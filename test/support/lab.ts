/**
 * A small data centre in network namespaces of this host: two directors, two real servers, two clients and a sniffer on two
 * bridges. The bridges have a namespace too, so nothing of the host's own network is touched. `topology.ts` has the plan.
 */
import { spawnSync } from "node:child_process";
import { type OwnFolder, ownFolder } from "./folders.ts";
import { destroyNamespaces, inNamespace, ipBatch, namespacePath, sweepNamespaces } from "./namespaces.ts";
import { must, OwnedProcess, type StartOptions } from "./processes.ts";
import { atExit } from "./teardown.ts";
import {
  type Arm,
  bridgeSetup,
  creation,
  NODES,
  type NodeName,
  nodeSetup,
  portOf,
  portsOf,
} from "./topology.ts";

/** A frame's way, seen from the node: `in` cuts what it would hear, `out` what it says. */
export type Direction = "in" | "out";

/** Both the context of a test and `node:test` itself have this. */
interface Scope {
  after(undo: () => void | Promise<void>): void;
}

let labs = 0;

/** Why no lab can be built here, for a test's `skip`. */
export function labSkip(): string | false {
  if (process.getuid?.() !== 0) return "needs root for network namespaces";
  if (spawnSync("ip", ["-V"]).error !== undefined) return "needs the Debian package iproute2";
  return false;
}

/** The same of tests that write rules of a firewall. */
export function nftSkip(): string | false {
  if (spawnSync("nft", ["--version"]).error !== undefined) return "needs the Debian package nftables";
  return labSkip();
}

/** Builds a lab that lives as long as the test. */
export async function openLab(scope: Scope): Promise<Lab> {
  sweepNamespaces();
  labs += 1;
  const lab = new Lab(`kl-${process.pid}-${labs}-`);
  scope.after(() => lab.close());
  await lab.build();
  return lab;
}

export class Lab {
  readonly #prefix: string;
  readonly #withdraw: () => void;
  readonly #cuts = new Map<string, Set<Direction>>();
  readonly #started = new Set<OwnedProcess>();
  readonly #folder: OwnFolder;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#folder = ownFolder("lab");
    this.#withdraw = atExit(() => this.#destroy());
  }

  /** A folder of the host for configurations, sockets and records; it goes with the lab. */
  get folder(): string {
    return this.#folder.path;
  }

  /** The name of a node's namespace. */
  namespaceOf(node: NodeName | "bridge"): string {
    return `${this.#prefix}${node}`;
  }

  /** The file that stands for a node's namespace. */
  namespacePathOf(node: NodeName): string {
    return namespacePath(this.namespaceOf(node));
  }

  /** Runs a command in a node to its end. Throws unless it succeeds. */
  async exec(node: NodeName | "bridge", ...command: string[]): Promise<string> {
    return must(inNamespace(this.namespaceOf(node), command));
  }

  /** Starts a program in a node; it is killed with the lab at the latest. */
  start(node: NodeName, command: readonly string[], options: StartOptions = {}): OwnedProcess {
    const child = new OwnedProcess(inNamespace(this.namespaceOf(node), command), options);
    this.#started.add(child);
    return child;
  }

  /** Whether one of the node's interfaces has the address. */
  async holds(node: NodeName, address: string): Promise<boolean> {
    const text = await this.exec(node, "ip", "-oneline", "address", "show");
    return text.includes(` ${address}/`);
  }

  /** Sets kernel variables of a node's namespace: `{ "ipv4/ip_forward": "1" }`. */
  async sysctl(node: NodeName | "bridge", settings: Readonly<Record<string, string>>): Promise<void> {
    await this.exec(node, "sh", "-c", sysctlScript(settings));
  }

  /** Pulls the cable: both ends see the carrier go. */
  async unplug(node: NodeName, arm: Arm = "outer"): Promise<void> {
    await ipBatch([`link set ${portOf(node, arm).cable} down`], this.namespaceOf("bridge"));
  }

  async plug(node: NodeName, arm: Arm = "outer"): Promise<void> {
    await ipBatch([`link set ${portOf(node, arm).cable} up`], this.namespaceOf("bridge"));
  }

  /** Loses all frames of one direction while the carrier stays. */
  async cut(node: NodeName, direction: Direction, arm: Arm = "outer"): Promise<void> {
    const { cable } = portOf(node, arm);
    const cuts = this.#cuts.get(cable) ?? new Set();
    this.#cuts.set(cable, cuts.add(direction));
    await this.#applyCuts(cable, cuts);
  }

  /** Undoes all cuts of a port. */
  async heal(node: NodeName, arm: Arm = "outer"): Promise<void> {
    const { cable } = portOf(node, arm);
    this.#cuts.delete(cable);
    await this.#applyCuts(cable, new Set());
  }

  /** Ends all that was started and removes every trace. */
  async close(): Promise<void> {
    for (const child of this.#started) child.signalGroup("SIGKILL");
    // First what has left its group too: it may hold the other end of our pipes.
    this.#destroy();
    await Promise.all([...this.#started].map((child) => child.ended));
    this.#withdraw();
    this.#folder.remove();
  }

  async build(): Promise<void> {
    await ipBatch(creation((node) => this.namespaceOf(node)));
    await Promise.all([this.#buildBridges(), ...NODES.map((node) => this.#buildNode(node))]);
  }

  async #buildBridges(): Promise<void> {
    // What a bridge says itself, such as its multicast reports, would pass every cut.
    await this.sysctl("bridge", { "ipv6/conf/all/disable_ipv6": "1", "ipv6/conf/default/disable_ipv6": "1" });
    await ipBatch(bridgeSetup(), this.namespaceOf("bridge"));
  }

  async #buildNode(node: NodeName): Promise<void> {
    await this.sysctl(node, nodeSysctls(node));
    await ipBatch(nodeSetup(node), this.namespaceOf(node));
  }

  /**
   * The bridge does the cutting. A port that floods nothing and is known for no address hears nothing;
   * a locked port takes frames only from addresses it is known for.
   */
  async #applyCuts(cable: string, cuts: ReadonlySet<Direction>): Promise<void> {
    const hears = cuts.has("in") ? "off" : "on";
    const flood = ["flood", "mcast_flood", "bcast_flood"].map((flag) => `${flag} ${hears}`).join(" ");
    const learning = cuts.size > 0 ? "off" : "on";
    const locked = cuts.has("out") ? "on" : "off";
    await ipBatch(
      [`link set ${cable} type bridge_slave ${flood} learning ${learning} locked ${locked} fdb_flush`],
      this.namespaceOf("bridge"),
    );
  }

  #destroy(): void {
    destroyNamespaces([this.namespaceOf("bridge"), ...NODES.map((node) => this.namespaceOf(node))]);
  }
}

/** Without duplicate address detection addresses work at once; a new namespace may inherit the host's other settings. */
function nodeSysctls(node: NodeName): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const name of ["all", "default", ...portsOf(node).map((port) => port.interface)]) {
    settings[`ipv4/conf/${name}/rp_filter`] = "0";
    settings[`ipv6/conf/${name}/accept_dad`] = "0";
    settings[`ipv6/conf/${name}/router_solicitations`] = "0";
  }
  return settings;
}

function sysctlScript(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([path, value]) => `echo ${value} > /proc/sys/net/${path}`)
    .join(" && ");
}
