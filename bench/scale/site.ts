/**
 * Two directors and nothing else, on as many bridges as are asked for: a virtual router's number is one byte for each
 * interface, so that a thousand of them need several. The sniffer listens at the directors' cables, in the bridges'
 * namespace.
 *
 *   bridge n   10.n.0.0/16   d1 = 10.n.0.1, d2 = 10.n.0.2, floating addresses from 10.n.1.1 on
 */
import { type OwnFolder, ownFolder } from "../../test/support/folders.ts";
import {
  destroyNamespaces,
  inNamespace,
  ipBatch,
  namespacePath,
  sweepNamespaces,
} from "../../test/support/namespaces.ts";
import { must, OwnedProcess } from "../../test/support/processes.ts";
import { atExit } from "../../test/support/teardown.ts";
import type { DirectorNode } from "../director.ts";

const NODES = ["d1", "d2"] as const;
/** Interface indexes in the bridges' namespace; `SNIFFED_BELOW` separates what is heard at a cable from its echo at a bridge. */
const CABLE_INDEX = { d1: 100, d2: 200 } as const;
export const SNIFFED_BELOW = 1_000;
/** Floating addresses end in 1 … 250. */
const IN_A_ROW = 250;

let sites = 0;

export function interfaceName(link: number): string {
  return `eth${link}`;
}

export function ownAddress(node: DirectorNode, link: number): string {
  return `10.${link}.0.${node === "d1" ? 1 : 2}`;
}

export function floatingAddress(link: number, number: number): string {
  return `10.${link}.${1 + Math.floor(number / IN_A_ROW)}.${1 + (number % IN_A_ROW)}`;
}

/** At which cable something was heard, by its interface index. */
export function cableAt(index: number): { readonly node: DirectorNode; readonly link: number } {
  const node = index < CABLE_INDEX.d2 ? "d1" : "d2";
  return { node, link: index - CABLE_INDEX[node] };
}

/** Runs one trial on a network of its own; afterwards nothing of it is left. */
export async function withSite(links: number, trial: (site: Site) => Promise<void>): Promise<void> {
  sweepNamespaces();
  const site = new Site(links);
  try {
    await site.build();
    await trial(site);
  } finally {
    await site.close();
  }
}

export class Site {
  readonly #links: readonly number[];
  readonly #prefix: string;
  readonly #folder: OwnFolder;
  readonly #withdraw: () => void;
  readonly #started = new Set<OwnedProcess>();

  constructor(links: number) {
    sites += 1;
    this.#links = Array.from({ length: links }, (_, index) => index);
    this.#prefix = `kl-${process.pid}-site${sites}-`;
    this.#folder = ownFolder("site");
    this.#withdraw = atExit(() => this.#destroy());
  }

  get folder(): string {
    return this.#folder.path;
  }

  namespacePathOf(node: DirectorNode | "bridge"): string {
    return namespacePath(this.#namespaceOf(node));
  }

  /** It is killed with the site at the latest. */
  start(node: DirectorNode, command: readonly string[]): OwnedProcess {
    const child = new OwnedProcess(inNamespace(this.#namespaceOf(node), command));
    this.#started.add(child);
    return child;
  }

  /** All cables of a director at once. */
  async unplug(node: DirectorNode): Promise<void> {
    const lines = this.#links.map((link) => `link set ${cable(node, link)} down`);
    await ipBatch(lines, this.#namespaceOf("bridge"));
  }

  async build(): Promise<void> {
    const bridge = this.#namespaceOf("bridge");
    const namespaces = ["bridge", ...NODES] as const;
    await ipBatch(namespaces.map((node) => `netns add ${this.#namespaceOf(node)}`));
    // What a bridge says itself, such as its multicast reports, is no advert; but it takes time.
    const quiet = ["all", "default"].map((name) => `echo 1 > /proc/sys/net/ipv6/conf/${name}/disable_ipv6`);
    await Promise.all(
      namespaces.map((node) => must(inNamespace(this.#namespaceOf(node), ["sh", "-c", quiet.join(" && ")]))),
    );
    await ipBatch(this.#links.flatMap((link) => this.#wiring(link)));
    await ipBatch(this.#links.flatMap(bridging), bridge);
    await Promise.all(
      NODES.map((node) => {
        const ports = this.#links.flatMap((link) => [
          `addr add ${ownAddress(node, link)}/16 dev ${interfaceName(link)}`,
          `link set ${interfaceName(link)} up`,
        ]);
        return ipBatch(["link set lo up", ...ports], this.#namespaceOf(node));
      }),
    );
  }

  async close(): Promise<void> {
    for (const child of this.#started) child.signalGroup("SIGKILL");
    this.#destroy();
    await Promise.all([...this.#started].map((child) => child.ended));
    this.#withdraw();
    this.#folder.remove();
  }

  #wiring(link: number): string[] {
    return NODES.map(
      (node) =>
        `link add name ${cable(node, link)} index ${CABLE_INDEX[node] + link} ` +
        `netns ${this.#namespaceOf("bridge")} type veth ` +
        `peer name ${interfaceName(link)} netns ${this.#namespaceOf(node)}`,
    );
  }

  #namespaceOf(node: DirectorNode | "bridge"): string {
    return `${this.#prefix}${node}`;
  }

  #destroy(): void {
    destroyNamespaces((["bridge", ...NODES] as const).map((node) => this.#namespaceOf(node)));
  }
}

function cable(node: DirectorNode, link: number): string {
  return `${node}-${link}`;
}

function bridging(link: number): string[] {
  const bridge = `br${link}`;
  return [
    `link add name ${bridge} index ${SNIFFED_BELOW + link} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set ${bridge} up`,
    ...NODES.map((node) => `link set ${cable(node, link)} master ${bridge} up`),
  ];
}
